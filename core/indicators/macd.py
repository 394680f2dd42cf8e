"""Convergence of two exponential averages, the average of that as a signal, and their difference (``ta.macd``)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.compiled import kernel
from core.indicators.batch import series
from core.indicators.exponential import EXPONENTIAL_SIZE, ema_weight, exponential_step, init_exponential

Floats = NDArray[np.float64]

FAST, SLOW, SIGNAL = 0, EXPONENTIAL_SIZE, 2 * EXPONENTIAL_SIZE  # where each average's state begins


class Macd(NamedTuple):
    line: Floats
    signal: Floats
    histogram: Floats


def macd_state(fast: int, slow: int, signal: int) -> Floats:
    """Return the state of a streaming convergence."""
    state = np.empty(3 * EXPONENTIAL_SIZE)
    for at, length in ((FAST, fast), (SLOW, slow), (SIGNAL, signal)):
        init_exponential(state, at, length, ema_weight(length))
    return state


@kernel
def macd_update(state: Floats, value: float) -> tuple[float, float, float]:
    """Take one value and return (line, signal, histogram), each NaN until warm."""
    line = exponential_step(state, FAST, value) - exponential_step(state, SLOW, value)
    signal = exponential_step(state, SIGNAL, line)
    return line, signal, line - signal


@kernel
def _macd_run(state: Floats, values: Floats, lines: Floats) -> None:
    for index in range(len(values)):
        lines[0, index], lines[1, index], lines[2, index] = macd_update(state, values[index])


def macd(values: ArrayLike, fast: int, slow: int, signal: int) -> Macd:
    """Return the three series, NaN until warm; each of the shape of `values`."""
    array = series(values)
    lines = np.empty((3, len(array)))
    _macd_run(macd_state(fast, slow, signal), array, lines)
    return Macd(lines[0], lines[1], lines[2])
