"""The manual override: how long it still lifts the soft rules."""

from core.state.monitoring import RiskState
from tui.present import numbers
from tui.present.ink import Decor, Ink, Line, Span


def override_left_s(risk: RiskState, now_ns: int) -> float | None:
    """Return the seconds an override still holds, None without one."""
    if not risk.manual_override or risk.override_until_ns is None:
        return None
    return max(0.0, (risk.override_until_ns - now_ns) / 1e9)


def countdown(risk: RiskState, now_ns: int) -> str:
    """Format what is left as minutes and seconds, e.g. 4:07; a question mark where its end is not known."""
    left_s = override_left_s(risk, now_ns)
    return "?" if left_s is None else f"{int(left_s) // 60}:{int(left_s) % 60:02d}"


def override_lines(risk: RiskState, now_ns: int) -> list[Line]:
    """Say loudly that soft rules are lifted, and until when."""
    if not risk.manual_override:
        return []
    until = "" if risk.override_until_ns is None else f", until {numbers.clock(risk.override_until_ns)} UTC"
    loud = Decor.BOLD | Decor.REVERSED
    return [
        (Span(f" ! OVERRIDE {countdown(risk, now_ns)} left ", Ink.ALARM, loud),
         Span(" soft rules are lifted", Ink.ALARM, Decor.BOLD)),
        (Span(f"   hard rules stand{until}; ", Ink.QUIET), Span("O", Ink.ACCENT, Decor.BOLD),
         Span(" ends it", Ink.QUIET)),
    ]  # fmt: skip
