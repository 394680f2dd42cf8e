"""The frame around a recorded session: REPLAY above it, where it is and what was pressed below it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from tui.present.cells import beside, fit, joined, left, line_width
from tui.present.ink import Decor, Ink, Line, Span

WORD: Final = " REPLAY "
_BORDER: Final = "━"
_BAR_CELLS: Final = 20


class ReplayView(msgspec.Struct, frozen=True, kw_only=True):
    """Where a replay is."""

    recorded_mode: str  # paper, live, or empty where the engine was never seen
    who: str
    place: str
    utc_ns: int
    at_ns: int
    last_ns: int
    speed: float
    is_playing: bool
    is_exact: bool
    is_cut: bool  # the picture is larger than the room for it
    last_mark: str  # what was pressed or happened last
    next_mark: str
    note: str  # what there is to say: the end, a damaged file, a wrong time
    going_share: float | None = None  # of a long way that is being gone
    prompt: str | None = None  # the time that is being typed


def banner_line(view: ReplayView, width: int) -> Line:
    """Say REPLAY, and of what: never a bare PAPER or LIVE."""
    what = f"{view.recorded_mode.upper()} session" if view.recorded_mode else "session"
    word = Span(WORD, Ink.REPLAY, Decor.BOLD | Decor.REVERSED)
    told = joined(
        (Span(_BORDER * 2, Ink.REPLAY), word, Span(f" of a recorded {what} ", Ink.REPLAY, Decor.BOLD)),
        (Span("· nothing is sent ", Ink.STRONG),),
        (Span(f"· {view.who} ", Ink.QUIET),),
        (Span(f"· {view.place} ", Ink.QUIET),),
        width=width - len(WORD) - 2,
    )
    rest = width - sum(len(span.text) for span in told) - len(WORD) - 2
    return fit((*told, Span(_BORDER * max(0, rest), Ink.REPLAY), word, Span(_BORDER * 2, Ink.REPLAY)), width)


def bar_lines(view: ReplayView, keys: Sequence[tuple[str, str]], width: int, rows: int) -> list[Line]:
    """Return the time line, and where there is a second row what comes next and the keys."""
    lines = [_time_line(view, width)]
    if rows > 1:
        next_mark = (Span(f" next: {view.next_mark} ", Ink.QUIET),) if view.next_mark else (Span(" ", Ink.QUIET),)
        pairs = [(Span(f" {key}", Ink.REPLAY, Decor.BOLD), Span(f" {label}", Ink.QUIET)) for key, label in keys]
        lines.append(fit(joined(next_mark, *pairs, width=width), width))
    return lines


def _time_line(view: ReplayView, width: int) -> Line:
    if view.prompt is not None:
        asked = (Span(" go to ", Ink.REPLAY, Decor.BOLD), Span(view.prompt + "▏", Ink.STRONG, Decor.BOLD))
        help_text = "  12:31:07 or 12:31 of the clock, +90 or -30 seconds, 2m from the beginning; esc leaves"
        return fit((*asked, Span(help_text, Ink.QUIET)), width)
    state = "▶" if view.is_playing else "‖"
    moment = datetime.fromtimestamp(view.utc_ns / 1e9, UTC)
    head: Line = (
        Span(f" {state} ", Ink.REPLAY, Decor.BOLD | Decor.REVERSED),
        Span(f" {speed_text(view.speed)} ", Ink.REPLAY, Decor.BOLD),
        Span(f"{moment:%H:%M:%S}.{moment.microsecond // 100_000} UTC ", Ink.STRONG, Decor.BOLD),
        Span(f"{span_text(view.at_ns)}/{span_text(view.last_ns)} ", Ink.TEXT),
    )
    end: Line = (Span(f" {view.last_mark} ", Ink.REPLAY, Decor.BOLD),) if view.last_mark else ()
    if not (end or view.is_playing or view.at_ns):  # nothing was done yet: say how to begin
        end = (Span(" space plays  ? keys ", Ink.QUIET),)
    parts: list[Line] = [(Span(f"{note} ", Ink.WARNING, Decor.BOLD),) for note in _notes(view)]
    if view.note:
        parts.insert(0, (Span(f"{view.note} ", Ink.WARNING, Decor.BOLD),))
    bar: Line = (progress_bar(view.at_ns, view.last_ns, _BAR_CELLS), Span(" "))
    room = max(width - line_width(end), line_width(head))
    return beside(joined(head, *parts, bar, width=room), end, width)


def _notes(view: ReplayView) -> list[str]:
    notes = [] if view.going_share is None else [f"going there {view.going_share:.0%}, esc stops"]
    if not view.is_exact:
        notes.append("≈ frames passed over")
    if view.is_cut:
        notes.append("arrows move the picture")
    return notes


def progress_bar(at_ns: int, last_ns: int, cells: int) -> Span:
    done = cells if last_ns <= 0 else min(cells, at_ns * cells // last_ns)
    return Span("█" * done + "░" * (cells - done), Ink.REPLAY)


def speed_text(speed: float) -> str:
    return f"{speed:g}x"


def span_text(at_ns: int) -> str:
    """Write a time since the beginning as 0:03:12."""
    seconds = at_ns // 1_000_000_000
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def mark_text(kind: str, text: str) -> str:
    return f"{kind} {text}" if kind == "key" else f"{kind.upper()} {left(text, 60).rstrip()}"


def replaced_mode(text: str) -> str | None:
    """Return what stands for the first cell of a recorded header, as wide as it; None for any other row."""
    if text.startswith(" ◆ LIVE ◆"):
        return "  REPLAY "
    return " REPLAY " if text.startswith("  PAPER ") else None
