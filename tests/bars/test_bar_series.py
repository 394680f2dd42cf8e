"""The series keeps the newest bars in time order, exactly, in bounded memory."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.bars.bar import Bar
from core.bars.gaps import fill_gaps
from core.bars.series import BarSeries
from core.bars.timeframe import Timeframe
from core.types.instrument import AssetType, Instrument

ETH = Instrument(
    venue="sim-a", symbol="ETH/USDT", venue_symbol="ETHUSDT", asset_type=AssetType.CRYPTO_SPOT, base="ETH",
    quote="USDT", tick_size=Decimal("0.01"), lot_size=Decimal("0.0001"), min_quantity=Decimal("0.0001"),
    min_notional=Decimal(5),
)  # fmt: skip


def bar(minute: int, close: int = 100, *, is_complete: bool = True, revision: int = 0) -> Bar:
    return Bar(
        instrument_id=ETH.id, timeframe=Timeframe.M1, open_ns=minute * Timeframe.M1.ns, open_ticks=close - 1,
        high_ticks=close + 2, low_ticks=close - 2, close_ticks=close, volume_lots=7, buy_lots=3, trade_count=2,
        revision=revision, is_complete=is_complete,
    )  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), max_size=80), st.integers(1, 8))
def test_a_series_equals_a_sorted_list_cut_to_its_capacity(minutes: list[int], capacity: int) -> None:
    series = BarSeries(ETH, Timeframe.M1, capacity)
    model: dict[int, Bar] = {}
    for number, minute in enumerate(minutes):
        given_bar = bar(minute, 100 + number)
        is_full = len(model) == capacity
        if not (is_full and minute < min(model)):
            model[minute] = given_bar
            model = dict(sorted(model.items())[-capacity:])
        series.put(given_bar)
    assert series.bars() == list(model.values())
    assert series.last() == (list(model.values()) or [None])[-1]
    assert series.closes().tolist() == [each.close_ticks / 100 for each in model.values()]


def test_prices_are_the_floats_nearest_to_the_exact_price() -> None:
    series = BarSeries(ETH, Timeframe.M1)
    series.put(bar(1, 268_381))
    assert series.columns()[:, 0].tolist() == [2683.8, 2683.83, 2683.79, 2683.81, 0.0007]


def test_views_cannot_be_written() -> None:
    series = BarSeries(ETH, Timeframe.M1)
    series.put(bar(1))
    for view in (series.closes(), series.columns(), series.open_times_ns()):
        with pytest.raises(ValueError, match="read-only"):
            view[...] = 0


def test_an_incomplete_bar_does_not_replace_a_complete_one() -> None:
    series = BarSeries(ETH, Timeframe.M1)
    series.put(bar(1, 100))
    series.put(bar(1, 999, is_complete=False))
    assert [each.close_ticks for each in series.bars()] == [100]


def test_history_goes_before_live_bars_and_repairs_incomplete_ones() -> None:
    series = BarSeries(ETH, Timeframe.M1)
    series.put(bar(3, 300, is_complete=False))
    series.put(bar(4, 400))
    series.preload([bar(1, 11), bar(2, 22), bar(3, 33), bar(4, 44)])
    assert [each.close_ticks for each in series.bars()] == [11, 22, 33, 400]


def test_a_bar_of_another_series_is_refused() -> None:
    series = BarSeries(ETH, Timeframe.M5)
    with pytest.raises(ValueError, match="does not belong into the 5m series"):
        series.put(bar(1))


def test_gaps_are_filled_with_flat_bars_only_for_who_asks() -> None:
    filled = fill_gaps([bar(1, 100), bar(4, 200)])
    assert [(each.open_ns // Timeframe.M1.ns, each.close_ticks, each.volume_lots) for each in filled] == [
        (1, 100, 7), (2, 100, 0), (3, 100, 0), (4, 200, 7),
    ]  # fmt: skip
    assert {each.open_ticks for each in filled[1:3]} == {100}


def test_a_gap_of_years_is_filled_up_to_the_limit_only() -> None:
    filled = fill_gaps([bar(1), bar(3_000_000)], max_bars=50)
    assert len(filled) == 50
    assert filled[-1].open_ns == 3_000_000 * Timeframe.M1.ns


def test_an_unknown_timeframe_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(ValueError, match=r"'2m' is not one of 1s, 5s, 1m, 5m, 15m, 1h, 4h, 1d"):
        Timeframe.parse("2m")
    assert Timeframe.D1.open_ns_of(1_723_161_255_611_000_000) == 1_723_075_200_000_000_000
