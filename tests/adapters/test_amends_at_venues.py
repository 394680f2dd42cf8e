"""Amends at the simulated and the paper venue: what keeps its place, what loses it, and what is refused."""

import asyncio
from decimal import Decimal

import pytest

from core.ports.venue import AmendSupport, SendOutcome
from core.types.instrument import InstrumentId
from core.types.order import Side
from tests.adapters.sim_rig import Rig, only, with_rig
from tests.adapters.test_paper_execution import PaperRig, with_paper

SPOT, PERP = "BTC/USDT", "BTC/USDT:USDT"
ACCEPTED, REJECTED = SendOutcome.ACCEPTED, SendOutcome.REJECTED
OWN_ID = 1 << 40


def test_less_quantity_at_its_price_keeps_the_place_in_the_queue_and_more_loses_it() -> None:
    async def amend(rig: Rig) -> None:
        trader, queue = rig.trader("sim-a"), rig.market.book(InstrumentId("sim-a", SPOT)).matching
        price = rig.best("sim-a", SPOT, Side.BUY) - 1000
        await trader.send(SPOT, Side.BUY, "0.3", price)
        await rig.trader("sim-a", "p").send(SPOT, Side.BUY, "0.2", price)
        ahead = queue.lots_ahead(OWN_ID)
        assert (await trader.amend("o1", price, "0.1")).outcome is ACCEPTED
        assert (queue.lots_ahead(OWN_ID), queue.lots_left(OWN_ID)) == (ahead, 100)
        assert (await trader.amend("o1", price, "0.4")).outcome is ACCEPTED
        assert ahead is not None
        assert queue.lots_ahead(OWN_ID) == ahead + 200
        assert queue.lots_left(OWN_ID) == 400
        report = await trader.execution.account(0)
        assert sorted(o.intent.quantity for o in report.open_orders) == [Decimal("0.2"), Decimal("0.4")]

    with_rig(only("sim-a", SPOT), amend)


def test_another_price_moves_the_order_and_its_cash() -> None:
    async def amend(rig: Rig) -> None:
        trader, queue = rig.trader("sim-a"), rig.market.book(InstrumentId("sim-a", SPOT)).matching
        price = rig.best("sim-a", SPOT, Side.BUY) - 1000
        await trader.send(SPOT, Side.BUY, "0.3", price)
        result = await trader.amend("o1", price + 7, "0.3")
        assert result.outcome is ACCEPTED
        assert queue.lots_left(OWN_ID) == 300
        report = await trader.execution.account(0)
        assert [o.intent.limit_price for o in report.open_orders] == [price + 7]
        cost = (price + 7) * Decimal("0.3") * Decimal("1.001")
        assert report.balances[0].total - report.balances[0].free == cost
        await trader.execution.cancel("o1", SPOT)
        report = await trader.execution.account(0)
        assert report.balances[0].total == report.balances[0].free

    with_rig(only("sim-a", SPOT), amend)


def test_amend_that_reaches_the_other_side_takes_and_a_post_only_one_is_refused_and_stays() -> None:
    async def amend(rig: Rig) -> None:
        trader = rig.trader("sim-a")
        price, ask = rig.best("sim-a", PERP, Side.BUY) - 1000, rig.best("sim-a", PERP, Side.SELL)
        await trader.send(PERP, Side.BUY, "0.05", price, post_only=True)
        result = await trader.amend("o1", ask + 50, "0.05")
        assert (result.outcome, "taken liquidity" in result.reason) == (REJECTED, True)
        await trader.send(PERP, Side.BUY, "0.05", price)
        assert (await trader.amend("o2", ask + 50, "0.05")).outcome is ACCEPTED
        await asyncio.sleep(0.2)
        assert sum(fill.quantity for fill in rig.records.fills) == Decimal("0.05")
        assert rig.records.statuses_of("o2")[-1] == "filled"
        report = await trader.execution.account(0)
        assert [(o.intent.client_order_id, o.intent.limit_price) for o in report.open_orders] == [("o1", price)]

    with_rig(only("sim-a", PERP), amend)


@pytest.mark.parametrize(
    ("price_offset", "quantity", "reason"),
    [("0", "0.00001", "lot size"), ("0.3", "0.1", "tick size"), ("0", "900", "insufficient"), ("0", "0.2", None)],
)
def test_each_amend_is_judged_as_an_order_would_be(price_offset: str, quantity: str, reason: str | None) -> None:
    async def amend(rig: Rig) -> None:
        trader = rig.trader("sim-a")
        price = rig.best("sim-a", PERP, Side.BUY) - 1000
        await trader.send(PERP, Side.BUY, "0.1", price)
        result = await trader.amend("o1", price + Decimal(price_offset), quantity)
        assert (result.outcome is REJECTED) == (reason is not None)
        assert reason is None or reason in result.reason
        assert trader.execution.amend_support is AmendSupport.NATIVE
        await trader.execution.cancel("o1", PERP)
        assert (await trader.amend("o1", price, "0.2")).reason == "unknown order o1"

    with_rig(only("sim-a", PERP), amend)


def test_a_reduce_only_amend_never_stands_for_more_than_the_position() -> None:
    async def amend(rig: Rig) -> None:
        trader = rig.trader("sim-a")
        await trader.send(PERP, Side.BUY, "0.1")
        price = rig.best("sim-a", PERP, Side.SELL) + 1000
        await trader.send(PERP, Side.SELL, "0.05", price, reduce_only=True)
        assert "to close" in (await trader.amend("o2", price, "0.5")).reason
        assert (await trader.amend("o2", price, "0.1")).outcome is ACCEPTED
        assert rig.market.book(InstrumentId("sim-a", PERP)).matching.lots_left(OWN_ID + 1) == 100

    with_rig(only("sim-a", PERP), amend)


def test_a_paper_order_keeps_or_loses_its_place_like_a_real_one() -> None:
    async def amend(rig: PaperRig) -> None:
        rig.show({60_000: 500}, {60_010: 500})
        await rig.trader.send(PERP, Side.BUY, "0.3", "60000")
        await asyncio.sleep(0.05)
        rig.show({60_000: 900}, {60_010: 500})  # 400 lots joined behind
        assert (await rig.trader.amend("o1", "60000", "0.2")).outcome is ACCEPTED
        matcher = rig.paper._matchers[PERP]
        assert matcher.lots_ahead(OWN_ID) == 500
        assert (await rig.trader.amend("o1", "60000", "0.3")).outcome is ACCEPTED
        assert matcher.lots_ahead(OWN_ID) == 900
        rig.print_trade(60_000, 1_050, Side.SELL)
        await asyncio.sleep(0.05)
        assert [fill.quantity for fill in rig.records.fills] == [Decimal("0.15")]
        result = await rig.trader.amend("o1", "60000", "0.15")
        assert (result.outcome, "filled already" in result.reason) == (REJECTED, True)
        rig.book.invalidate("gap", rig.clock.utc_ns())
        assert "book invalid" in (await rig.trader.amend("o1", "60000", "0.2")).reason

    with_paper(amend)
