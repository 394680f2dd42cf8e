"""Standing alarms: one entry a name, grouped under what explains them, what nobody has seen first."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

from core.ports.alert_sink import Severity
from core.state.monitoring import Alert
from tui.present import numbers
from tui.present.cells import beside, joined, left, wrap
from tui.present.entries import Entry
from tui.present.ink import Decor, Ink, Line, Span, decorated
from tui.present.key_words import KeyWords

MOST_TEXT_LINES: Final = 3
_SHAPES: Final = {
    "info": ("·", Ink.QUIET, Decor.NONE),
    "warning": ("!", Ink.WARNING, Decor.NONE),
    "severe": ("‼", Ink.ALARM, Decor.NONE),
    "critical": ("■", Ink.ALARM, Decor.BOLD),
}
_UNKNOWN: Final = ("?", Ink.ALARM, Decor.NONE)


class Alarm(NamedTuple):
    """All that stands under one name, as bad as its worst."""

    name: str
    severity: str
    texts: tuple[str, ...]
    since_ns: int
    explained_by: str
    seen_by: str | None
    seen_ns: int | None
    shelved_by: str | None
    shelved_until_ns: int | None
    told: tuple[str, ...]

    @property
    def rank(self) -> int:
        return rank_of(self.severity)

    @property
    def is_shelved(self) -> bool:
        return self.shelved_until_ns is not None

    @property
    def is_open(self) -> bool:
        """Tell that it waits for a person: neither acknowledged nor shelved."""
        return self.seen_by is None and not self.is_shelved


class Group(NamedTuple):
    """An alarm and its consequences."""

    head: Alarm
    consequences: tuple[Alarm, ...]

    @property
    def every(self) -> tuple[Alarm, ...]:
        return (self.head, *self.consequences)


class Counts(NamedTuple):
    open: int
    seen: int
    shelved: int
    gravest: str | None  # of the open ones


def rank_of(severity: str) -> int:
    """Rank a severity; one that is not known counts as the worst."""
    return Severity(severity).rank if severity in list(Severity) else len(Severity)


def alarms_of(alerts: Iterable[Alert]) -> list[Alarm]:
    """Return one alarm for each name."""
    by_name: dict[str, list[Alert]] = {}
    for alert in alerts:
        by_name.setdefault(alert.name, []).append(alert)
    return [_merged(same) for same in by_name.values()]


def _merged(same: Sequence[Alert]) -> Alarm:
    worst = max(same, key=lambda alert: rank_of(alert.severity))
    return Alarm(
        name=worst.name,
        severity=worst.severity,
        texts=tuple(dict.fromkeys(alert.text for alert in same)),
        since_ns=min(alert.since_ns for alert in same),
        explained_by=worst.explained_by,
        seen_by=(worst.acknowledged_by or "somebody") if worst.acknowledged else None,
        seen_ns=worst.acknowledged_ns,
        shelved_by=worst.shelved_by,
        shelved_until_ns=worst.shelved_until_ns,
        told=tuple(dict.fromkeys(sink for alert in same for sink in alert.delivered_ns)),
    )


def groups_of(alarms: Sequence[Alarm]) -> list[Group]:
    """Put each alarm under the one that explains it; groups by the worst that nobody has seen, the newest first."""
    names = {alarm.name for alarm in alarms}
    heads = [alarm for alarm in alarms if alarm.explained_by not in names]
    groups = [
        Group(head, tuple(sorted((each for each in alarms if each.explained_by == head.name), key=_order)))
        for head in heads
    ]
    return sorted(groups, key=lambda group: min(_order(alarm) for alarm in group.every))


def _order(alarm: Alarm) -> tuple[int, int, int]:
    return (0 if alarm.is_open else 2 if alarm.is_shelved else 1), -alarm.rank, -alarm.since_ns


def counts_of(alarms: Sequence[Alarm]) -> Counts:
    waiting = [alarm for alarm in alarms if alarm.is_open]
    shelved = sum(alarm.is_shelved for alarm in alarms)
    gravest = max(waiting, key=lambda alarm: alarm.rank).severity if waiting else None
    return Counts(len(waiting), len(alarms) - len(waiting) - shelved, shelved, gravest)


def alarm_cell(alerts: Iterable[Alert], *, is_short: bool) -> tuple[Line, bool] | None:
    """Say in few cells how many alarms nobody has seen and the gravest, and whether that is critical; None for none.

    A critical one that is shelved keeps everybody from arming, so it is said where nothing else is. Where it is short,
    the shape alone says how grave those are that are not critical.
    """
    alarms = alarms_of(alerts)
    counts = counts_of(alarms)
    if counts.gravest is None:
        is_hidden = any(alarm.is_shelved and alarm.severity == "critical" for alarm in alarms)
        return ((Span("■ critical shelved", Ink.WARNING),), False) if is_hidden else None
    shape, ink, _ = _SHAPES.get(counts.gravest, _UNKNOWN)
    is_critical = counts.gravest == "critical"
    word = counts.gravest.upper() if is_critical else counts.gravest
    text = f"{shape} {counts.open}" if is_short and not is_critical else f"{shape} {word}, {counts.open} open"
    return (Span(text, ink, Decor.BOLD | (Decor.REVERSED if is_critical else Decor.NONE)),), is_critical


def alarms_title(counts: Counts) -> Line:
    title = Span("Alarms", Ink.STRONG, Decor.BOLD)
    if not any((counts.open, counts.seen, counts.shelved)):
        return (title,)
    unseen = Span(f"  {counts.open} open", Ink.ALARM if counts.open else Ink.QUIET, Decor.PUBLIC)
    others = "".join(
        f" · {count} {what}" for count, what in ((counts.seen, "seen"), (counts.shelved, "shelved")) if count
    )
    return (title, unseen, Span(others, Ink.QUIET, Decor.PUBLIC))


def alarm_entries(
    groups: Sequence[Group], unfolded: Collection[str], now_ns: int, width: int, keys: KeyWords
) -> list[Entry]:
    """Return an entry for each alarm; consequences only of groups that are unfolded."""
    entries: list[Entry] = []
    for group in groups:
        is_unfolded = group.head.name in unfolded
        lines = _alarm_lines(group.head, now_ns, width)
        if group.consequences:
            lines += _fold_lines(group, width, keys, is_unfolded=is_unfolded)
        entries.append(Entry(group.head.name, tuple(lines)))
        if is_unfolded:
            entries += [Entry(each.name, tuple(_indented(each, now_ns, width))) for each in group.consequences]
    return entries


def _indented(alarm: Alarm, now_ns: int, width: int) -> list[Line]:
    head, *rest = _alarm_lines(alarm, now_ns, width - 2)
    # Said in words too: one that comes while the cursor holds the order stands at the end, not under its cause.
    rest.append((Span(left(f"  explained by {alarm.explained_by}", width - 2).rstrip(), Ink.QUIET),))
    return [(Span("└ ", Ink.QUIET), *head), *((Span("  "), *line) for line in rest)]


def _fold_lines(group: Group, width: int, keys: KeyWords, *, is_unfolded: bool) -> list[Line]:
    """Say what is folded away: how many, the worst of them, and how many of those nobody has seen."""
    counts = counts_of(group.consequences)
    worst = max(group.consequences, key=lambda alarm: alarm.rank).severity
    unseen = f", {counts.open} open" if counts.open else ""
    how = keys("{ticket-here} folds" if is_unfolded else "{ticket-here} shows")
    text = f"explains {len(group.consequences)} more, worst {worst}{unseen}: {how}"
    mark = "▾ " if is_unfolded else "▸ "
    first, *rest = wrap(text, max(1, width - 4), Ink.ACCENT)
    return [(Span("  " + mark, Ink.ACCENT), *first), *((Span("    "), *line) for line in rest)]


def _alarm_lines(alarm: Alarm, now_ns: int, width: int) -> list[Line]:
    shape, ink, decor = _SHAPES.get(alarm.severity, _UNKNOWN)
    age = Span(age_text(max(0, now_ns - alarm.since_ns)), Ink.QUIET, Decor.PUBLIC)
    word = Span(f"{shape} {alarm.severity}", ink, decor)
    name = Span(left(alarm.name, max(1, width - len(word.text) - len(age.text) - 3)), Ink.STRONG)
    lines: list[Line] = [beside((word, Span("  "), name), (Span(" "), age), width)]
    most = MOST_TEXT_LINES if alarm.is_open else 1
    texts = [line for text in alarm.texts for line in wrap(text, max(1, width - 2))]
    if len(texts) > most:
        texts = [*texts[: most - 1], joined(texts[most - 1], (Span(" …", Ink.QUIET),), width=width - 2)]
    lines += [(Span("  "), *line) for line in texts]
    lines += [(Span("  "), *line) for text in _said(alarm) for line in wrap(text, max(1, width - 2), Ink.QUIET)]
    return lines if alarm.is_open else [decorated(line, Decor.DIM) for line in lines]


def _said(alarm: Alarm) -> list[str]:
    """Say what persons did with it and who was told."""
    said: list[str] = []
    if alarm.seen_by is not None:
        at = "" if alarm.seen_ns is None else f" at {numbers.clock(alarm.seen_ns)}"
        said.append(f"✓ acknowledged by {person(alarm.seen_by)}{at}")
    if alarm.shelved_until_ns is not None:
        said.append(f"◷ shelved until {numbers.clock(alarm.shelved_until_ns)} UTC by {person(alarm.shelved_by or '?')}")
    if alarm.told:
        said.append(f"told: {', '.join(alarm.told)}")
    return said


def person(who: str) -> str:
    return who.removeprefix("console:")


def age_text(age_ns: int) -> str:
    """Write since how long; from a minute on in whole minutes, so that nothing is painted every second."""
    seconds = age_ns // 1_000_000_000
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 3600 else numbers.duration(seconds)


def no_alarms_lines(width: int, keys: KeyWords) -> list[Line]:
    """Say what shows here and what the keys do then."""
    texts = (
        "No standing alarms.",
        "A lost feed, a halt, a failing disk or an order in doubt shows here until it ends; what merely happened is in "
        "the log.",
        "{acknowledge} says that you have seen one, {shelve} puts it aside for a time.",
    )
    return [line for text in texts for line in wrap(keys(text), width, Ink.QUIET)]
