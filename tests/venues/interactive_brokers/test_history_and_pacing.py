"""Bars in the engine's form within IB's pacing, and messages within its allowance."""

import asyncio
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_async import BarData

from adapters.interactive_brokers.connection import Connection
from adapters.interactive_brokers.history import bars_of, duration_of
from adapters.interactive_brokers.nightly_reset import during_reset
from adapters.interactive_brokers.settings import CommissionRule, InteractiveBrokersSettings
from adapters.interactive_brokers.wire import BarSaid, exact, exact_or_none, read_bar
from adapters.network.request_budget import Purpose
from core.bars.timeframe import Timeframe
from core.io.virtual_loop import VirtualClock, VirtualLoop
from core.ports.randomness import NoRandomness
from core.ports.venue import SendOutcome
from core.types.order import Side
from tests.venues.interactive_brokers.rig import HandClock, Rig, at_ns, order, trading

EPOCH_S = at_ns("2026-11-23T14:30:00") // 1_000_000_000


def row(begin_s: int, prices: str, volume: int = 100) -> BarSaid:
    opened, high, low, close = (Decimal(price) for price in prices.split())
    return BarSaid((EPOCH_S + begin_s) * 1_000_000_000, opened, high, low, close, volume, 3)


async def test_history_is_there_when_the_feed_has_started_and_the_running_bar_is_not():
    async with trading() as quiet:
        await quiet.stop()
        tws = quiet.tws
        tws.bars = [
            (EPOCH_S + 60 * minute, "150.1", "150.2", "150.0", "150.15", "1200", "150.1", 7) for minute in range(61)
        ]
        rig = Rig(tws, HandClock("2026-11-23T15:30:30"), history={Timeframe.M1: 50})
        await rig.start()
        bars = rig.history.bars(rig.book.instrument, Timeframe.M1, 500)
        assert len(bars) == 50
        newest = bars[-1]
        assert newest.open_ns == at_ns("2026-11-23T15:29:00")
        assert (newest.open_ticks, newest.high_ticks, newest.low_ticks, newest.close_ticks) == (
            15010, 15020, 15000, 15015,
        )  # fmt: skip
        assert (newest.volume_lots, newest.trade_count) == (1200, 7)
        assert rig.history.bars(rig.book.instrument, Timeframe.M5, 500) == ()
        (asked,) = tws.asked("20")
        assert asked[16:19] == ["1 min", "6 D", "1"]
        again = await rig.history.read(rig.feed.stocks[0], Timeframe.M1, 50)
        assert list(again) == list(bars)
        assert len(tws.asked("20")) == 1  # the same question within 15 s would break IB's pacing
        await rig.stop()
        await quiet.start()


class AheadClock(HandClock):
    ahead_ns = 0

    def monotonic_ns(self) -> int:
        return super().monotonic_ns() + self.ahead_ns


@pytest.mark.parametrize("after_a_cut", [False, True])
async def test_past_bars_are_read_again_every_so_often_and_after_a_new_connection(*, after_a_cut: bool):
    clock = AheadClock("2026-11-23T15:30:30")
    every_s = 3_600.0 if after_a_cut else 0.02
    async with trading(clock, history={Timeframe.M1: 50}, history_every_s=every_s) as rig:
        assert rig.history.bars(rig.book.instrument, Timeframe.M1, 50) == ()
        rig.tws.bars = [(EPOCH_S, "150.1", "150.2", "150.0", "150.15", "1200", "150.1", 7)]
        clock.ahead_ns = 16_000_000_000  # the same question sooner would break IB's pacing
        if after_a_cut:
            rig.tws.cut()
        async with asyncio.timeout(20):
            while not rig.history.bars(rig.book.instrument, Timeframe.M1, 50):  # noqa: ASYNC110 # nobody tells of it
                await asyncio.sleep(0)


async def test_bars_of_a_timeframe_that_nobody_has_configured_are_read_once_they_are_asked_for():
    async with trading(history={Timeframe.M1: 50}) as rig:
        instrument = rig.book.instrument
        assert list(rig.history.renewed()) == [(instrument.id, Timeframe.M1)]
        rig.tws.bars = [
            (EPOCH_S + 300 * n, "150.1", "150.2", "150.0", "150.15", "1200", "150.1", 7) for n in range(3)
        ]  # fmt: skip
        assert rig.history.bars(instrument, Timeframe.M5, 500) == ()
        async with asyncio.timeout(20):
            while not rig.history.bars(instrument, Timeframe.M5, 500):  # noqa: ASYNC110 # nobody tells of it
                await asyncio.sleep(0)
        assert rig.tws.asked("20")[-1][16] == "5 mins"
        assert (instrument.id, Timeframe.M5) in rig.history.renewed()
        assert list(rig.history.renewed()) == []


