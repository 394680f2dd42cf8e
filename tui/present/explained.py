"""The one form of every explanation: what it is, where it stands, then the facts behind it, section by section."""

from collections.abc import Sequence
from typing import Final

import msgspec

from core.control.commands import CommandResult, Outcome
from core.state.explanation import Explained, ExplainedRow, ExplainedSection
from tui.present import numbers
from tui.present.cells import left, wrap
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span
from tui.present.key_words import AS_WRITTEN, KeyWords

CLOSING: Final[tuple[Line, ...]] = (EMPTY_LINE, (Span("↑ ↓ scroll   esc closes", Ink.QUIET),))
_MARKS: Final = {
    "passed": ("✓", Ink.GOOD),
    "failed": ("✗", Ink.ALARM),
    "lifted": ("!", Ink.WARNING),
    "warning": ("!", Ink.WARNING),
}
_LEAST_LABEL: Final = 8
_MOST_LABEL: Final = 24


def answer_lines(
    answer: CommandResult | None, known: Sequence[Line], now_ns: int, width: int, keys: KeyWords = AS_WRITTEN
) -> list[Line]:
    """Show an engine's answer; before it, and where it is none, what the console knows itself."""
    if answer is None:
        waiting: Line = (Span("asked the engine; waiting for its answer", Ink.WARNING),)
        return [*known, *([EMPTY_LINE] if known else []), waiting, *CLOSING]
    if answer.outcome is not Outcome.DONE:
        said = wrap(f"{answer.outcome.value.upper()}: {answer.message}", width, Ink.ALARM)
        return [*known, *([EMPTY_LINE] if known else []), *said, *CLOSING]
    try:
        found = msgspec.convert(answer.data, Explained, from_attributes=True)
    except msgspec.ValidationError as error:
        return [*known, EMPTY_LINE, *wrap(f"the engine's answer cannot be read: {error}", width, Ink.ALARM), *CLOSING]
    return [*explained_lines(found, now_ns, width, keys), *CLOSING]


def explained_lines(found: Explained, now_ns: int, width: int, keys: KeyWords = AS_WRITTEN) -> list[Line]:
    """Lay an explanation out."""
    shape, ink = ("✗ ", Ink.ALARM) if found.is_trouble else ("● ", Ink.GOOD)
    first, *more = wrap(found.standing, max(1, width - 2), ink)
    lines = [*wrap(found.headline, width, Ink.STRONG), (Span(shape, ink, Decor.BOLD), *first)]
    lines += [(Span("  "), *line) for line in more]
    return [*lines, *section_lines(found.sections, now_ns, width, keys)]


def section_lines(
    sections: Sequence[ExplainedSection], now_ns: int | None, width: int, keys: KeyWords = AS_WRITTEN
) -> list[Line]:
    lines: list[Line] = []
    for each in sections:
        lines += [EMPTY_LINE, (Span(each.title, Ink.ACCENT, Decor.BOLD),)]
        cells = min(_MOST_LABEL, max(_LEAST_LABEL, *(len(row.label) for row in each.rows), 0))
        lines += [line for row in each.rows for line in _row_lines(row, min(cells, width // 3), now_ns, width, keys)]
    return lines


def _row_lines(row: ExplainedRow, cells: int, now_ns: int | None, width: int, keys: KeyWords) -> list[Line]:
    shape, ink = _MARKS.get(row.mark, (" ", Ink.TEXT))
    head = (Span(f"{shape} ", ink, Decor.BOLD), Span(left(row.label.replace("_", " "), cells) + " ", Ink.QUIET))
    indent = cells + 3
    text = "  ".join(part for part in (_moment(row.at_ns, now_ns), row.text) if part)
    text += f"; in this console: {keys(row.here)}" if row.here else ""
    text_ink = Ink.TEXT if row.mark in {"", "passed"} else ink
    first, *more = wrap(text, max(10, width - indent), text_ink)
    return [(*head, *first), *((Span(" " * indent), *line) for line in more)]


def _moment(at_ns: int | None, now_ns: int | None) -> str:
    """Say when something was, or will be, and how far that is from now."""
    if at_ns is None:
        return ""
    if now_ns is None:
        return f"{numbers.clock_ms(at_ns)} UTC"
    away = numbers.duration(abs(now_ns - at_ns) / 1e9)
    return f"{numbers.clock_ms(at_ns)} UTC, {f'{away} ago' if at_ns <= now_ns else f'in {away}'}"
