"""Every limit that can refuse an order shows how much room is left."""

from decimal import Decimal

from core.io.virtual_loop import VirtualLoop
from core.state.monitoring import LimitUse
from tests.engine.rig import EngineRig, in_virtual_time

D = Decimal


def rows(rig: EngineRig) -> dict[str, LimitUse]:
    return {each.name: each for each in rig.engine.monitoring().risk.limits}


def test_rates_venue_sums_and_the_reserve_pool_are_rows_of_remaining_room():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        limits = rig.limits
        before = rows(rig)
        assert (before["orders"].used, before["messages v1"].used) == (0, 0)
        await rig.place(quantity="3")
        await rig.place(quantity="1", price="95")
        now = rows(rig)
        assert (now["orders"].limit, now["orders"].used) == (limits.order_rate_per_s, 2)
        assert now["orders"].left == limits.order_rate_per_s - 2
        assert (now["messages v1"].used, now["messages v2"].used) == (2, 0)
        assert now["new messages v1"].left == limits.message_rate_per_s - limits.cancel_reserve_per_s - 2
        assert (now["gross v1"].limit, now["gross v1"].used) == (limits.max_venue_gross_usd, 400)
        assert (now["net v1"].limit, now["net v1"].used) == (limits.max_venue_net_usd, 400)
        assert (now["gross v2"].used, now["net v2"].used) == (0, 0)
        assert now["reserve v1"].used == 0
        limit = now["reserve v1"].limit
        assert limit is not None
        assert D(9_900) < limit <= 10_000
        await rig.elapse(2)
        assert (rows(rig)["orders"].used, rows(rig)["messages v1"].used) == (0, 0)

    in_virtual_time(work)


def test_an_account_that_owes_more_than_it_has_leaves_no_room_to_invest():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop, cash="-200")
        rig.venue.positions["BTC/USDT:USDT"] = D(10)
        await rig.start()
        assert rig.engine.monitoring().global_.equity_usd == -200
        invested = rows(rig)["invested"]
        assert (invested.left, invested.used) == (0, rig.limits.max_invested_pct)
        empty = await EngineRig(loop, cash="-200").start()
        assert (rows(empty)["invested"].left, rows(empty)["invested"].used) == (None, None)

    in_virtual_time(work)
