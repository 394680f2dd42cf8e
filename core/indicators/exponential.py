"""Exponential averages, seeded by the mean of the first n values.

EMA weighs the newest value by 2 / (n + 1) (TradingView ``ta.ema``), RMA by 1 / n (Wilder's, ``ta.rma``).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.compiled import kernel
from core.indicators.batch import series
from core.indicators.spec import check_length

Floats = NDArray[np.float64]

LENGTH, WEIGHT, COUNT, AVERAGE = 0, 1, 2, 3
EXPONENTIAL_SIZE = 4


def init_exponential(state: Floats, at: int, length: int, weight: float) -> None:
    """Make `state[at:]` an empty average that weighs the newest value by `weight`."""
    check_length(length)
    state[at : at + EXPONENTIAL_SIZE] = (length, weight, 0.0, 0.0)


def ema_weight(length: int) -> float:
    return 2.0 / (length + 1)


def rma_weight(length: int) -> float:
    return 1.0 / length


def ema_state(length: int) -> Floats:
    """Return the state of a streaming EMA."""
    return _state(length, ema_weight)


def rma_state(length: int) -> Floats:
    """Return the state of a streaming RMA."""
    return _state(length, rma_weight)


def _state(length: int, weigh: Callable[[int], float]) -> Floats:
    check_length(length)
    state = np.empty(EXPONENTIAL_SIZE)
    init_exponential(state, 0, length, weigh(length))
    return state


@kernel
def exponential_step(state: Floats, at: int, value: float) -> float:
    if not np.isfinite(value):
        return np.nan
    length = state[at + LENGTH]
    if state[at + COUNT] == length:
        weight = state[at + WEIGHT]
        state[at + AVERAGE] = weight * value + (1.0 - weight) * state[at + AVERAGE]
        return state[at + AVERAGE]
    state[at + COUNT] += 1.0
    state[at + AVERAGE] += value  # the sum until the seed is complete
    if state[at + COUNT] < length:
        return np.nan
    state[at + AVERAGE] /= length
    return state[at + AVERAGE]


@kernel
def exponential_update(state: Floats, value: float) -> float:
    """Take one value and return the average, NaN until warm."""
    return exponential_step(state, 0, value)


ema_update = exponential_update
rma_update = exponential_update


@kernel
def _exponential_run(state: Floats, values: Floats, averages: Floats) -> None:
    for index in range(len(values)):
        averages[index] = exponential_step(state, 0, values[index])


def ema(values: ArrayLike, length: int) -> Floats:
    """Return the EMA at each value, NaN until warm; shape of `values`."""
    return _averages(values, ema_state(length))


def rma(values: ArrayLike, length: int) -> Floats:
    """Return the RMA at each value, NaN until warm; shape of `values`."""
    return _averages(values, rma_state(length))


def _averages(values: ArrayLike, state: Floats) -> Floats:
    array = series(values)
    averages = np.empty_like(array)
    _exponential_run(state, array, averages)
    return averages
