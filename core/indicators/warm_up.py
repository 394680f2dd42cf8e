"""Compile every indicator on tiny data, so that the first real bar does not wait for it."""

import numpy as np


def warm_up() -> None:
    """Import the compiler and compile; takes seconds, so it is called in a worker thread."""
    from core.indicators import bollinger, deviation, exponential, rsi, sma  # noqa: PLC0415  # brings the compiler in
    from core.indicators.indicator_set import IndicatorSet  # noqa: PLC0415  # same
    from core.indicators.spec import IndicatorKind, IndicatorSpec  # noqa: PLC0415  # beside its users

    prices = np.array([1.0, 2.0, 1.5])
    sma.sma(prices, 2)
    exponential.ema(prices, 2)
    rsi.rsi(prices, 2)
    rsi.rsi_simple(prices, 2)
    deviation.deviation(prices, 2)
    bollinger.bollinger(prices, 2, 2.0)
    sma.sma_update(sma.sma_state(2), 1.0)
    exponential.exponential_update(exponential.ema_state(2), 1.0)
    rsi.rsi_update(rsi.rsi_state(2), 1.0)
    rsi.rsi_simple_update(rsi.rsi_simple_state(2), 1.0)
    deviation.deviation_update(deviation.deviation_state(2), 1.0)
    bollinger.bollinger_update(bollinger.bollinger_state(2, 2.0), 1.0)
    every_kind = IndicatorSet({kind.name: IndicatorSpec(kind, 2) for kind in IndicatorKind})
    every_kind.run(np.vstack([prices] * 5))
    every_kind.update(1.0, 1.0, 1.0, 1.0, 1.0)
