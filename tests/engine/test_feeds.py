"""What a feed's trouble does to bars, to the log and to what may be traded."""

from core.bars.timeframe import Timeframe
from core.engine.pump import MAX_WAITING_TRADES
from core.io.virtual_loop import VirtualLoop
from core.types.instrument import InstrumentId
from core.types.market import FeedState
from tests.engine.rig import PERP, EngineRig, in_virtual_time

BTC = InstrumentId("v1", PERP)


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
