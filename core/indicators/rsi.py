"""Relative strength index: 100 - 100 / (1 + mean gain / mean loss) over n changes (TradingView ``ta.rsi``).

The means are Wilder's RMA; the simple form takes plain means over the last n changes. Without losses the index is
100, also in a market that did not move, as TradingView has it; without gains it is 0.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.compiled import kernel
from core.indicators.batch import series
from core.indicators.exponential import EXPONENTIAL_SIZE, exponential_step, init_exponential, rma_weight
from core.indicators.spec import check_length
from core.indicators.window import init_window, mean, push, window_size

Floats = NDArray[np.float64]

PREVIOUS, HAS_PREVIOUS, PART_SIZE = 0, 1, 2
HEADER_SIZE = 3  # then the mean of gains and the mean of losses, PART_SIZE floats each


def rsi_size(length: int) -> int:
    """Return how many floats the state of Wilder's form takes."""
    check_length(length)
    return HEADER_SIZE + 2 * EXPONENTIAL_SIZE


def rsi_simple_size(length: int) -> int:
    """Return how many floats the state of the simple form takes."""
    return HEADER_SIZE + 2 * window_size(length)


def init_rsi(state: Floats, at: int, length: int) -> None:
    check_length(length)
    state[at : at + HEADER_SIZE] = (0.0, 0.0, EXPONENTIAL_SIZE)
    for part in range(2):
        init_exponential(state, at + HEADER_SIZE + part * EXPONENTIAL_SIZE, length, rma_weight(length))


def init_rsi_simple(state: Floats, at: int, length: int) -> None:
    size = window_size(length)
    state[at : at + HEADER_SIZE] = (0.0, 0.0, size)
    for part in range(2):
        init_window(state, at + HEADER_SIZE + part * size, length)


def rsi_state(length: int) -> Floats:
    """Return the state of a streaming RSI of Wilder's form."""
    state = np.empty(rsi_size(length))
    init_rsi(state, 0, length)
    return state


def rsi_simple_state(length: int) -> Floats:
    """Return the state of a streaming RSI of the simple form."""
    state = np.empty(rsi_simple_size(length))
    init_rsi_simple(state, 0, length)
    return state


@kernel
def _index(gain: float, loss: float) -> float:
    if np.isnan(gain) or np.isnan(loss):
        return np.nan
    if loss == 0.0:
        return 100.0
    if gain == 0.0:
        return 0.0
    return 100.0 - 100.0 / (1.0 + gain / loss)


@kernel
def _change(state: Floats, at: int, value: float) -> float:
    """Return the change since the value before, NaN for the first or a missing one."""
    if not np.isfinite(value):
        return np.nan
    change = value - state[at + PREVIOUS] if state[at + HAS_PREVIOUS] == 1.0 else np.nan
    state[at + PREVIOUS] = value
    state[at + HAS_PREVIOUS] = 1.0
    return change


@kernel
def rsi_step(state: Floats, at: int, value: float) -> float:
    change = _change(state, at, value)
    if np.isnan(change):
        return np.nan
    gain = exponential_step(state, at + HEADER_SIZE, max(change, 0.0))
    loss = exponential_step(state, at + HEADER_SIZE + EXPONENTIAL_SIZE, max(-change, 0.0))
    return _index(gain, loss)


@kernel
def rsi_simple_step(state: Floats, at: int, value: float) -> float:
    change = _change(state, at, value)
    if np.isnan(change):
        return np.nan
    gains = at + HEADER_SIZE
    losses = gains + int(state[at + PART_SIZE])
    push(state, gains, max(change, 0.0))
    push(state, losses, max(-change, 0.0))
    return _index(max(mean(state, gains), 0.0), max(mean(state, losses), 0.0))


@kernel
def rsi_update(state: Floats, value: float) -> float:
    """Take one value and return Wilder's index, NaN until warm."""
    return rsi_step(state, 0, value)


@kernel
def rsi_simple_update(state: Floats, value: float) -> float:
    """Take one value and return the simple form's index, NaN until warm."""
    return rsi_simple_step(state, 0, value)


@kernel
def _rsi_run(state: Floats, values: Floats, indices: Floats) -> None:
    for place in range(len(values)):
        indices[place] = rsi_step(state, 0, values[place])


@kernel
def _rsi_simple_run(state: Floats, values: Floats, indices: Floats) -> None:
    for place in range(len(values)):
        indices[place] = rsi_simple_step(state, 0, values[place])


def rsi(values: ArrayLike, length: int) -> Floats:
    """Return Wilder's index at each value, NaN until warm; shape of `values`."""
    array = series(values)
    indices = np.empty_like(array)
    _rsi_run(rsi_state(length), array, indices)
    return indices


def rsi_simple(values: ArrayLike, length: int) -> Floats:
    """Return the simple form's index at each value, NaN until warm; shape of `values`."""
    array = series(values)
    indices = np.empty_like(array)
    _rsi_simple_run(rsi_simple_state(length), array, indices)
    return indices