async def test_hours_are_made_of_bars_that_begin_on_the_hour():
    async with trading() as rig:
        rows = [
            row(0, "10 12 9 11"),
            row(1_800, "11 13 10 12", 50),
            row(3_600, "12 12 8 9"),
        ]  # 14:30, 15:00 and 15:30 in UTC
        bars = bars_of(rig.book.instrument, Timeframe.H1, rows, at_ns("2026-11-23T16:00:00"))
        assert [bar.open_ns for bar in bars] == [at_ns("2026-11-23T14:00:00"), at_ns("2026-11-23T15:00:00")]
        second = bars[1]
        assert (second.open_ticks, second.high_ticks, second.low_ticks, second.close_ticks, second.volume_lots) == (
            1100, 1300, 800, 900, 150,
        )  # fmt: skip


def test_a_day_is_named_by_its_date_and_a_minute_by_its_second():
    day = read_bar(BarData(date="20261120", open=1.0, high=2.0, low=1.0, close=2.0, volume=-1, barCount=-1))
    assert (day.begin_ns, day.volume, day.trades) == (at_ns("2026-11-20T00:00:00"), 0, 0)
    assert read_bar(BarData(date=str(EPOCH_S))).begin_ns == EPOCH_S * 1_000_000_000


@pytest.mark.parametrize(
    ("timeframe", "count", "duration"),
    [
        (Timeframe.S5, 10, "60 S"), (Timeframe.S5, 9_000, "7200 S"), (Timeframe.M1, 500, "7 D"),
        (Timeframe.D1, 20, "32 D"), (Timeframe.D1, 500, "2 Y"),
    ],
)  # fmt: skip
def test_enough_is_asked_for_and_no_more_than_ib_gives(timeframe: Timeframe, count: int, duration: str):
    assert duration_of(timeframe, count) == duration


def in_virtual_time(coroutine: Coroutine[Any, Any, None]) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(coroutine)
    finally:
        loop.close()


def test_no_second_has_more_than_45_messages_and_cancels_have_their_share():
    async def play() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        budget = Connection(InteractiveBrokersSettings(symbols=("NVDA",)), VirtualClock(loop), NoRandomness()).budget
        sent_s: list[float] = []
        for _ in range(300):
            await budget.take(1, Purpose.CANCEL)
            sent_s.append(loop.time())
        assert max(sum(start <= sent < start + 1 for sent in sent_s) for start in sent_s) <= 45
        await loop.elapse(10)
        orders = sum(budget.try_take(1, Purpose.ORDER) for _ in range(45))
        cancels = sum(budget.try_take(1, Purpose.CANCEL) for _ in range(45))
        assert (orders, cancels) == (17, 5)

    in_virtual_time(play())


async def test_an_order_beyond_the_allowance_is_refused_and_a_closing_one_is_not():
    async with trading(messages_per_s=22.0) as rig:
        await rig.execution.submit(order("s1-0", Side.BUY, 10, "150.12"))
        await rig.execution.account(0)
        while rig.connection.budget.try_take(1, Purpose.ORDER):
            pass
        refused = await rig.execution.submit(order("s1-1", Side.BUY, 1, "150.12"))
        assert (refused.outcome, refused.reason) == (
            SendOutcome.REJECTED,
            "not sent: the allowance of messages to TWS is used up for the moment",
        )
        closing = await rig.execution.submit(order("s1-2", Side.SELL, 10, "150.10", reduce_only=True))
        assert closing.outcome is SendOutcome.ACCEPTED


@given(st.decimals(min_value="0.0001", max_value="99999", places=4))
def test_a_number_comes_through_ibs_floats_unchanged(number: Decimal):
    assert exact(float(number)) == number


@pytest.mark.parametrize("unset", [1.7976931348623157e308, float("nan"), float("inf")])
def test_ibs_sign_for_no_number_is_none(unset: float):
    assert exact_or_none(unset) is None
    with pytest.raises(ValueError, match="where a number is needed"):
        exact(unset)


@pytest.mark.parametrize(
    ("price", "quantity", "fee"), [("150", 10, "1"), ("150", 1_000, "5.000"), ("0.20", 100, "0.20"), ("50", 1, "0.50")]
)
def test_the_price_list_has_a_least_and_a_most(price: str, quantity: int, fee: str):
    assert CommissionRule().estimate(Decimal(price), Decimal(quantity)) == Decimal(fee)


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-11-24T04:44:59", False),  # New York is five hours behind in winter
        ("2026-11-24T04:45:00", True),
        ("2026-11-24T05:44:59", True),
        ("2026-11-24T05:45:00", False),
        ("2026-07-01T04:00:00", True),  # and four in summer
    ],
)
def test_the_nightly_reset_is_known(moment: str, inside: bool):
    assert during_reset(at_ns(moment)) is inside
