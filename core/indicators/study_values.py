"""The values of studies over bars."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.indicators.atr import atr
from core.indicators.bollinger import bollinger
from core.indicators.exponential import ema
from core.indicators.macd import macd
from core.indicators.rsi import rsi
from core.indicators.sma import sma
from core.indicators.study import BAND_WIDTH, FAST, SIGNAL, SLOW, Study, StudyKind
from core.indicators.vwap import vwap

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DAY_NS: Final = 86_400 * 1_000_000_000


def day_anchors(opens_ns: Ints) -> Floats:
    """Return 1 at the first bar of each UTC day and at the first of all, else 0."""
    days = opens_ns // _DAY_NS
    return np.concatenate([np.ones(min(1, len(days))), (np.diff(days) != 0).astype(np.float64)])


def study_values(study: Study, opens_ns: Ints, bars: Floats) -> dict[str, Floats]:
    """Return each line of a study by its label; NaN until warm. `bars` has rows open, high, low, close, volume."""
    _, high, low, close, volume = bars
    match study.kind:
        case StudyKind.EMA:
            return {"": ema(close, study.length)}
        case StudyKind.SMA:
            return {"": sma(close, study.length)}
        case StudyKind.VWAP:
            return {"": vwap((high + low + close) / 3.0, volume, day_anchors(opens_ns))}
        case StudyKind.BOLLINGER:
            return bollinger(close, study.length, BAND_WIDTH)._asdict()
        case StudyKind.RSI:
            return {"": rsi(close, study.length)}
        case StudyKind.MACD:
            return macd(close, FAST, SLOW, SIGNAL)._asdict()
        case StudyKind.ATR:
            return {"": atr(high, low, close, study.length)}


def warm_up_studies() -> None:
    """Compile every study on tiny data; takes seconds, so call it in a thread."""
    for kind in StudyKind:
        study_values(Study(kind, 2), np.arange(3, dtype=np.int64), np.ones((5, 3)))
