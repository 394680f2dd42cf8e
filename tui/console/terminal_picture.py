"""What the terminal shows, cell by cell, so that only what differs is sent to it."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import compress, repeat
from operator import ne
from typing import Final, NamedTuple

from rich.color import ColorSystem
from textual.geometry import Size
from textual.strip import Strip

from tui.console.cell_text import CONTINUED, UNKNOWN, CellText
from tui.console.graphic_rendition import DEFAULT, Renditions

Placed = tuple[int, int, Strip]  # column, row, what is to stand there
_NOTHING_ON: Final = "\x1b[m"  # whatever another program left on
_STRETCH: Final = 24  # cells compared at once
_FILLED_GAP: Final = 3  # unchanged cells between two changes that are cheaper to write than to jump over


class _Row(NamedTuple):
    cells: str
    looks: str


class TerminalPicture:
    """Keeps what was sent; `difference` says what to send so that new strips are shown.

    After `forget` every cell is sent again, as far as strips say what belongs there.
    """

    def __init__(self) -> None:
        self._size = Size(0, 0)
        self._rows: list[_Row] = []
        self._texts = CellText()
        self._renditions = Renditions()
        self._opening = _NOTHING_ON

    def forget(self) -> None:
        """Know nothing of the terminal any more."""
        self._fit(self._size)
        self._texts, self._renditions = CellText(), Renditions()
        self._opening = _NOTHING_ON

    def _fit(self, size: Size) -> None:
        self._size = size
        self._rows = [_Row(UNKNOWN * size.width, DEFAULT * size.width)] * size.height

    @property
    def is_whole(self) -> bool:
        """Tell whether every cell is known."""
        return not any(UNKNOWN in row.cells for row in self._rows)

    def difference(self, placed: Iterable[Placed], size: Size, colours: ColorSystem) -> str:
        """Take strips on a screen of this size; return what makes the terminal show them, empty where it does."""
        if size != self._size:
            self._fit(size)
        changed = self._changed(placed, colours)
        pen = _Pen(self._texts, self._renditions)
        for y in sorted(changed):
            before, after = self._rows[y], changed[y]
            if before != after:
                self._write_row(pen, y, before, after)
                self._rows[y] = after
        if not (text := pen.finished()):
            return ""
        opening, self._opening = self._opening, ""
        return opening + text

    def _changed(self, placed: Iterable[Placed], colours: ColorSystem) -> Mapping[int, _Row]:
        width, height = self._size
        rows: dict[int, _Row] = {}
        cells_of, number_of = self._texts.cells_of, self._renditions.number_of
        for x, y, strip in placed:
            if not 0 <= y < height or x >= width:
                continue
            cells: list[str] = []
            looks: list[str] = []
            for text, style, control in strip:
                if text and not control:
                    part = cells_of(text)
                    cells.append(part)
                    looks.append(number_of(style, colours) * len(part))
            if cells:
                rows[y] = _spliced(rows.get(y) or self._rows[y], x, "".join(cells), "".join(looks))
        return rows

    def _write_row(self, pen: "_Pen", y: int, before: _Row, after: _Row) -> None:
        if self._texts.has_clusters(after.cells) or self._texts.has_clusters(before.cells):
            runs = [(0, len(after.cells))]  # terminals disagree on how wide these are
        else:
            runs = _runs(before, after)
        for start, end in runs:
            pen.write(start, y, after.cells[start:end], after.looks[start:end])


class _Pen:
    """Writes runs of cells with the fewest cursor moves and changes of look."""

    def __init__(self, texts: CellText, renditions: Renditions) -> None:
        self._texts = texts
        self._renditions = renditions
        self._look = DEFAULT
        self._at: tuple[int, int] | None = None
        self._parts: list[str] = []

    def finished(self) -> str:
        self._turn_to(DEFAULT)
        return "".join(self._parts)

    def write(self, x: int, y: int, cells: str, looks: str) -> None:
        if UNKNOWN in cells:
            for offset, known in _known_parts(cells):
                self.write(x + offset, y, known, looks[offset : offset + len(known)])
        elif CONTINUED in cells or self._texts.has_clusters(cells):
            self._write_singly(x, y, cells, looks)
        else:
            self._write_plain(x, y, cells, looks)

    def _write_plain(self, x: int, y: int, cells: str, looks: str) -> None:
        self._move(x, y)
        start = 0
        while start < len(cells):
            look = looks[start]
            end = len(looks) - len(looks[start:].lstrip(look))
            self._turn_to(look)
            self._parts.append(cells[start:end])
            start = end
        self._at = (x + len(cells), y)

    def _write_singly(self, x: int, y: int, cells: str, looks: str) -> None:
        """Place the cursor anew behind everything of which terminals disagree how wide it is."""
        for offset, cell in enumerate(cells):
            if cell == CONTINUED:
                continue
            text = self._texts.text_of(cell)
            self._write_plain(x + offset, y, text, looks[offset] * len(text))
            if text != cell or cells[offset + 1 : offset + 2] == CONTINUED:
                self._at = None

    def _move(self, x: int, y: int) -> None:
        at, self._at = self._at, (x, y)
        if at == (x, y):
            return
        if at is not None and at[1] == y and at[0] < x:
            steps = x - at[0]
            self._parts.append(f"\x1b[{steps}C" if steps > 1 else "\x1b[C")
        else:
            self._parts.append(f"\x1b[{y + 1};{x + 1}H")

    def _turn_to(self, look: str) -> None:
        if look != self._look:
            self._parts.append(self._renditions.change(self._look, look))
            self._look = look


def _spliced(row: _Row, x: int, cells: str, looks: str) -> _Row:
    """Put cells into a row; a wide character of which one half is written over leaves a blank."""
    width = len(row.cells)
    end = min(width, x + len(cells))
    cells, looks = cells[: end - x], looks[: end - x]
    left, right = row.cells[:x], row.cells[end:]
    if x and row.cells[x] == CONTINUED:
        kept = left.rstrip(CONTINUED)[:-1]
        left = kept.ljust(x)
    if right.startswith(CONTINUED):
        right = right.lstrip(CONTINUED).rjust(len(right))
    return _Row(left + cells + right, row.looks[:x] + looks + row.looks[end:])


def _runs(before: _Row, after: _Row) -> list[tuple[int, int]]:
    """Return the stretches that differ, joined where the gap between them is short and of one look."""
    runs: list[tuple[int, int]] = []
    for x in _differing(before, after):
        start, end = runs[-1] if runs else (0, -1)
        if x == end or (0 <= end <= x <= end + _FILLED_GAP and _is_cheap(after, end, x)):
            runs[-1] = (start, x + 1)
        else:
            runs.append((x, x + 1))
    return [_whole_characters(after.cells, start, end) for start, end in runs]


def _differing(before: _Row, after: _Row) -> Iterator[int]:
    """Yield the cells that differ; most of a row is passed over a stretch at a time."""
    width = len(after.cells)
    for start in range(0, width, _STRETCH):
        end = min(start + _STRETCH, width)
        differs: Iterable[int] = ()
        if (cells := after.cells[start:end]) != (shown := before.cells[start:end]):
            differs = map(ne, cells, shown)
        if (looks := after.looks[start:end]) != (shown := before.looks[start:end]):
            differs = map(int.__or__, differs or repeat(False), map(ne, looks, shown))
        yield from compress(range(start, end), differs)


def _is_cheap(row: _Row, start: int, end: int) -> bool:
    """Tell whether cells can be written again for fewer bytes than a move of the cursor takes."""
    return row.cells[start:end].isascii() and len(set(row.looks[start - 1 : end])) == 1


def _whole_characters(cells: str, start: int, end: int) -> tuple[int, int]:
    while start and cells[start] == CONTINUED:
        start -= 1
    while end < len(cells) and cells[end] == CONTINUED:
        end += 1
    return start, end


def _known_parts(cells: str) -> list[tuple[int, str]]:
    parts: list[tuple[int, str]] = []
    offset = 0
    for part in cells.split(UNKNOWN):
        if part:
            parts.append((offset, part))
        offset += len(part) + 1
    return parts
