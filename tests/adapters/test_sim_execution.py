"""Own orders at the simulated venues: queues, fills, rejects, latency, faults, restarts."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.sim.config import SimConfig, VenueConfig
from adapters.venue_desk.settings import Faults
from adapters.venue_store.store import VenueStore
from core.ports.venue import SendOutcome
from core.types.account import AccountReport
from core.types.instrument import InstrumentId
from core.types.order import Liquidity, Side, TimeInForce
from tests.adapters.sim_rig import Rig, Trader, only, with_rig

SPOT, PERP = "BTC/USDT", "BTC/USDT:USDT"
ACCEPTED, REJECTED, IN_DOUBT = SendOutcome.ACCEPTED, SendOutcome.REJECTED, SendOutcome.IN_DOUBT
CASH = Decimal(100_000)


def conserved(report: AccountReport, start: Decimal = CASH) -> bool:
    """Tell whether start + fills + fees + funding is the balance; what an open perpetual cost has not moved cash."""
    paid = sum((f.side.sign * f.price * f.quantity + f.fee for f in report.fills), Decimal(0))
    funding = sum((payment.amount for payment in report.funding), Decimal(0))
    open_cost = sum(
        (p.quantity * p.average_price for p in report.positions if ":" in p.instrument_id.symbol), Decimal(0)
    )
    return abs(report.balances[0].total - (start - paid + funding + open_cost)) < Decimal("1E-15")


def test_a_market_order_takes_the_book_it_meets_and_is_answered_after_both_latencies() -> None:
    async def buy(rig: Rig) -> None:
        sent_ns = rig.clock.utc_ns()
        result = await rig.trader("sim-a").send(SPOT, Side.BUY, "0.5")
        assert result.outcome is ACCEPTED
        latency = rig.market.config.venues["sim-a"].latency
        assert rig.clock.utc_ns() - sent_ns >= latency.entry_ns + latency.response_ns
        await asyncio.sleep(0.1)
        assert sum(fill.quantity for fill in rig.records.fills) == Decimal("0.5")
        assert all(fill.liquidity is Liquidity.TAKER for fill in rig.records.fills)
        prices = [fill.price for fill in rig.records.fills]
        assert prices == sorted(set(prices))
        statuses = rig.records.statuses_of("o1")
        assert (statuses[0], statuses[-1]) == ("open", "filled")
        report = await rig.market.execution("sim-a").account(0)
        assert report.fills == tuple(rig.records.fills)
        assert [p.quantity for p in report.positions] == [Decimal("0.5")]
        assert conserved(report)

    with_rig(only("sim-a", SPOT), buy)


def test_a_resting_order_stands_in_the_shown_book_and_is_filled_by_the_crowd_as_maker() -> None:
    async def quote(rig: Rig) -> None:
        trader = rig.trader("sim-a")
        price = rig.best("sim-a", SPOT, Side.BUY) - 5
        ticks = int(price)
        before = rig.book("sim-a", SPOT).lots_at(Side.BUY, ticks)
        assert (await trader.send(SPOT, Side.BUY, "0.321", price, post_only=True)).outcome is ACCEPTED
        queue = rig.market.book(InstrumentId("sim-a", SPOT)).matching
        assert queue.lots_ahead(1 << 40) == before
        await asyncio.sleep(0.06)
        assert rig.book("sim-a", SPOT).lots_at(Side.BUY, ticks) >= 321
        for _ in range(600):
            await asyncio.sleep(1)
            if rig.records.statuses_of("o1")[-1] == "filled":
                break
        assert rig.records.statuses_of("o1")[-1] == "filled"
        assert {(fill.price, fill.liquidity) for fill in rig.records.fills} == {(price, Liquidity.MAKER)}
        assert sum(fill.fee for fill in rig.records.fills) == price * Decimal("0.321") * Decimal("0.001")

    with_rig(only("sim-a", SPOT), quote)


def test_each_refusal_comes_back_with_its_reason_and_leaves_no_trace() -> None:
    async def refuse(rig: Rig) -> None:
        trader = rig.trader("sim-a")
        ask = rig.best("sim-a", PERP, Side.SELL)
        for terms, reason in [
            ({"quantity": "0.1", "price": ask + 50, "post_only": True}, "would have taken liquidity"),
            ({"quantity": "0.1", "price": ask, "reduce_only": True}, "no BTC/USDT:USDT position"),
            ({"quantity": "0.00001", "price": ask}, "lot size"),
            ({"quantity": "0.1", "price": ask + Decimal("0.5")}, "tick size"),
            ({"quantity": "90", "price": ask}, "insufficient USDT"),
            ({"quantity": "900"}, "insufficient USDT"),
        ]:
            result = await trader.send(PERP, Side.BUY, **terms)
            assert result.outcome is REJECTED
            assert reason in result.reason
        execution = rig.market.execution("sim-a")
        assert (await execution.cancel("never-sent", PERP)).outcome is REJECTED
        report = await execution.account(0)
        assert report.open_orders == ()
        assert report.balances[0].total == report.balances[0].free == CASH
        assert not rig.records.reports

    with_rig(only("sim-a", PERP), refuse)


def test_what_an_ioc_cannot_get_is_cancelled() -> None:
    async def take(rig: Rig) -> None:
        price = rig.best("sim-a", SPOT, Side.SELL) - 40
        result = await rig.trader("sim-a").send(SPOT, Side.BUY, "0.1", price, time_in_force=TimeInForce.IOC)
        assert result.outcome is ACCEPTED
        await asyncio.sleep(0.1)
        assert rig.records.statuses_of("o1") == ["open", "cancelled"]
        assert not rig.records.fills

    with_rig(only("sim-a", SPOT), take)


def test_own_orders_never_trade_with_each_other() -> None:
    async def cross(rig: Rig) -> None:
        trader = rig.trader("sim-a")
        bid = rig.best("sim-a", PERP, Side.BUY)
        await trader.send(PERP, Side.BUY, "1", bid + 1, post_only=True)
        await trader.send(PERP, Side.SELL, "0.5", bid - 3)
        await asyncio.sleep(0.05)
        assert "cancelled" in rig.records.statuses_of("o2")
        reasons = [r.reason for r in rig.records.reports if r.client_order_id == "o2" and r.reason]
        assert reasons == ["would have met an own resting order"]
        assert not [fill for fill in rig.records.fills if fill.client_order_id == "o2" and fill.price == bid + 1]

    with_rig(only("sim-a", PERP), cross)


def test_cancel_all_leaves_nothing_resting() -> None:
    async def cancel(rig: Rig) -> None:
        trader = rig.trader("sim-a")
        bid = rig.best("sim-a", SPOT, Side.BUY)
        for distance in (200, 300, 400):
            assert (await trader.send(SPOT, Side.BUY, "0.1", bid - distance)).outcome is ACCEPTED
        execution = rig.market.execution("sim-a")
        assert len((await execution.account(0)).open_orders) == 3
        assert (await execution.cancel("o2", SPOT)).outcome is ACCEPTED
        assert (await execution.cancel_all()).outcome is ACCEPTED
        report = await execution.account(0)
        assert report.open_orders == ()
        assert report.balances[0].free == CASH
        assert [rig.records.statuses_of(f"o{n}")[-1] for n in (1, 2, 3)] == ["cancelled"] * 3

    with_rig(only("sim-a", SPOT), cancel)


def test_a_reduce_only_order_closes_the_position_and_never_opens_one() -> None:
    async def close(rig: Rig) -> None:
        trader = rig.trader("sim-a")
        await trader.send(PERP, Side.SELL, "0.4")
        bid = rig.best("sim-a", PERP, Side.BUY)
        await trader.send(PERP, Side.BUY, "0.4", bid - 500, reduce_only=True)
        await trader.send(PERP, Side.BUY, "1", reduce_only=True)
        await asyncio.sleep(0.1)
        report = await rig.market.execution("sim-a").account(0)
        assert report.positions == ()
        assert report.open_orders == ()
        bought = sum(fill.quantity for fill in report.fills if fill.side is Side.BUY)
        assert bought == Decimal("0.4")
        assert rig.records.statuses_of("o2")[-1] == rig.records.statuses_of("o3")[-1] == "cancelled"
        assert conserved(report)

    with_rig(only("sim-a", PERP), close)


def test_an_order_that_uses_up_the_position_takes_reduce_only_orders_off_first() -> None:
    async def close(rig: Rig) -> None:
        trader = rig.trader("sim-a")
        await trader.send(PERP, Side.BUY, "0.4")
        ask = rig.best("sim-a", PERP, Side.SELL)
        await trader.send(PERP, Side.SELL, "0.4", ask + 900, reduce_only=True)
        await trader.send(PERP, Side.SELL, "0.3", ask + 1_000)
        await asyncio.sleep(0.03)
        assert rig.records.statuses_of("o2") == ["open", "cancelled"]
        assert rig.records.statuses_of("o3") == ["open"]

    with_rig(only("sim-a", PERP), close)


def test_funding_is_paid_at_the_end_of_each_interval_on_the_position_held_then() -> None:
    async def hold(rig: Rig) -> None:
        await rig.trader("sim-a").send(PERP, Side.BUY, "0.5")
        due_ns = rig.records.funding[InstrumentId("sim-a", PERP)].next_funding_ns
        await asyncio.sleep((due_ns - rig.clock.utc_ns()) / 1e9 - 2)
        assert not rig.records.payments
        rate = rig.records.funding[InstrumentId("sim-a", PERP)].rate
        await asyncio.sleep(4)
        (payment,) = rig.records.payments
        assert payment.rate == pytest.approx(rate, rel=0.02)
        mark = Decimal(repr(round(rig.records.marks[InstrumentId("sim-a", PERP)].mark, 6)))
        assert float(payment.amount) == pytest.approx(-0.5 * float(mark) * rate, rel=0.03)
        await asyncio.sleep(600)
        report = await rig.market.execution("sim-a").account(0)
        assert len(report.funding) == 2
        assert conserved(report)

    with_rig(only("sim-a", PERP, funding_interval_s=600), hold)


def test_after_a_crash_the_store_has_everything_and_orders_rejoin_behind_the_queue(tmp_path: Path) -> None:
    path = tmp_path / "venues.sqlite"

    @dataclass
    class Left:
        report: AccountReport | None = None

    left = Left()

    async def trade(rig: Rig) -> None:
        trader = rig.trader("sim-a")
        await trader.send(SPOT, Side.BUY, "0.3")
        await trader.send(PERP, Side.SELL, "0.3")
        bid = rig.best("sim-a", SPOT, Side.BUY)
        await trader.send(SPOT, Side.BUY, "0.2", bid - 30)
        left.report = await rig.market.execution("sim-a").account(0)

    async def look_again(rig: Rig) -> None:
        assert left.report is not None
        report = await rig.market.execution("sim-a").account(0)
        assert (report.balances[0].total, report.positions) == (left.report.balances[0].total, left.report.positions)
        assert (report.open_orders, report.fills) == (left.report.open_orders, left.report.fills)
        matching = rig.market.book(InstrumentId("sim-a", SPOT)).matching
        own_id = 1 << 40
        assert matching.lots_left(own_id) == 200
        price = report.open_orders[0].intent.limit_price
        assert price is not None
        at_price = [order.order_id for order in matching.orders_at(Side.BUY, int(price))]
        assert at_price[-1] == own_id
        again = await rig.trader("sim-a").send(SPOT, Side.BUY, "0.1", price)
        assert again.outcome is REJECTED
        assert "was used before" in again.reason
        assert (await rig.market.execution("sim-a").cancel("o3", SPOT)).outcome is ACCEPTED

    config = only("sim-a", SPOT, PERP)
    with_rig(config, trade, VenueStore(path))
    # The first store was never closed: what a killed process leaves is what its commits left.
    with_rig(config, look_again, VenueStore(path))


def faulty(symbol: str, **faults: float) -> SimConfig:
    plain = only("sim-a", symbol).venues["sim-a"]
    venue = VenueConfig(starting_cash=plain.starting_cash, faults=Faults(**faults))
    return only("sim-a", symbol, venues={"sim-a": venue})


def test_a_lost_answer_leaves_the_sender_in_doubt_while_the_order_lives_once() -> None:
    async def doubt(rig: Rig) -> None:
        bid = rig.best("sim-a", SPOT, Side.BUY)
        result = await rig.trader("sim-a").send(SPOT, Side.BUY, "0.1", bid - 900)
        assert result.outcome is IN_DOUBT
        report = await rig.market.execution("sim-a").account(0)
        assert [order.intent.client_order_id for order in report.open_orders] == ["o1"]
        assert rig.records.statuses_of("o1") == ["open"]

    with_rig(faulty(SPOT, response_lost=1.0), doubt)


def test_a_fill_reported_twice_carries_the_same_id_and_is_booked_once() -> None:
    async def buy(rig: Rig) -> None:
        await rig.trader("sim-a").send(SPOT, Side.BUY, "0.1")
        await asyncio.sleep(0.1)
        ids = [fill.fill_id for fill in rig.records.fills]
        assert len(ids) == 2 * len(set(ids))
        report = await rig.market.execution("sim-a").account(0)
        assert sum(fill.quantity for fill in report.fills) == Decimal("0.1")

    with_rig(faulty(SPOT, fill_duplicated=1.0), buy)


def test_a_connection_closed_while_an_order_is_under_way_leaves_it_in_doubt() -> None:
    async def close(rig: Rig) -> None:
        execution = rig.market.execution("sim-a")
        sending = asyncio.ensure_future(Trader(execution).send(SPOT, Side.BUY, "0.1"))
        await asyncio.sleep(0.001)
        await execution.stop()
        assert (await sending).outcome is IN_DOUBT
        assert (await Trader(execution, "late").send(SPOT, Side.BUY, "0.1")).outcome is REJECTED
        with pytest.raises(ConnectionError, match="not started"):
            await execution.account(0)

    with_rig(only("sim-a", SPOT), close)


def test_money_is_conserved_through_an_hour_of_random_trading() -> None:
    async def trade(rig: Rig) -> None:
        trader = rig.trader("sim-a")
        draw = 12345
        for _ in range(400):
            draw = (draw * 1_103_515_245 + 12_345) % 2**31
            symbol = (SPOT, PERP)[draw >> 8 & 1]
            side = (Side.BUY, Side.SELL)[draw >> 9 & 1]
            quantity = str(Decimal((draw >> 10) % 200 + 1) / 1000)
            price = rig.best("sim-a", symbol, side) + ((draw >> 18) % 7 - 3)
            await trader.send(symbol, side, quantity, None if draw >> 11 & 3 == 0 else price)
            await asyncio.sleep(draw % 17)
            if draw % 11 == 0:
                await rig.market.execution("sim-a").cancel_all()
        report = await rig.market.execution("sim-a").account(0)
        assert len(report.fills) > 200
        assert report.funding
        assert conserved(report)
        known = {fill.fill_id: fill for fill in rig.records.fills}
        assert known == {fill.fill_id: fill for fill in report.fills}
        held: dict[str, Decimal] = {}
        for fill in report.fills:
            held[fill.symbol] = held.get(fill.symbol, Decimal(0)) + fill.side.sign * fill.quantity
        assert {p.instrument_id.symbol: p.quantity for p in report.positions} == {s: q for s, q in held.items() if q}

    with_rig(only("sim-a", SPOT, PERP, funding_interval_s=600, step_ns=200_000_000), trade)
