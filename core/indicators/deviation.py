"""Population standard deviation of the last n values (TradingView ``ta.stdev``)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.compiled import kernel
from core.indicators.batch import series
from core.indicators.window import deviation as window_deviation
from core.indicators.window import init_window, push, window_size, window_state

Floats = NDArray[np.float64]

deviation_size = window_size
init_deviation = init_window
deviation_state = window_state


@kernel
def deviation_step(state: Floats, at: int, value: float) -> float:
    if not np.isfinite(value):
        return np.nan
    push(state, at, value)
    return window_deviation(state, at)


@kernel
def deviation_update(state: Floats, value: float) -> float:
    """Take one value and return the deviation, NaN until warm."""
    return deviation_step(state, 0, value)


@kernel
def _deviation_run(state: Floats, values: Floats, deviations: Floats) -> None:
    for index in range(len(values)):
        deviations[index] = deviation_step(state, 0, values[index])


def deviation(values: ArrayLike, length: int) -> Floats:
    """Return the deviation at each value, NaN until warm; shape of `values`."""
    array = series(values)
    deviations = np.empty_like(array)
    _deviation_run(deviation_state(length), array, deviations)
    return deviations
