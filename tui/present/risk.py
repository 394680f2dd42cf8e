"""Risk: what stops new risk and who did it, and the room left under each limit."""

from core.state.monitoring import Alert, LimitUse, MonitoringState
from core.types.control import Blocker
from tui.present import numbers
from tui.present.bars import room_bar
from tui.present.cells import left, wrap
from tui.present.ink import Decor, Ink, Line, Span
from tui.present.table import Align, Column, Row, Table


def risk_lines(state: MonitoringState, now_ns: int, width: int) -> list[Line]:
    """Blockers first (nothing is more urgent), then limits by room left, then what is slow or fast."""
    risk = state.risk
    lines: list[Line] = []
    for blocker in risk.blockers:
        lines += _blocker_lines(blocker, now_ns, width)
    if not risk.blockers:
        lines.append((Span("✓ ", Ink.GOOD), Span("nothing blocks new risk", Ink.QUIET)))
    lines += [limit_line(limit, width) for limit in risk.limits]
    if not risk.limits:
        lines.append((Span("limits appear here once the risk gate reports them", Ink.QUIET),))
    lines += _notices(state)
    return lines


def _blocker_lines(blocker: Blocker, now_ns: int, width: int) -> list[Line]:
    level = blocker.level.name.replace("_", " ")
    since = numbers.duration(max(0, now_ns - blocker.since_ns) / 1e9)
    head = (
        Span(f"■ {level}", Ink.ALARM, Decor.BOLD),
        Span(f" {blocker.scope}", Ink.STRONG),
        Span(f" {blocker.cause} by {blocker.who}, {since} ago", Ink.TEXT),
    )
    reason = wrap(blocker.reason, max(1, width - 2), Ink.QUIET) if blocker.reason else []
    return [head, *((Span("  "), *line) for line in reason)]


def limit_line(limit: LimitUse, width: int) -> Line:
    """Show one limit as the room that is left."""
    unit = "" if limit.unit.lower() == "usd" else f" {limit.unit}"
    name_cells = min(24, max(10, width // 3))
    bar_cells = 8 if width < 60 else 12
    text = f" {numbers.room(limit.left)}{unit} left of {numbers.exact(limit.limit)}{unit}"
    ink = Ink.ALARM if limit.left is None or limit.left <= 0 else Ink.TEXT
    name = limit.name.replace("_", " ")
    return (
        Span(left(name, name_cells) + " ", Ink.QUIET),
        *room_bar(limit.left, limit.limit, bar_cells),
        Span(text, ink),
    )


def _notices(state: MonitoringState) -> list[Line]:
    risk = state.risk
    lines: list[Line] = []
    if risk.fast_markets:
        lines.append((Span("fast markets  ", Ink.QUIET), Span(", ".join(risk.fast_markets), Ink.WARNING)))
    if risk.delayed_venues:
        lines.append((Span("slow venues   ", Ink.QUIET), Span(", ".join(risk.delayed_venues), Ink.WARNING)))
    if risk.consecutive_failures:
        lines.append((Span(f"failures in a row  {risk.consecutive_failures}", Ink.WARNING),))
    if risk.manual_override:
        lines.append((Span("! manual override is on: soft rules are lifted", Ink.ALARM, Decor.BOLD),))
    return lines


_ALERT_COLUMNS = (
    Column("severity"),
    Column("since", Align.RIGHT, rank=2),
    Column("alert", shrinks_to=10),
    Column("what", rank=1, shrinks_to=12),
)
_SEVERITY = {
    "info": ("·", Ink.QUIET),
    "warning": ("!", Ink.WARNING),
    "severe": ("‼", Ink.ALARM),
    "critical": ("■", Ink.ALARM),
}


def alerts_table(alerts: list[Alert], now_ns: int) -> Table:
    rows: list[Row] = []
    for alert in alerts:
        shape, ink = _SEVERITY.get(alert.severity, ("?", Ink.ALARM))
        cells = (
            Span(f"{shape} {alert.severity}", ink, Decor.BOLD if alert.severity == "critical" else Decor.NONE),
            Span(numbers.duration(max(0, now_ns - alert.since_ns) / 1e9), Ink.QUIET),
            Span(alert.name, Ink.STRONG),
            Span(alert.text),
        )
        rows.append(Row(f"{alert.name} {alert.since_ns}", cells, Decor.DIM if alert.acknowledged else Decor.NONE))
    return Table(
        _ALERT_COLUMNS, rows, ("No standing alerts.", "A lost feed, a limit nearly used or a failing disk shows here.")
    )
