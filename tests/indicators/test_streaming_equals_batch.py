"""One value at a time, a whole array at once, or as part of a set: the same bits."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.indicators import bollinger, deviation, exponential, rsi, sma
from core.indicators.indicator_set import IndicatorSet
from core.indicators.spec import IndicatorKind, IndicatorSpec, Source

FORMS = {
    IndicatorKind.SMA: (sma.sma, sma.sma_state, sma.sma_update),
    IndicatorKind.EMA: (exponential.ema, exponential.ema_state, exponential.ema_update),
    IndicatorKind.RMA: (exponential.rma, exponential.rma_state, exponential.rma_update),
    IndicatorKind.RSI: (rsi.rsi, rsi.rsi_state, rsi.rsi_update),
    IndicatorKind.RSI_SIMPLE: (rsi.rsi_simple, rsi.rsi_simple_state, rsi.rsi_simple_update),
    IndicatorKind.DEVIATION: (deviation.deviation, deviation.deviation_state, deviation.deviation_update),
}
PRICES = st.lists(st.floats(1e-6, 1e6) | st.just(float("nan")), min_size=1, max_size=60)


@settings(deadline=None)
@given(PRICES, st.integers(1, 12), st.sampled_from(sorted(FORMS)))
def test_streaming_gives_the_same_bits_as_batch(prices: list[float], length: int, kind: IndicatorKind) -> None:
    batch, new_state, update = FORMS[kind]
    state = new_state(length)
    streamed = np.array([update(state, price) for price in prices])
    assert streamed.tobytes() == batch(prices, length).tobytes()


@settings(deadline=None)
@given(PRICES, st.integers(1, 12), st.floats(0.1, 4.0))
def test_streaming_bands_give_the_same_bits_as_batch(prices: list[float], length: int, width: float) -> None:
    state = bollinger.bollinger_state(length, width)
    streamed = np.array([bollinger.bollinger_update(state, price) for price in prices]).T
    for line, band in zip(streamed, bollinger.bollinger(prices, length, width), strict=True):
        assert np.array_equal(line, band, equal_nan=True)


def every_kind(length: int) -> dict[str, IndicatorSpec]:
    return {kind.name: IndicatorSpec(kind, length) for kind in IndicatorKind}


def bars_of(closes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vstack([closes - 1, closes + 2, closes - 3, closes, closes * 0 + 5])


def test_a_set_gives_the_same_bits_bar_by_bar_and_at_once_and_as_each_indicator_alone() -> None:
    closes = np.cumsum(np.random.default_rng(5).normal(size=300)) + 100
    at_once = IndicatorSet(every_kind(7))
    series = at_once.run(bars_of(closes))
    by_bar = IndicatorSet(every_kind(7))
    for place, bar in enumerate(bars_of(closes).T):
        by_bar.update(*bar)
        for row, name in enumerate(by_bar.names):
            assert np.array_equal(by_bar.value(name), series[row, place], equal_nan=True)
    alone = {kind.name: FORMS[kind][0](closes, 7) for kind in FORMS}
    bands = bollinger.bollinger(closes, 7, 2.0)
    alone |= {"BOLLINGER.middle": bands.middle, "BOLLINGER.upper": bands.upper, "BOLLINGER.lower": bands.lower}
    assert set(alone) == set(at_once.names)
    for row, name in enumerate(at_once.names):
        assert np.array_equal(series[row], alone[name], equal_nan=True), name


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (Source.OPEN, 1.0), (Source.HIGH, 8.0), (Source.LOW, 0.5), (Source.CLOSE, 2.0), (Source.VOLUME, 90.0),
        (Source.HL2, 4.25), (Source.HLC3, 3.5), (Source.OHLC4, 2.875),
    ],
)  # fmt: skip
def test_an_indicator_reads_the_price_it_asked_for(source: Source, expected: float) -> None:
    indicators = IndicatorSet({"price": IndicatorSpec(IndicatorKind.SMA, 1, source)})
    indicators.update(1.0, 8.0, 0.5, 2.0, 90.0)
    assert indicators.value("price") == expected


def test_a_set_knows_the_bar_before_and_when_it_is_warm() -> None:
    indicators = IndicatorSet({"slow": IndicatorSpec(IndicatorKind.SMA, 2)})
    warmth = []
    for close in (1.0, 3.0, 5.0):
        indicators.update(close, close, close, close, 1.0)
        warmth.append((indicators.is_warm, indicators.was_warm))
    assert warmth == [(False, False), (True, False), (True, True)]
    assert (indicators.previous("slow"), indicators.value("slow")) == (2.0, 4.0)
    indicators.reset()
    assert not indicators.is_warm


def test_the_bars_an_indicator_says_it_needs_are_the_bars_it_needs() -> None:
    for kind in IndicatorKind:
        spec = IndicatorSpec(kind, 6)
        series = IndicatorSet({"x": spec}).run(bars_of(np.linspace(1, 9, 20)))
        assert np.flatnonzero(np.isfinite(series[0]))[0] == spec.warm_up_bars - 1
        assert spec.settled_bars >= spec.warm_up_bars


def test_settled_means_the_start_of_the_series_no_longer_matters() -> None:
    closes = 100 + np.cumsum(np.random.default_rng(2).normal(size=1_000))
    for kind in IndicatorKind:
        spec = IndicatorSpec(kind, 14)
        whole = IndicatorSet({"x": spec}).run(bars_of(closes))[0, -1]
        recent = IndicatorSet({"x": spec}).run(bars_of(closes[-spec.settled_bars :]))[0, -1]
        assert recent == pytest.approx(whole, rel=1e-3)


def test_bars_of_a_wrong_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="five rows"):
        IndicatorSet(every_kind(2)).run(np.zeros((4, 3)))


def test_after_the_warm_up_nothing_is_left_to_compile() -> None:
    code = (
        "from core.indicators.warm_up import warm_up\n"
        "warm_up()\n"
        "import numpy as np, numba.core.dispatcher as dispatcher\n"
        "def refuse(*_): raise SystemExit('compiled')\n"
        "dispatcher.Dispatcher.compile = refuse\n"
        "from core.indicators import bollinger, exponential, rsi, sma\n"
        "from core.indicators.indicator_set import IndicatorSet\n"
        "from core.indicators.spec import IndicatorKind, IndicatorSpec\n"
        "ours = IndicatorSet({'slow': IndicatorSpec(IndicatorKind.SMA, 30)})\n"
        "ours.run(np.ones((5, 40))[:, :35]); ours.update(1.0, 2.0, 3.0, 4.0, 5.0)\n"
        "sma.sma([1.0] * 9, 3); exponential.rma([1.0] * 9, 3); rsi.rsi([1.0] * 9, 3)\n"
        "bollinger.bollinger([1.0] * 9, 3, 1.5); sma.sma_update(sma.sma_state(4), 1.0)\n"
        "print('warm')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "warm", run.stderr
