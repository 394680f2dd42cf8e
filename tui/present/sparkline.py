"""The last minutes of a number in a few cells, beside it in its row."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Final

import msgspec

from tui.present.ink import Ink, Span, signed_ink
from tui.present.table import Column, Row, Table

CELLS: Final = 12
CELL_NS: Final = 25_000_000_000
MOST_ROWS: Final = 500
TITLE: Final = f"{CELLS * CELL_NS // 60_000_000_000} min"
_BLOCKS: Final = "▁▂▃▄▅▆▇█"


class SparkHistory:
    """The newest value of each of the last times, by row; what was not seen is missing."""

    def __init__(self) -> None:
        self._values: dict[str, dict[int, float]] = {}
        self._now = 0
        self._engine_id = ""

    def take(self, values: Mapping[str, float | None], at_ns: int, engine_id: str) -> None:
        """Note the values of this moment, but none that is no number; rows gone for the whole time are forgotten."""
        now, oldest = at_ns // CELL_NS, at_ns // CELL_NS - CELLS + 1
        if now < self._now or engine_id != self._engine_id:
            self._values.clear()  # a clock that was set back, or another engine's
            self._engine_id = engine_id
        for key, value in values.items():
            if value is not None and isfinite(value) and (key in self._values or len(self._values) < MOST_ROWS):
                self._values.setdefault(key, {})[now] = value
        if now != self._now:
            for key, seen in list(self._values.items()):
                kept = {place: value for place, value in seen.items() if place >= oldest}
                if kept:
                    self._values[key] = kept
                else:
                    del self._values[key]
        self._now = now

    def of(self, key: str) -> list[float | None]:
        """Return a row's values, oldest first; None for a time without one."""
        seen = self._values.get(key, {})
        return [seen.get(place) for place in range(self._now - CELLS + 1, self._now + 1)]


def spark(values: Sequence[float | None]) -> str:
    """Draw values between their own lowest and highest; one that never moved lies at the bottom."""
    known = [value for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    unit = (len(_BLOCKS) - 1) / (high - low) if high > low else 0.0
    return "".join(" " if value is None else _BLOCKS[round((value - low) * unit)] for value in values)


def with_sparks(
    table: Table, history: SparkHistory, *, rank: int, is_signed: bool, after: str | None = None, decimals: int = 2
) -> Table:
    """Add a column with the sparkline of each row; without a second value anywhere there is none to add.

    A signed number's line has the ink of what it gained or lost, as far as `decimals` show it. `rank` says when the
    column goes for want of room, `after` behind which column it stands; without it is the last.
    """
    drawn = {row.key: history.of(row.key) for row in table.rows}
    if all(sum(value is not None for value in values) < 2 for values in drawn.values()):
        return table
    titles = [column.title for column in table.columns]
    at = len(titles) if after is None else titles.index(after) + 1
    rows = [
        Row(
            row.key,
            (*row.cells[:at], _cell(drawn[row.key], decimals if is_signed else None), *row.cells[at:]),
            row.decor,
        )
        for row in table.rows
    ]
    columns = (*table.columns[:at], Column(TITLE, rank=rank), *table.columns[at:])
    return msgspec.structs.replace(table, columns=columns, rows=rows)


def _cell(values: Sequence[float | None], decimals: int | None) -> Span:
    known = [value for value in values if value is not None]
    gained = round(known[-1] - known[0], decimals) if decimals is not None and known else 0.0
    return Span(spark(values), signed_ink(gained) if gained else Ink.QUIET)
