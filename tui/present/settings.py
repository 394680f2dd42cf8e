"""The settings screen: value, where it comes from, what is allowed; and what only the configuration changes."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from tui.present.cells import left, wrap
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span

_LABEL: Final = 16
_VALUE: Final = 15
HELP_LINES: Final = 3


class SettingRow(NamedTuple):
    """A setting as it is shown; without `allowed` it is read only."""

    label: str
    value: str
    origin: str
    help: str
    allowed: tuple[str, ...] = ()


def settings_lines(rows: Sequence[SettingRow], fixed: Sequence[SettingRow], marked: int, width: int) -> list[Line]:
    """Lay out what can be changed, then what cannot, then the words about the marked one: 20 lines, a small screen."""
    lines: list[Line] = [(Span(f"   {left('', _LABEL)}{left('value', _VALUE)}from", Ink.QUIET),)]
    lines += [_row(row, is_marked=place == marked, width=width) for place, row in enumerate(rows)]
    lines.append((Span("set in the configuration, in force after a restart", Ink.QUIET),))
    lines += [_row(row, is_marked=len(rows) + place == marked, width=width) for place, row in enumerate(fixed)]
    return [*lines, *about_lines((*rows, *fixed)[marked], width)]


def about_lines(row: SettingRow, width: int) -> list[Line]:
    """Explain a setting in always the same number of lines: the box must not jump."""
    lines = wrap(row.help, width)
    if row.allowed:
        lines += wrap(f"allowed: {', '.join(row.allowed)}", width, Ink.QUIET)
    return [*lines, *([EMPTY_LINE] * HELP_LINES)][:HELP_LINES]


def _row(row: SettingRow, *, is_marked: bool, width: int) -> Line:
    ink = Ink.STRONG if row.allowed else Ink.QUIET
    decor = Decor.REVERSED | Decor.BOLD if is_marked else Decor.NONE
    is_open = row.origin.startswith("changed")
    return (
        Span(" ▸ " if is_marked else "   ", Ink.ACCENT),
        Span(left(row.label, _LABEL), ink),
        Span(left(row.value, _VALUE - 1), ink, decor),
        Span(" "),
        Span(left(row.origin, max(1, width - 3 - _LABEL - _VALUE)), Ink.WARNING if is_open else Ink.QUIET),
    )
