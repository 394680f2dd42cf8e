"""Volume-weighted average price since an anchor, such as the begin of the day (TradingView ``ta.vwap``)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.compiled import kernel
from core.indicators.batch import series

Floats = NDArray[np.float64]

WORTH, VOLUME, STATE_SIZE = 0, 1, 2


def vwap_state() -> Floats:
    """Return the state of a streaming average."""
    return np.zeros(STATE_SIZE)


@kernel
def vwap_update(state: Floats, price: float, volume: float, is_anchor: bool) -> float:
    """Take one bar's price and volume and return the average; NaN while nothing was traded since the anchor."""
    if is_anchor:
        state[WORTH] = 0.0
        state[VOLUME] = 0.0
    if not (np.isfinite(price) and np.isfinite(volume)):
        return np.nan
    state[WORTH] += price * volume
    state[VOLUME] += volume
    return state[WORTH] / state[VOLUME] if state[VOLUME] > 0.0 else np.nan


@kernel
def _vwap_run(state: Floats, prices: Floats, volumes: Floats, anchors: Floats, averages: Floats) -> None:
    for index in range(len(prices)):
        averages[index] = vwap_update(state, prices[index], volumes[index], anchors[index] == 1.0)


def vwap(prices: ArrayLike, volumes: ArrayLike, anchors: ArrayLike) -> Floats:
    """Return the average at each bar; `anchors` is 1 where it begins anew, else 0. All three are of one length."""
    array = series(prices)
    averages = np.empty_like(array)
    _vwap_run(vwap_state(), array, series(volumes), series(anchors), averages)
    return averages
