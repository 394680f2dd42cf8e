"""Indicators equal TradingView's exported values and, computed exactly, their own definitions."""

import csv
import math
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from core.indicators.bollinger import bollinger
from core.indicators.deviation import deviation
from core.indicators.exponential import ema, rma
from core.indicators.rsi import rsi, rsi_simple
from core.indicators.sma import sma
from tests.recordings import recording

TRADINGVIEW = recording("").parent / "indicators"
HAS_TRADINGVIEW = (TRADINGVIEW / "ma.csv").is_file()
needs_tradingview = pytest.mark.skipif(not HAS_TRADINGVIEW, reason="no TradingView values beside the recordings")

Floats = NDArray[np.float64]


def column(file: str, name: str) -> Floats:
    with (TRADINGVIEW / file).open() as lines:
        return np.array([float(row[name]) for row in csv.DictReader(lines)])


def price(file: str, name: str) -> Floats:
    opened, high, low, close = (column(file, each) for each in ("open", "high", "low", "close"))
    match name:
        case "hl2":
            return (high + low) / 2
        case "hlc3":
            return (high + low + close) / 3
        case "ohlc4":
            return (opened + high + low + close) / 4
        case "hlcc4":
            return (high + low + 2 * close) / 4
        case _:
            return column(file, name)


@needs_tradingview
@pytest.mark.parametrize(
    ("file", "source", "length", "average", "name"),
    [
        ("ma.csv", "close", 10, sma, "ta.sma(close, 10)"),
        ("ma.csv", "hl2", 20, sma, "ta.sma(hl2, 20)"),
        ("ma.csv", "hlc3", 15, sma, "ta.sma(hlc3, 15)"),
        ("ma.csv", "close", 20, ema, "ta.ema(close, 20)"),
        ("ma.csv", "ohlc4", 10, ema, "ta.ema(ohlc4, 10)"),
        ("ma.csv", "hlcc4", 5, rma, "ta.rma(hlcc4, 5)"),
        ("ma.csv", "high", 15, rma, "ta.rma(high, 15)"),
        ("mfi+rsi+stoch.csv", "close", 14, rsi, "ta.rsi(close, 14)"),
    ],
)
def test_averages_and_rsi_equal_tradingview(file: str, source: str, length: int, average, name: str) -> None:
    np.testing.assert_allclose(average(price(file, source), length), column(file, name), rtol=1e-12)


@needs_tradingview
def test_bollinger_bands_equal_tradingview() -> None:
    close = column("bb.csv", "close")
    bands = bollinger(close, 20, 2.0)
    for band, name in ((bands.middle, "base"), (bands.upper, "upper"), (bands.lower, "lower")):
        # TradingView's deviation is the less exact one here: ours is compared with exact fractions below.
        np.testing.assert_allclose(band, column("bb.csv", f"ta.bb(close, 20, 2).{name}"), rtol=1e-11)
    np.testing.assert_allclose(
        100 * 2 * 2.1 * deviation(close, 20) / sma(close, 20), column("bb.csv", "ta.bbw(close, 20, 2.1)"), rtol=1e-9
    )


def exact_windows(values: Floats, length: int) -> list[list[Fraction]]:
    exact = [Fraction(value) for value in values.tolist()]
    return [exact[end - length : end] for end in range(length, len(exact) + 1)]


def exact_variance(window: list[Fraction]) -> Fraction:
    middle = sum(window) / len(window)
    return sum((value - middle) ** 2 for value in window) / len(window)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
@pytest.mark.parametrize("length", [1, 2, 7, 20])
def test_mean_and_deviation_stay_exact_to_the_last_digits_over_thousands_of_values(length: int, scale: float) -> None:
    chance = np.random.default_rng(11)
    values = scale * (60_000 + np.cumsum(chance.normal(size=3_000)))
    windows = exact_windows(values, length)
    means = [float(sum(window) / length) for window in windows]
    deviations = [math.sqrt(exact_variance(window)) for window in windows]
    np.testing.assert_allclose(sma(values, length)[length - 1 :], means, rtol=1e-15)
    np.testing.assert_allclose(deviation(values, length)[length - 1 :], deviations, rtol=1e-9, atol=0)


def test_a_wild_value_leaves_no_trace_once_it_has_left_the_window() -> None:
    calm = np.full(40, 0.1)
    wild = np.concatenate([calm, [1e15], calm])
    assert (sma(wild, 10)[51:] == 0.1).all()
    assert (deviation(wild, 10)[51:] == 0.0).all()


def test_the_simple_rsi_equals_its_definition() -> None:
    values = np.array([44.0, 44.5, 43.75, 44.25, 45.0, 44.0, 43.5, 44.75, 44.75, 46.0])
    changes = np.diff(values)
    expected = [np.nan] * 4
    for end in range(4, len(values)):
        window = changes[end - 4 : end]
        gain, loss = window.clip(min=0).mean(), -window.clip(max=0).mean()
        expected.append(100 - 100 / (1 + gain / loss) if loss else 100.0)
    np.testing.assert_allclose(rsi_simple(values, 4), expected, rtol=1e-14)


@pytest.mark.parametrize("index", [rsi, rsi_simple])
def test_rsi_is_100_without_losses_and_0_without_gains(index) -> None:
    assert index(np.arange(1.0, 9.0), 3)[3:].tolist() == [100.0] * 5
    assert index(np.arange(9.0, 1.0, -1.0), 3)[3:].tolist() == [0.0] * 5
    assert index(np.full(8, 5.0), 3)[3:].tolist() == [100.0] * 5


@pytest.mark.parametrize(
    ("indicator", "first"), [(sma, 4), (ema, 4), (rma, 4), (deviation, 4), (rsi, 5), (rsi_simple, 5)]
)
def test_the_first_value_comes_when_the_indicator_is_warm_and_never_before(indicator, first: int) -> None:
    values = indicator(np.linspace(1.0, 2.0, 12), 5)
    assert np.isnan(values[:first]).all()
    assert np.isfinite(values[first:]).all()


@pytest.mark.parametrize("indicator", [sma, ema, rma, deviation, rsi, rsi_simple])
def test_a_missing_value_gives_nan_and_is_otherwise_as_if_it_had_not_been(indicator) -> None:
    values = np.array([1.0, 2.0, 4.0, 3.0, 5.0, 6.0, 4.0])
    with_holes = np.array([np.nan, 1.0, 2.0, np.inf, 4.0, 3.0, np.nan, 5.0, -np.inf, 6.0, 4.0])
    missing = ~np.isfinite(with_holes)
    found = indicator(with_holes, 3)
    assert np.isnan(found[missing]).all()
    assert found[~missing].tobytes() == indicator(values, 3).tobytes()


@pytest.mark.parametrize("indicator", [sma, ema, rma, deviation, rsi, rsi_simple])
def test_a_length_below_one_and_a_table_are_refused(indicator) -> None:
    with pytest.raises(ValueError, match="length 0 is not allowed"):
        indicator([1.0], 0)
    with pytest.raises(ValueError, match=r"not an array of shape \(1, 1\)"):
        indicator([[1.0]], 1)


def test_an_empty_series_gives_an_empty_series() -> None:
    assert sma([], 3).shape == (0,)
