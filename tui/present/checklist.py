"""After a halt: what each venue confirmed and what is left there, until nothing is."""

from typing import Final

from core.state.desk import DeskSnapshot
from core.state.monitoring import KillState, VenueKill
from tui.present import numbers
from tui.present.cells import fit, left, wrap
from tui.present.header import LinkView
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span

NAME_COLUMNS: Final = 12
CANCEL_COLUMNS: Final = 16
COUNT_COLUMNS: Final = 11
FLAT_COLUMNS: Final = 10
FLATTEN: Final = "flatten"


def checklist_lines(snapshot: DeskSnapshot | None, link: LinkView, width: int, halt_key: str) -> list[Line]:
    """Show how far the halt has come, and the keys; numbers of an old snapshot are never shown as done."""
    return [*_standing_lines(snapshot, link, width), EMPTY_LINE, _keys_line(halt_key)]


def _keys_line(halt_key: str) -> Line:
    return (
        Span("F", Ink.ACCENT, Decor.BOLD),
        Span(" flatten positions  ", Ink.QUIET),
        Span("esc", Ink.ACCENT, Decor.BOLD),
        Span(" close  ", Ink.QUIET),
        Span(halt_key, Ink.ACCENT, Decor.BOLD),
        Span(" send again  ", Ink.QUIET),
        Span("↑↓", Ink.ACCENT, Decor.BOLD),
        Span(" scroll", Ink.QUIET),
    )


def _standing_lines(snapshot: DeskSnapshot | None, link: LinkView, width: int) -> list[Line]:
    if snapshot is None or link.is_late:
        seen = "" if link.snapshot_age_s is None else f" since {numbers.age(link.snapshot_age_s)}"
        why = link.lost_reason or "the engine is silent"
        text = f"NOT VERIFIED: no data{seen} ({why}). If this stays, run `seraphim kill` in another terminal."
        return wrap(text, width, Ink.ALARM)
    kill = snapshot.monitoring.kill
    if kill is None:
        level = snapshot.monitoring.global_.halt_level.replace("_", " ").upper()
        return [(Span(f"level {level}: not halted yet", Ink.ALARM, Decor.BOLD),)]
    # The verdict first: with many venues the list is longer than a small screen.
    lines = [_level_line(kill, width), *_outcome_lines(kill, width), EMPTY_LINE]
    for name, venue in sorted(kill.venues.items()):
        lines += _venue_lines(name, venue, width, is_flattening=kill.level == FLATTEN)
    return lines


def is_done(snapshot: DeskSnapshot | None, link: LinkView) -> bool:
    """Tell whether the halt has reached its end, by a fresh snapshot."""
    kill = None if snapshot is None or link.is_late else snapshot.monitoring.kill
    return kill is not None and kill.is_finished and kill.is_journaled


def _level_line(kill: KillState, width: int) -> Line:
    text = f"level {kill.level.upper()}"
    return fit((Span(text, Ink.GOOD, Decor.BOLD), Span(f"  {kill.cause} by {kill.who}: {kill.reason}")), width)


def _venue_lines(name: str, venue: VenueKill, width: int, *, is_flattening: bool) -> list[Line]:
    spans = (
        Span(left(name, NAME_COLUMNS), Ink.STRONG),
        _cancel(venue),
        _count(venue.orders_left, "orders", Ink.ALARM),
        _count(len(venue.positions_left), "held", Ink.ALARM if is_flattening else Ink.WARNING),
        *((_flat(venue),) if is_flattening else ()),
    )
    lines = [fit(spans, width)]
    if venue.acknowledged_ns is None:
        lines += wrap(f"  cancel: {venue.answer}", width, Ink.ALARM)
    if is_flattening:
        for position in venue.positions_left:
            reason = f": {position.reason}" if position.reason else ""
            lines += wrap(f"  {position.symbol} {position.quantity:f} left{reason}", width, Ink.ALARM)
    return lines


def _cancel(venue: VenueKill) -> Span:
    if venue.acknowledged_ms is None:
        return Span(left("■ not confirmed", CANCEL_COLUMNS), Ink.ALARM)
    return Span(left(f"✓ {venue.acknowledged_ms:,.0f} ms", CANCEL_COLUMNS), Ink.GOOD)


def _count(number: int, what: str, open_ink: Ink) -> Span:
    text = f"{'✓' if number == 0 else '■'} {number} {what}"
    return Span(left(text, COUNT_COLUMNS), Ink.GOOD if number == 0 else open_ink)


def _flat(venue: VenueKill) -> Span:
    is_verified = venue.flat_verified_ns is not None
    return Span(left("✓ flat" if is_verified else "■ not flat", FLAT_COLUMNS), Ink.GOOD if is_verified else Ink.ALARM)


def _outcome_lines(kill: KillState, width: int) -> list[Line]:
    unwritten = (
        [] if kill.is_journaled else wrap("NOT JOURNALED: a restart would not know of this halt", width, Ink.ALARM)
    )
    return [*unwritten, *wrap(*_outcome(kill, width))]


def _outcome(kill: KillState, width: int) -> tuple[str, int, Ink]:
    if kill.is_finished and kill.level == FLATTEN:
        return "FLAT, verified by every venue's own account", width, Ink.GOOD
    if kill.is_finished:
        return "every venue has confirmed and reports no open order", width, Ink.GOOD
    missing = [name for name, venue in sorted(kill.venues.items()) if not _is_done(venue, kill.level)]
    orders = sum(venue.orders_left for venue in kill.venues.values())
    text = f"{orders} orders are still open; " if orders else ""
    return f"{text}not done: {', '.join(missing) or 'no venue is known'}", width, Ink.ALARM


def _is_done(venue: VenueKill, level: str) -> bool:
    is_confirmed = venue.acknowledged_ns is not None and not venue.orders_left
    return is_confirmed and (level != FLATTEN or venue.flat_verified_ns is not None)
