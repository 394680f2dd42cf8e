"""Sums over the last n values that never drift.

Values come in blocks of n. Sums over the older block are kept from each of its places to its end, sums over the
running block from its start; the window is the end of one plus the start of the other. Nothing is ever subtracted,
so no rounding error outlives the window. Values are taken relative to an anchor that is itself in the window:
equal values have a deviation of exactly 0, and the cancellation of the variance is bounded by the window's range.
"""

import numpy as np
from numpy.typing import NDArray

from core.compiled import kernel
from core.indicators.spec import check_length

Floats = NDArray[np.float64]

LENGTH, ANCHOR, PLACE, COUNT, SUM, SQUARES = 0, 1, 2, 3, 4, 5  # header of a window's state
HEADER_SIZE = 6  # then n values, n sums to the block's end, n sums of squares to the block's end


def window_size(length: int) -> int:
    """Return how many floats the state of a window of `length` values takes."""
    check_length(length)
    return HEADER_SIZE + 3 * length


def init_window(state: Floats, at: int, length: int) -> None:
    """Make `state[at:]` an empty window."""
    state[at : at + window_size(length)] = 0.0
    state[at + LENGTH] = length


def window_state(length: int) -> Floats:
    """Return the state of an empty window of `length` values."""
    state = np.empty(window_size(length))
    init_window(state, 0, length)
    return state


@kernel
def push(state: Floats, at: int, value: float) -> None:
    """Take one finite value into the window."""
    length = int(state[at + LENGTH])
    place = int(state[at + PLACE])
    if state[at + COUNT] == 0.0:
        state[at + ANCHOR] = value
    offset = value - state[at + ANCHOR]
    state[at + SUM] += offset
    state[at + SQUARES] += offset * offset
    state[at + HEADER_SIZE + place] = value
    if state[at + COUNT] < length:
        state[at + COUNT] += 1.0
    place += 1
    if place == length:
        _finish_block(state, at, length, value)
        place = 0
    state[at + PLACE] = place


@kernel
def _finish_block(state: Floats, at: int, length: int, anchor: float) -> None:
    values = at + HEADER_SIZE
    total = 0.0
    squares = 0.0
    for place in range(length - 1, -1, -1):
        offset = state[values + place] - anchor
        total += offset
        squares += offset * offset
        state[values + length + place] = total
        state[values + 2 * length + place] = squares
    state[at + ANCHOR] = anchor
    state[at + SUM] = 0.0
    state[at + SQUARES] = 0.0


@kernel
def is_full(state: Floats, at: int) -> bool:
    return state[at + COUNT] == state[at + LENGTH]


@kernel
def mean(state: Floats, at: int) -> float:
    """Return the mean of a full window, NaN before."""
    if not is_full(state, at):
        return np.nan
    length = int(state[at + LENGTH])
    place = int(state[at + PLACE])
    total = state[at + SUM] + state[at + HEADER_SIZE + length + place]
    return state[at + ANCHOR] + total / length


@kernel
def deviation(state: Floats, at: int) -> float:
    """Return the population standard deviation of a full window, NaN before."""
    if not is_full(state, at):
        return np.nan
    length = int(state[at + LENGTH])
    place = int(state[at + PLACE])
    total = state[at + SUM] + state[at + HEADER_SIZE + length + place]
    squares = state[at + SQUARES] + state[at + HEADER_SIZE + 2 * length + place]
    return np.sqrt(max(0.0, (squares - total * total / length) / length))
