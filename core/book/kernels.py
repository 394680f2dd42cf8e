"""The book's compiled half: entry points on integer arrays as `core.book.layout` describes them."""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.book.layout import (
    ALL_FOUND,
    APPLIED,
    ASK_COUNT,
    ASK_HEADER,
    ASK_START,
    ASKS,
    BAD_LEVEL,
    BATCH_HEADER_SIZE,
    BEST_KEY,
    BEST_LOTS,
    BID_COUNT,
    BID_HEADER,
    BID_START,
    BIDS,
    CELLS_HEADER_SIZE,
    CROSSED,
    MOST_LEVELS,
    NO_KEY,
    NO_ROOM,
    ORIGIN,
    OVERFLOW_COUNT,
    OVERFLOW_LEVELS,
    SIDE_HEADER_SIZE,
    SIDE_HEADERS,
    WINDOW_TICKS,
)
from core.book.side import (
    best_of_side,
    drop_worst,
    empty_window,
    level_count,
    lots_start_of,
    lower_bound,
    set_levels,
)
from core.compiled import entry_of, kernel

Ints = NDArray[np.int64]


@kernel
def apply_batch(cells: Ints, overflow: Ints, batch: Ints) -> int:
    """Set the levels of a batch (lots 0 removes one) and return APPLIED, CROSSED, BAD_LEVEL or NO_ROOM."""
    room = cells[OVERFLOW_LEVELS]
    if level_count(cells, BIDS) + batch[BID_COUNT] > room or level_count(cells, ASKS) + batch[ASK_COUNT] > room:
        return NO_ROOM
    outcome = _set_both(cells, overflow, batch, 1, 1)
    if batch[MOST_LEVELS] > 0 and outcome == APPLIED:
        drop_worst(cells, overflow, BIDS, batch[MOST_LEVELS])
        drop_worst(cells, overflow, ASKS, batch[MOST_LEVELS])
    return outcome


@kernel
def load_batch(cells: Ints, overflow: Ints, batch: Ints) -> int:
    """Replace all levels by those of a batch, each price once per side; returns as `apply_batch` does."""
    if max(batch[BID_COUNT], batch[ASK_COUNT]) > cells[OVERFLOW_LEVELS]:
        return NO_ROOM
    for side in range(2):
        _clear_side(cells, side)
    bid_step = _place_window(cells, BIDS, batch, batch[BID_START], batch[BID_COUNT])
    ask_step = _place_window(cells, ASKS, batch, batch[ASK_START], batch[ASK_COUNT])
    return _set_both(cells, overflow, batch, bid_step, ask_step)


@kernel
def _set_both(cells: Ints, overflow: Ints, batch: Ints, bid_step: int, ask_step: int) -> int:
    valid = set_levels(cells, overflow, BIDS, batch, batch[BID_START], batch[BID_COUNT], bid_step)
    valid &= set_levels(cells, overflow, ASKS, batch, batch[ASK_START], batch[ASK_COUNT], ask_step)
    if not valid:
        return BAD_LEVEL
    has_both = cells[BID_HEADER + BEST_LOTS] != 0 and cells[ASK_HEADER + BEST_LOTS] != 0
    if has_both and cells[BID_HEADER + BEST_KEY] >= -cells[ASK_HEADER + BEST_KEY]:
        return CROSSED
    return APPLIED


@kernel
def _clear_side(cells: Ints, side: int) -> None:
    header = SIDE_HEADERS + side * SIDE_HEADER_SIZE
    empty_window(cells, side)
    cells[header + OVERFLOW_COUNT] = 0
    cells[header + BEST_KEY] = NO_KEY
    cells[header + BEST_LOTS] = 0


@kernel
def _place_window(cells: Ints, side: int, batch: Ints, start: int, count: int) -> int:
    """Lay an empty side's window around the best of new levels and return the step that visits the worst first.

    Worst first, far levels come in sorted order and none of them has to be moved again.
    """
    if count == 0:
        return 1
    sign = 1 if side == BIDS else -1
    best = NO_KEY
    for i in range(count):
        best = max(best, sign * batch[start + 2 * i])
    cells[SIDE_HEADERS + side * SIDE_HEADER_SIZE + ORIGIN] = best - (cells[WINDOW_TICKS] * 3 >> 2)
    return 1 if sign * batch[start] <= sign * batch[start + 2 * (count - 1)] else -1


@kernel
def best_levels(cells: Ints, overflow: Ints, out: Ints) -> int:
    """Write bid ticks, bid lots, ask ticks, ask lots, best first, into the rows of `out`.

    Returns ALL_FOUND, or the number of bids in the low 32 bits and the number of asks above them.
    """
    bids = best_of_side(cells, overflow, BIDS, out)
    asks = best_of_side(cells, overflow, ASKS, out)
    return ALL_FOUND if bids == asks == out.shape[1] else bids | (asks << 32)


@kernel
def lots_at(cells: Ints, overflow: Ints, side: int, ticks: int) -> int:
    """Return the lots of one level, 0 where there is none."""
    key = ticks if side == BIDS else -ticks
    header = SIDE_HEADERS + side * SIDE_HEADER_SIZE
    index = key - cells[header + ORIGIN]
    if 0 <= index < cells[WINDOW_TICKS]:
        return int(cells[lots_start_of(cells, side) + index])
    start = side * 2 * cells[OVERFLOW_LEVELS]
    position = lower_bound(overflow, start, cells[header + OVERFLOW_COUNT], key)
    slot = start + 2 * position
    if position < cells[header + OVERFLOW_COUNT] and overflow[slot] == key:
        return int(overflow[slot + 1])
    return 0


@cache
def apply_batch_entry() -> Callable[[Ints, Ints, Ints], int]:
    """Return `apply_batch` without the look at its arguments' types, compiled on the first call."""
    return entry_of(apply_batch, empty_cells(), np.zeros(4, np.int64), np.zeros(BATCH_HEADER_SIZE, np.int64))


@cache
def load_batch_entry() -> Callable[[Ints, Ints, Ints], int]:
    """Return `load_batch` without the look at its arguments' types, compiled on the first call."""
    return entry_of(load_batch, empty_cells(), np.zeros(4, np.int64), np.zeros(BATCH_HEADER_SIZE, np.int64))


@cache
def best_levels_entry() -> Callable[[Ints, Ints, Ints], int]:
    """Return `best_levels` without the look at its arguments' types, compiled on the first call."""
    return entry_of(best_levels, empty_cells(), np.zeros(4, np.int64), np.zeros((4, 1), np.int64))


def empty_cells() -> Ints:
    """Return the cells of the smallest book, to compile with."""
    cells = np.zeros(CELLS_HEADER_SIZE + 2 * (1 + 64), np.int64)
    cells[WINDOW_TICKS] = 64
    return cells
