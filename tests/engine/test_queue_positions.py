"""The lots ahead of own resting orders, as the desk shows them."""

import pytest

from core.control.commands import CancelOrder
from core.io.virtual_loop import VirtualLoop
from core.state.desk import DeskRequest, OwnLevel
from core.types.instrument import InstrumentId
from core.types.market import Trade
from tests.engine.rig import PERP, EngineRig, in_virtual_time
from tests.engine.test_amends import amend, resting

KEY = InstrumentId("v1", PERP)


def own(rig: EngineRig) -> list[OwnLevel]:
    snapshot = rig.engine.desk(DeskRequest(books=(str(KEY),)))
    return snapshot.books[str(KEY)].own


async def quote(rig: EngineRig, depth: str) -> None:
    rig.feed.quote(PERP, "99.9", "100.1", depth)
    await rig.settle()


def sold(rig: EngineRig, ticks: int, lots: int) -> None:
    now_ns = rig.clock.utc_ns()
    rig.engine.parts.market.trade(Trade(KEY, rig.next_trade_id(), ticks, lots, True, now_ns, now_ns))


def test_an_order_joins_behind_the_level_and_advances_with_trades_and_cancels():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await resting(rig, price="99.9")
        assert [level.ahead_lots for level in own(rig)] == [100_000]
        sold(rig, 999, 40_000)
        await rig.settle()
        assert own(rig)[0].ahead_lots == 60_000
        await quote(rig, "600")  # the same decrease, seen in the book
        assert own(rig)[0].ahead_lots == 60_000
        await quote(rig, "300")  # a cancel: nobody is behind
        assert own(rig)[0].ahead_lots == 30_000
        sold(rig, 998, 1)  # through the price
        await rig.settle()
        assert own(rig)[0].ahead_lots == 0
        await rig.crash()

    in_virtual_time(work)


def test_buys_of_others_take_nothing_from_the_queue_of_a_buy():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await resting(rig, price="99.9")
        rig.feed.trade(PERP, "99.9", rig.next_trade_id())  # bought, one lot
        await rig.settle()
        assert own(rig)[0].ahead_lots == 100_000
        await rig.crash()

    in_virtual_time(work)


def test_a_place_is_unknown_where_the_book_does_not_reach_or_was_not_valid():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await resting(rig, price="97")  # the feed shows one level
        await resting(rig, price="99.9")
        rig.feed.invalidate(PERP)
        await rig.settle()
        assert [level.ahead_lots for level in own(rig)] == [None, None]
        rig.feed.is_silent = False
        await quote(rig, "700")
        assert [level.ahead_lots for level in own(rig)] == [None, 70_000]
        await rig.crash()

    in_virtual_time(work)


def test_another_price_or_more_quantity_goes_to_the_end_and_less_keeps_its_place():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        name = await resting(rig, price="99.9", quantity="2")
        sold(rig, 999, 40_000)
        await rig.settle()
        await amend(rig, name, quantity="1")
        assert own(rig)[0].ahead_lots == 60_000
        await amend(rig, name, quantity="3")
        assert own(rig)[0].ahead_lots == 100_000
        await amend(rig, name, price="99.8")
        assert own(rig)[0].ahead_lots is None  # beyond what the feed shows
        await rig.execute(CancelOrder(client_order_id=name))
        await rig.settle()
        assert own(rig) == []
        await rig.crash()

    in_virtual_time(work)


async def with_depth(loop: VirtualLoop, depth: str) -> EngineRig:
    rig = await EngineRig(loop).start()
    await quote(rig, depth)
    return rig


@pytest.mark.parametrize("is_book_first", [False, True])
def test_an_order_that_is_amended_to_less_takes_nobody_out_of_its_way(is_book_first: bool):
    async def work(loop: VirtualLoop) -> None:
        rig = await with_depth(loop, "41")
        name = await resting(rig, price="99.9", quantity="10")
        await quote(rig, "51")
        rig.venue.latency_s = 0.4
        lowering = loop.create_task(amend(rig, name, quantity="2"))
        await rig.settle()
        if is_book_first:  # than the answer
            await quote(rig, "43")
        await lowering
        await quote(rig, "51" if not is_book_first else "43")  # something else of the book has changed
        await quote(rig, "43")
        assert own(rig)[0].ahead_lots == 4_100
        await quote(rig, "33")  # somebody else has cancelled
        assert own(rig)[0].ahead_lots == 3_100
        await rig.crash()

    in_virtual_time(work)


@pytest.mark.parametrize("way", ["cancelled", "ended by the venue", "moved", "cancelled, book first"])
def test_an_own_order_that_leaves_from_behind_another_moves_it_nowhere(way: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await with_depth(loop, "60")
        first = await resting(rig, price="99.9", quantity="1")
        await quote(rig, "61")
        behind = await resting(rig, price="99.9", quantity="10")
        await quote(rig, "71")
        match way:
            case "cancelled":
                await rig.execute(CancelOrder(client_order_id=behind))
            case "ended by the venue":
                rig.venue.expire(behind)
            case "moved":
                await amend(rig, behind, price="99.8")
            case _:
                rig.venue.latency_s = 0.4
                cancelling = loop.create_task(rig.execute(CancelOrder(client_order_id=behind)))
                await rig.settle()
                await quote(rig, "61")
                await cancelling
        await quote(rig, "61")
        assert {level.client_order_id: level.ahead_lots for level in own(rig)}[first] == 6_000
        await rig.crash()

    in_virtual_time(work)


def test_an_own_order_that_leaves_from_before_another_lets_it_forward_by_its_share():
    async def work(loop: VirtualLoop) -> None:
        rig = await with_depth(loop, "60")
        first = await resting(rig, price="99.9", quantity="10")
        await quote(rig, "70")
        await resting(rig, price="99.9", quantity="1")
        await quote(rig, "71")
        assert [level.ahead_lots for level in own(rig)] == [6_000, 7_000]
        await rig.execute(CancelOrder(client_order_id=first))
        await quote(rig, "61")
        assert [level.ahead_lots for level in own(rig)] == [6_000]
        await rig.crash()

    in_virtual_time(work)


def test_after_a_restart_nobody_knows_the_places():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await resting(rig, price="99.9")
        await rig.crash()
        again = await EngineRig(loop, world=rig).start()
        assert [level.ahead_lots for level in own(again)] == [None]
        await again.crash()

    in_virtual_time(work)
