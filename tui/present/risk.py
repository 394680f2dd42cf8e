"""Risk: what stops new risk and who did it, and the room left under each limit."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from core.state.monitoring import ACCOUNT_LIMITS, LimitUse, MonitoringState
from core.types.control import Blocker, HaltLevel
from tui.present import numbers
from tui.present.bars import room_bar
from tui.present.cells import joined, left, width_of, wrap
from tui.present.ink import Decor, Ink, Line, Span
from tui.present.override import override_lines
from tui.present.scopes import flowed, level_parts, mode_part, scope_lines

SOON_S: Final = 900
NEARLY_USED: Final = Decimal("0.2")  # what is left of a limit that counts as little
HALF_USED: Final = Decimal("0.5")


def risk_lines(state: MonitoringState, now_ns: int, width: int) -> list[Line]:
    """Override and blockers first (nothing is more urgent), then the limits of the account, levels, other limits."""
    risk = state.risk
    lines = override_lines(risk, now_ns)
    for blocker in sorted(risk.blockers, key=_scope_order):
        lines += blocker_lines(blocker, now_ns, width)
    for name in risk.unvalued:
        lines += wrap(f"unknown: {name}", width, Ink.ALARM)
    is_free = not risk.blockers and not risk.unvalued  # without a value new risk is refused
    if is_free:
        free = (Span("✓ ", Ink.GOOD), Span("nothing blocks new risk", Ink.QUIET))
        lines += flowed([free, mode_part(state)], width)
    first, others = _ranked(risk.limits)
    name_cells = _name_cells(risk.limits, width)
    for limit in first:
        lines += limit_lines(limit, width, name_cells)
    lines += flowed(level_parts(state), width) if is_free else scope_lines(state, width)
    lines += _notices(state)
    for limit in others:
        lines += limit_lines(limit, width, name_cells)
    if not risk.limits:
        lines.append((Span("limits appear here once the risk gate reports them", Ink.QUIET),))
    return lines


def _scope_order(blocker: Blocker) -> tuple[int, str]:
    """Put what stops everything before a venue, and a venue before a strategy."""
    return {"global": 0, "venue": 1, "strategy": 2}.get(blocker.scope.partition(":")[0], 3), blocker.scope


def blocker_lines(blocker: Blocker, now_ns: int | None, width: int) -> list[Line]:
    """Say what stands where, since when, by whom and why; with the time where nobody draws the age anew."""
    level = blocker.level.name.replace("_", " ")
    since = (
        f"since {numbers.clock(blocker.since_ns)} UTC"
        if now_ns is None
        else f"{numbers.duration(max(0, now_ns - blocker.since_ns) / 1e9)} ago"
    )
    loud = Decor.BOLD | (Decor.REVERSED if blocker.level >= HaltLevel.HALTED else Decor.NONE)
    head = (
        Span(f"■ {level}", Ink.ALARM, loud),
        Span(f" {blocker.scope.replace(':', ' ')}", Ink.STRONG),
        Span(f"  {blocker.cause.replace('_', ' ')}, {since}", Ink.TEXT, Decor.PUBLIC),
    )
    facts = f"by {blocker.who}" + (f": {blocker.reason}" if blocker.reason else "")
    return [head, *((Span("  "), *line) for line in wrap(facts, max(1, width - 2), Ink.QUIET))]


def _ranked(limits: Sequence[LimitUse]) -> tuple[list[LimitUse], list[LimitUse]]:
    """Return the limits of the account in always the same order, and the others, the nearest to its bound first."""
    by_name = {limit.name: limit for limit in limits}
    first = [by_name[name] for name in ACCOUNT_LIMITS if name in by_name]
    return first, sorted((limit for limit in limits if limit.name not in ACCOUNT_LIMITS), key=_distance)


def _distance(limit: LimitUse) -> int:
    """Return how near a limit is, in steps: finer, two that are as near would change places with every price."""
    if limit.left is None or limit.limit is None or limit.left <= 0:
        return 0
    is_soon = limit.reached_in_s is not None and limit.reached_in_s <= SOON_S
    if is_soon or limit.left <= NEARLY_USED * limit.limit:
        return 1
    return 2 if limit.left <= HALF_USED * limit.limit else 3


def _name_cells(limits: Sequence[LimitUse], width: int) -> int:
    longest = max((width_of(limit.name) for limit in limits), default=10)
    return min(longest, max(10, width // 3, width - 34))


def limit_lines(limit: LimitUse, width: int, name_cells: int | None = None) -> list[Line]:
    """Show one limit as the room that is left, and when it is reached at this rate: beside it where there is room."""
    line, rate = limit_line(limit, width, name_cells), _rate_line(limit)
    if rate is None:
        return [line]
    together = joined(line, (Span("  "), *rate), width=width)
    return [together] if together != line else [line, (Span("  └ ", Ink.QUIET), *rate)]


def _rate_line(limit: LimitUse) -> Line | None:
    if limit.reached_in_s is None:
        return None
    ink = Ink.ALARM if limit.reached_in_s <= SOON_S else Ink.WARNING
    return (Span("at this rate, reached in ", Ink.QUIET), Span(about(limit.reached_in_s), ink))


def about(seconds: int) -> str:
    """Write an estimate with the digits it deserves: one unit, cut."""
    if seconds < 60:
        return "less than a minute"
    return f"{seconds // 60} min" if seconds < 3600 else f"{seconds // 3600} h"


def limit_line(limit: LimitUse, width: int, name_cells: int | None = None) -> Line:
    """Show one limit as the room that is left."""
    unit = "" if limit.unit.lower() in {"", "usd"} else f" {limit.unit}"
    bar_cells = 6 if width < 44 else 8 if width < 60 else 12 if width < 100 else 20
    ink = Ink.ALARM if limit.left is None or limit.left <= 0 else Ink.TEXT
    name = limit.name.replace("_", " ")
    line = (
        Span(left(name, name_cells or min(24, max(10, width // 3))) + " ", Ink.QUIET),
        *room_bar(limit.left, limit.limit, bar_cells),
        Span(f" {numbers.room(limit.left)}{unit} left", ink),
    )
    return joined(line, (Span(f" of {numbers.room(limit.limit)}", Ink.QUIET),), width=width)


def _notices(state: MonitoringState) -> list[Line]:
    risk = state.risk
    lines: list[Line] = []
    if risk.fast_markets:
        lines.append((Span("fast markets  ", Ink.QUIET), Span(", ".join(risk.fast_markets), Ink.WARNING)))
    if risk.delayed_venues:
        lines.append((Span("slow venues   ", Ink.QUIET), Span(", ".join(risk.delayed_venues), Ink.WARNING)))
    if risk.consecutive_failures:
        lines.append((Span(f"failures in a row  {risk.consecutive_failures}", Ink.WARNING),))
    return lines
