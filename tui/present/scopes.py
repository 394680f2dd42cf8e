"""The risk mode, and the halt level of every venue and strategy: names of what is not as usual, counts of the rest."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from core.risk.halts import bearing_on, strategy_scope, tightest, venue_scope
from core.state.monitoring import MonitoringState
from core.types.control import HaltLevel
from tui.present.cells import line_width
from tui.present.ink import Decor, Ink, Line, Span

NORMAL: Final = "normal"
SAFE_MODE: Final = "safe mode"
_QUIET: Final = frozenset({NORMAL, "stopped"})
_LOUDEST_FIRST: Final = (
    *(level.name.replace("_", " ") for level in sorted(HaltLevel, reverse=True) if level is not HaltLevel.NORMAL),
    "failed",
    SAFE_MODE,
    NORMAL,
    "stopped",
)


def scope_lines(state: MonitoringState, width: int) -> list[Line]:
    """Return mode and levels in as few lines as they take; what a halt of its own says above is not said again."""
    return flowed([mode_part(state), *level_parts(state)], width)


def mode_part(state: MonitoringState) -> Line:
    return (Span("mode ", Ink.QUIET), Span(state.global_.risk_mode.upper(), Ink.STRONG))


def level_parts(state: MonitoringState) -> list[Line]:
    """Return the levels of venues, then of strategies; those that a halt of its own says are left out."""
    said = frozenset((blocker.scope, level_text(blocker.level)) for blocker in state.risk.blockers)
    venues = _parts("venue", "venues", venue_levels(state), lambda at, level: (venue_scope(at), level) in said)
    strategies = _parts(
        "strategy", "strategies", strategy_levels(state), lambda at, level: (strategy_scope(at), level) in said
    )
    return [*venues, *strategies]


def level_text(level: HaltLevel) -> str:
    return NORMAL if level is HaltLevel.NORMAL else level.name.replace("_", " ")


def venue_levels(state: MonitoringState) -> dict[str, str]:
    """Return for each venue the level that bears on it, or that it is in safe mode."""
    levels: dict[str, str] = {}
    for name, venue in state.venues.items():
        level = tightest(bearing_on(state.risk.blockers, name, None))
        usual = SAFE_MODE if venue.safe_mode else NORMAL
        levels[name] = usual if level is HaltLevel.NORMAL else level_text(level)
    return levels


def strategy_levels(state: MonitoringState) -> dict[str, str]:
    """Return for each strategy the level that bears on it wherever it trades, or that it does not run."""
    levels: dict[str, str] = {}
    for strategy in state.strategies:
        level = tightest(bearing_on(state.risk.blockers, None, strategy.name))
        usual = NORMAL if strategy.status == "running" else strategy.status
        levels[strategy.name] = usual if level is HaltLevel.NORMAL else level_text(level)
    return levels


def _parts(one: str, many: str, levels: Mapping[str, str], is_said: Callable[[str, str], bool]) -> list[Line]:
    """Name each that is not as usual, unless all are the same; count the others."""
    by_level: dict[str, list[str]] = {}
    for name, level in sorted(levels.items(), key=lambda item: _loudness(item[1])):
        by_level.setdefault(level, []).append(name)
    parts: list[Line] = []
    for level, names in by_level.items():
        noun = one if len(names) == 1 else many
        if level in _QUIET:
            other = "" if _QUIET.issuperset(by_level) else "other "
            parts.append((Span(f"{len(names)} {other}{noun} {level}", Ink.QUIET),))
        elif len(names) > 1 and len(by_level) == 1:
            parts.append(_loud(level, f"all {len(names)} {noun}"))
        else:
            parts += [_loud(level, f"{one} {name}") for name in names if not is_said(name, level)]
    return parts


def _loudness(level: str) -> int:
    return _LOUDEST_FIRST.index(level) if level in _LOUDEST_FIRST else 0


def _loud(level: str, what: str) -> Line:
    """Put the level first: where a name is too long for the pane, its end is cut and not the level."""
    if level == SAFE_MODE:
        return (Span(f"! {level} ", Ink.WARNING), Span(what, Ink.STRONG))
    return (Span(f"■ {level} ", Ink.ALARM, Decor.BOLD), Span(what, Ink.STRONG))


def flowed(parts: Iterable[Line], width: int) -> list[Line]:
    """Put parts beside each other as long as they fit; one that is wider than a line stands alone and is cut there."""
    lines: list[Line] = []
    for part in parts:
        separated = (Span(" · ", Ink.QUIET), *part)
        if lines and line_width(lines[-1]) + line_width(separated) <= width:
            lines[-1] = (*lines[-1], *separated)
        else:
            lines.append(part)
    return lines
