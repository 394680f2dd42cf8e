"""After a halt: open orders and positions by venue, until there are none."""

from core.state.desk import DeskSnapshot
from tui.present import numbers
from tui.present.cells import left, wrap
from tui.present.header import LinkView
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span


def checklist_lines(snapshot: DeskSnapshot | None, link: LinkView, width: int) -> list[Line]:
    """Show what is still open; numbers of an old snapshot are never shown as done."""
    hint = (Span("F", Ink.ACCENT, Decor.BOLD), Span(" flatten positions   ", Ink.QUIET),
            Span("esc", Ink.ACCENT, Decor.BOLD), Span(" close   ", Ink.QUIET),
            Span("ctrl+k", Ink.ACCENT, Decor.BOLD), Span(" send again", Ink.QUIET))  # fmt: skip
    if snapshot is None or link.is_late:
        seen = "" if link.snapshot_age_s is None else f" since {numbers.age(link.snapshot_age_s)}"
        why = link.lost_reason or "the engine is silent"
        text = f"NOT VERIFIED: no data{seen} ({why}). If this stays, run `seraphim kill` in another terminal."
        return [*wrap(text, width, Ink.ALARM), EMPTY_LINE, hint]
    state = snapshot.monitoring
    lines: list[Line] = [_level_line(state.global_.halt_level), EMPTY_LINE]
    for name, venue in sorted(state.venues.items()):
        lines.append(
            (
                Span(left(name, 16), Ink.STRONG),
                *_count(venue.open_orders_count, "open orders"),
                *_count(venue.open_positions_count, "positions", Ink.WARNING),
            )
        )
    orders = sum(venue.open_orders_count for venue in state.venues.values())
    done = "every venue reports no open order" if not orders else f"{orders} orders are still open"
    return [*lines, EMPTY_LINE, (Span(done, Ink.ALARM if orders else Ink.GOOD, Decor.BOLD),), EMPTY_LINE, hint]


def _level_line(level: str) -> Line:
    is_halted = level.lower() in {"halted", "flatten"}
    text = f"level {level.replace('_', ' ').upper()}" + ("" if is_halted else ": not halted yet")
    return (Span(text, Ink.GOOD if is_halted else Ink.ALARM, Decor.BOLD),)


def _count(number: int, what: str, open_ink: Ink = Ink.ALARM) -> tuple[Span, ...]:
    mark = "✓" if number == 0 else "■"
    return (Span(f"{mark} {number:>3} {what:<13}", Ink.GOOD if number == 0 else open_ink),)
