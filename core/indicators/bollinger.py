"""Bollinger bands: the mean of the last n values, and `width` population deviations above and below (``ta.bb``)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.compiled import kernel
from core.indicators.batch import series
from core.indicators.window import deviation, init_window, mean, push, window_size

Floats = NDArray[np.float64]

HEADER_SIZE = 1  # the width, then the window


class Bollinger(NamedTuple):
    middle: Floats
    upper: Floats
    lower: Floats


def bollinger_size(length: int) -> int:
    return HEADER_SIZE + window_size(length)


def init_bollinger(state: Floats, at: int, length: int, width: float) -> None:
    state[at] = width
    init_window(state, at + HEADER_SIZE, length)


def bollinger_state(length: int, width: float) -> Floats:
    """Return the state of streaming bands."""
    state = np.empty(bollinger_size(length))
    init_bollinger(state, 0, length, width)
    return state


@kernel
def bollinger_step(state: Floats, at: int, value: float) -> tuple[float, float, float]:
    if not np.isfinite(value):
        return np.nan, np.nan, np.nan
    push(state, at + HEADER_SIZE, value)
    middle = mean(state, at + HEADER_SIZE)
    band = state[at] * deviation(state, at + HEADER_SIZE)
    return middle, middle + band, middle - band


@kernel
def bollinger_update(state: Floats, value: float) -> tuple[float, float, float]:
    """Take one value and return (middle, upper, lower), NaN until warm."""
    return bollinger_step(state, 0, value)


@kernel
def _bollinger_run(state: Floats, values: Floats, bands: Floats) -> None:
    for index in range(len(values)):
        bands[0, index], bands[1, index], bands[2, index] = bollinger_step(state, 0, values[index])


def bollinger(values: ArrayLike, length: int, width: float) -> Bollinger:
    """Return the three bands at each value, NaN until warm; each of the shape of `values`."""
    array = series(values)
    bands = np.empty((3, len(array)))
    _bollinger_run(bollinger_state(length, width), array, bands)
    return Bollinger(bands[0], bands[1], bands[2])
