"""Range, convergence and the volume-weighted average: streaming as in batch, equal to their definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.indicators.atr import atr, atr_state, atr_update
from core.indicators.exponential import ema, rma
from core.indicators.macd import macd, macd_state, macd_update
from core.indicators.study import MAX_LENGTH, Study, StudyKind, parse_study
from core.indicators.study_values import day_anchors, study_values
from core.indicators.vwap import vwap, vwap_state, vwap_update
from tests.indicators.test_indicator_values import column, needs_tradingview

PRICES = st.lists(st.floats(1.0, 1e6) | st.just(float("nan")), min_size=1, max_size=60)
DAY_NS = 86_400 * 1_000_000_000


@settings(deadline=None)
@given(PRICES, st.integers(1, 6))
def test_streaming_gives_the_same_bits_as_batch(prices: list[float], length: int) -> None:
    values = np.array(prices)
    high, low, close, anchors = values * 1.25, values * 0.75, values, (np.arange(len(values)) % 5 == 0).astype(float)
    state = atr_state(length)
    ranges = [atr_update(state, *bar) for bar in zip(high, low, close, strict=True)]
    assert np.array(ranges).tobytes() == atr(high, low, close, length).tobytes()
    state = macd_state(length, length + 2, length)
    lines = np.array([macd_update(state, price) for price in prices]).T
    for streamed, batch in zip(lines, macd(values, length, length + 2, length), strict=True):
        assert np.array_equal(streamed, batch, equal_nan=True)
    state = vwap_state()
    averages = [vwap_update(state, *bar) for bar in zip(values, high, anchors == 1.0, strict=True)]
    assert np.array(averages).tobytes() == vwap(values, high, anchors).tobytes()


@needs_tradingview
def test_the_convergence_equals_tradingview() -> None:
    found = macd(column("macd.csv", "close"), 12, 26, 9)
    for line, name in ((found.line, "macd"), (found.signal, "signal"), (found.histogram, "hist")):
        # A difference of two averages a thousand times as large: what they agree in is lost in the last digits.
        np.testing.assert_allclose(line, column("macd.csv", f"ta.macd(close, 12, 26, 9).{name}"), atol=1e-12)


def test_the_convergence_is_the_difference_of_two_averages_and_its_own_average() -> None:
    values = np.cumsum(np.random.default_rng(3).normal(size=200)) + 100
    found = macd(values, 12, 26, 9)
    line = ema(values, 12) - ema(values, 26)
    assert np.array_equal(found.line, line, equal_nan=True)
    assert np.array_equal(found.signal[25:], ema(line[25:], 9), equal_nan=True)
    assert np.isnan(found.signal[:33]).all()
    assert np.isfinite(found.histogram[33:]).all()


def test_the_true_range_counts_the_gap_from_the_close_before() -> None:
    high, low, close = [10.0, 21.0, 20.5, 6.0], [9.0, 20.0, 19.5, 5.0], [9.5, 20.5, 20.0, 5.5]
    widest = np.array([1.0, 11.5, 1.0, 15.0])
    np.testing.assert_allclose(atr(high, low, close, 1), widest)
    np.testing.assert_allclose(atr(high, low, close, 3), rma(widest, 3))


def test_the_volume_weighted_average_begins_anew_at_each_anchor_and_knows_nothing_without_volume() -> None:
    found = vwap([10.0, 20.0, 30.0, 40.0, 50.0], [1.0, 3.0, 0.0, 0.0, 2.0], [1, 0, 0, 1, 0])
    np.testing.assert_allclose(found, [10.0, 17.5, 17.5, np.nan, 50.0])


def test_days_begin_at_midnight_utc_and_the_first_bar_begins_one_too() -> None:
    opens_ns = np.array([DAY_NS - 120, DAY_NS - 60, DAY_NS, DAY_NS + 60, 3 * DAY_NS])
    assert day_anchors(opens_ns).tolist() == [1, 0, 1, 0, 1]
    assert day_anchors(opens_ns[:0]).tolist() == []


@pytest.mark.parametrize("kind", list(StudyKind))
def test_every_study_has_values_once_it_is_warm(kind: StudyKind) -> None:
    closes = np.cumsum(np.random.default_rng(7).normal(size=120)) + 100
    bars = np.vstack([closes, closes + 1, closes - 1, closes, closes * 0 + 2])
    lines = study_values(Study(kind, 10), np.arange(120) * 60_000_000_000, bars)
    assert lines
    assert all(len(line) == 120 and np.isfinite(line[40:]).all() for line in lines.values())


@pytest.mark.parametrize(
    ("text", "name"), [("ema 20", "ema 20"), (" EMA  20 ", "ema 20"), ("vwap", "vwap"), ("bollinger 7", "bollinger 7")]
)
def test_a_study_is_read_as_it_is_written(text: str, name: str) -> None:
    assert parse_study(text).name == name
    assert parse_study(parse_study(text).name) == parse_study(text)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("hull 9", "ema, sma, vwap"), ("ema", "1 to 400 bars"), ("ema 0", "1 to 400"),
        (f"sma {MAX_LENGTH + 1}", "1 to"),
        ("rsi ten", "1 to 400"), ("vwap 20", "no length"), ("macd 12 26 9", "no length"), ("ema ²", "1 to 400"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_study_is_said_with_what_is_allowed(text: str, allowed: str) -> None:
    with pytest.raises(ValueError, match=allowed):
        parse_study(text)
