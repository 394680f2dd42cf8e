"""Compile every indicator on tiny data, so that the first real bar does not wait for it."""

import numpy as np

_PRICES = np.array([1.0, 2.0, 1.5])


def warm_up_sets() -> None:
    """Import the compiler and compile what strategies update at each bar; takes seconds, so call it in a thread."""
    from core.indicators.indicator_set import IndicatorSet  # noqa: PLC0415  # brings the compiler in
    from core.indicators.spec import IndicatorKind, IndicatorSpec  # noqa: PLC0415  # beside its users

    every_kind = IndicatorSet({kind.name: IndicatorSpec(kind, 2) for kind in IndicatorKind})
    every_kind.run(np.vstack([_PRICES] * 5))
    every_kind.update(1.0, 1.0, 1.0, 1.0, 1.0)


def warm_up() -> None:
    """Compile sets and every indicator's own batch and streaming form; takes seconds, so call it in a thread."""
    from core.indicators import bollinger, deviation, exponential, rsi, sma  # noqa: PLC0415  # brings the compiler in

    warm_up_sets()
    sma.sma(_PRICES, 2)
    exponential.ema(_PRICES, 2)
    rsi.rsi(_PRICES, 2)
    rsi.rsi_simple(_PRICES, 2)
    deviation.deviation(_PRICES, 2)
    bollinger.bollinger(_PRICES, 2, 2.0)
    sma.sma_update(sma.sma_state(2), 1.0)
    exponential.exponential_update(exponential.ema_state(2), 1.0)
    rsi.rsi_update(rsi.rsi_state(2), 1.0)
    rsi.rsi_simple_update(rsi.rsi_simple_state(2), 1.0)
    deviation.deviation_update(deviation.deviation_state(2), 1.0)
    bollinger.bollinger_update(bollinger.bollinger_state(2, 2.0), 1.0)
