"""The newest public trades, as a console is shown them."""

from decimal import Decimal

from core.io.virtual_loop import VirtualLoop
from core.market.tape import KEPT_TRADES
from core.state.desk import DeskRequest, PrintView
from core.types.market import FeedState
from tests.engine.rig import PERP, EngineRig, in_virtual_time
from tests.engine.venues import perpetual

NAME = f"{PERP}@v1"


def shown(rig: EngineRig, prints: int = 100) -> list[PrintView]:
    return rig.engine.desk(DeskRequest(tapes=(NAME,), prints=prints)).tapes[NAME]


def test_prints_come_newest_first_on_the_grid_with_the_venues_time_and_the_aggressors_side():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        assert rig.engine.desk(DeskRequest(tapes=(NAME, "nothing@nowhere", "nonsense"))).tapes == {NAME: []}
        rig.feed.trade(PERP, "100.1", 7, lots=25)
        first_ns = rig.clock.utc_ns()
        await rig.elapse(1)
        second_ns = rig.clock.utc_ns()
        rig.feed.trade(PERP, "99.9", 8, is_sold=True)
        assert shown(rig) == [
            PrintView(2, second_ns, 999, 1, "sell", False, False),
            PrintView(1, first_ns, 1001, 25, "buy", False, False),
        ]
        assert shown(rig, prints=1) == shown(rig)[:1]
        assert shown(rig, prints=0) == []
        assert rig.engine.desk(DeskRequest()).tapes == {}

    in_virtual_time(work)


def test_the_ring_keeps_the_newest_and_their_numbers_tell_how_many_fell_off():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        for number in range(KEPT_TRADES + 30):
            rig.feed.trade(PERP, "100", number)
        numbers = [each.number for each in shown(rig, prints=KEPT_TRADES)]
        assert numbers == list(range(KEPT_TRADES + 30, 30, -1))

    in_virtual_time(work)


def test_a_trade_told_twice_is_printed_once():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.feed.trade(PERP, "100", 7)
        rig.feed.trade(PERP, "100.1", 8)
        rig.feed.trade(PERP, "100", 7)
        assert [each.number for each in shown(rig)] == [2, 1]
        await rig.elapse(1)
        rig.feed.trade(PERP, "100", 7)  # the same two orders met again
        assert [each.price_ticks for each in shown(rig)] == [1000, 1001, 1000]

    in_virtual_time(work)


def test_prints_of_another_grid_are_gone_with_its_book():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.feed.trade(PERP, "100", 7)
        rig.engine.parts.market.add_instrument(perpetual("v1", tick_size=Decimal("0.5")))
        assert shown(rig) == []
        assert rig.engine.desk(DeskRequest(books=(NAME,))).books[NAME].last_ticks is None

    in_virtual_time(work)


def test_a_print_is_ours_where_a_fill_has_its_trade_id_and_not_where_a_fill_has_none():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        rig.feed.trade(PERP, "100.1", 8)
        rig.feeds["v2"].trade(PERP, "100.1", 7)
        rig.feed.trade(PERP, "100.1", 7)
        rig.venue.trade_id = 7
        await rig.place(quantity="1")
        assert [each.is_own for each in shown(rig)] == [True, False]
        rig.venue.trade_id = None
        await rig.place(quantity="1")
        assert [each.is_own for each in shown(rig)] == [True, False]
        other = f"{PERP}@v2"
        assert [each.is_own for each in rig.engine.desk(DeskRequest(tapes=(other,))).tapes[other]] == [False]

    in_virtual_time(work)


def test_the_first_print_after_a_lost_feed_says_that_some_may_be_missing():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        rig.feed.trade(PERP, "100.1", 1)
        rig.feeds["v2"].state(FeedState.DOWN, "connection lost")
        rig.feed.trade(PERP, "100.1", 2)
        rig.feed.state(FeedState.DOWN, "connection lost")
        rig.feed.state(FeedState.CONNECTING)
        rig.feed.state(FeedState.UP)
        rig.feed.state(FeedState.DOWN, "connection lost")
        rig.feed.state(FeedState.UP)
        rig.feed.trade(PERP, "100.1", 3)
        rig.feed.trade(PERP, "100.1", 4)
        assert [(each.number, each.after_cut) for each in shown(rig)] == [(4, False), (3, True), (2, False), (1, False)]

    in_virtual_time(work)
