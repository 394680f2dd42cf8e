"""What a feed's trouble does to bars, to the log and to what may be traded."""

from core.bars.timeframe import Timeframe
from core.engine.pump import MAX_WAITING_TRADES
from core.io.virtual_loop import VirtualLoop
from core.state.desk import DeskRequest
from core.types.instrument import InstrumentId
from core.types.market import FeedState
from tests.engine.rig import PERP, EngineRig, in_virtual_time

BTC = InstrumentId("v1", PERP)
MINUTE_NS = Timeframe.M1.ns


def completeness(rig: EngineRig) -> list[bool]:
    series = rig.engine.parts.bars.series(BTC, Timeframe.M1)
    assert series is not None
    return [bar.is_complete for bar in series.bars()]


async def trade_each_second(rig: EngineRig, seconds: int) -> None:
    for _ in range(seconds):
        rig.feed.trade(PERP, "100", rig.next_trade_id())
        await rig.elapse(1)


def test_bars_of_an_outage_are_not_complete_and_later_ones_are_again():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.engine.parts.bars.watch(BTC, Timeframe.M1)
        await trade_each_second(rig, 130)
        before = len(completeness(rig))
        rig.feed.state(FeedState.DOWN, "connection lost")
        await rig.elapse(5)
        rig.feed.state(FeedState.UP)
        await trade_each_second(rig, 180)
        after = completeness(rig)[before:]
        assert after[0] is False
        assert after[1:] == [True] * (len(after) - 1)
        assert "warning feed: v1 is down: connection lost" in rig.log()
        assert rig.log().count("feed: v1 is up") == 2

    in_virtual_time(work)


def test_a_bar_that_an_outage_cuts_short_is_not_complete_though_it_ended_before_the_feed_was_back():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.engine.parts.bars.watch(BTC, Timeframe.M1)
        await trade_each_second(rig, 150)
        rig.feed.state(FeedState.DOWN, "connection lost")
        await rig.elapse(120)
        assert completeness(rig)[-2:] == [True, False]

    in_virtual_time(work)


def shown(rig: EngineRig) -> list[tuple[int, float, bool]]:
    """Return the chart's bars: which minute, volume, and whether nothing of it is missing."""
    chart = rig.engine.desk(DeskRequest(chart=str(BTC), timeframe="1m")).chart
    assert chart is not None
    return [(bar.open_ns // MINUTE_NS, bar.volume, bar.is_whole) for bar in chart.bars]


def test_an_outage_is_no_quiet_market_in_the_chart():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        shown(rig)
        await trade_each_second(rig, 150)
        rig.feed.state(FeedState.DOWN, "connection lost")
        down_ns = rig.clock.utc_ns()
        await rig.elapse(600)
        rig.feed.state(FeedState.UP)
        await trade_each_second(rig, 100)
        bars = shown(rig)
        minutes = [minute for minute, _, _ in bars]
        cut = minutes.index(down_ns // MINUTE_NS)
        assert minutes[cut + 1] - minutes[cut] == 10
        assert all(volume > 0 for _, volume, _ in bars)
        assert [is_whole for _, _, is_whole in bars[cut - 1 : cut + 2]] == [True, False, False]

    in_virtual_time(work)


def test_the_night_of_a_closed_market_is_quiet_and_not_lost():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        shown(rig)
        await trade_each_second(rig, 70)
        rig.feed.state(FeedState.CLOSED, "until tomorrow")
        await rig.elapse(600)
        rig.feed.state(FeedState.UP)
        await trade_each_second(rig, 5)
        minutes = [minute for minute, _, _ in shown(rig)]
        assert minutes == [*range(minutes[0], minutes[-1] + 1)]
        assert len(minutes) > 10

    in_virtual_time(work)


def test_trades_left_out_in_a_burst_are_said_and_their_bar_is_not_complete():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.engine.parts.bars.watch(BTC, Timeframe.M1)
        await trade_each_second(rig, 130)
        before = len(completeness(rig))
        for _ in range(MAX_WAITING_TRADES + 7):
            rig.feed.trade(PERP, "100", rig.next_trade_id())
        await rig.settle()
        await trade_each_second(rig, 130)
        assert "v1: 7 public trades were left out" in rig.log()
        assert completeness(rig)[before] is False

    in_virtual_time(work)
