"""The series keeps the newest bars in time order, exactly, in bounded memory."""

from decimal import Decimal
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.bars.bar import Bar
from core.bars.gaps import fill_gaps
from core.bars.lost_time import LostTime
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


@pytest.mark.parametrize(("lost_after_s", "drawn"), [(0, []), (59, []), (60, [2]), (150, [2, 3]), (None, [2, 3, 4, 5])])
def test_from_where_time_was_lost_a_gap_stays_one(lost_after_s: int | None, drawn: list[int]) -> None:
    begin_ns = 2 * Timeframe.M1.ns

    def first_lost_ns(from_ns: int, until_ns: int) -> int | None:
        assert (from_ns, until_ns) == (begin_ns, 6 * Timeframe.M1.ns)
        return None if lost_after_s is None else from_ns + lost_after_s * 1_000_000_000

    filled = fill_gaps([bar(1, 100), bar(6, 200), bar(7, 300)], first_lost_ns=first_lost_ns)
    assert [each.open_ns // Timeframe.M1.ns for each in filled] == [1, *drawn, 6, 7]


@given(st.lists(st.integers(1, 20), max_size=20), st.integers(0, 300), st.integers(1, 60))
def test_the_first_lost_moment_is_the_first_of_every_outage(steps: list[int], from_ns: int, length: int) -> None:
    """Compare with every single moment; an odd number of steps leaves an outage that goes on."""
    times = list(accumulate(steps))
    lost = LostTime()
    for place, at_ns in enumerate(times):
        (lost.begin if place % 2 == 0 else lost.end)(at_ns)
    spans = [times[place : place + 2] for place in range(0, len(times), 2)]
    moments = [
        at for at in range(from_ns, from_ns + length) if any(at >= span[0] and at < [*span, 10**6][1] for span in spans)
    ]
    assert lost.first_between(from_ns, from_ns + length) == (moments[0] if moments else None)


def test_an_outage_that_is_told_twice_began_the_first_time_and_one_that_ends_twice_ended_the_first_time() -> None:
    lost = LostTime()
    for at_ns, tell in ((5, lost.end), (10, lost.begin), (20, lost.begin), (30, lost.end), (40, lost.end)):
        tell(at_ns)
    assert [lost.first_between(at, 100) for at in (0, 15, 29, 30)] == [10, 15, 29, None]


def test_a_gap_of_years_is_filled_up_to_the_limit_only() -> None:
    filled = fill_gaps([bar(1), bar(3_000_000)], max_bars=50)
    assert len(filled) == 50
    assert filled[-1].open_ns == 3_000_000 * Timeframe.M1.ns


def test_an_unknown_timeframe_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(ValueError, match=r"'2m' is not one of 1s, 5s, 1m, 5m, 15m, 1h, 4h, 1d"):
        Timeframe.parse("2m")
    assert Timeframe.D1.open_ns_of(1_723_161_255_611_000_000) == 1_723_075_200_000_000_000
