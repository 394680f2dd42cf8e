"""Orders at the loopback venue: their lives, their fills, and what is known when answers are lost."""

import asyncio
from decimal import Decimal

import pytest
from aiohttp import web

from adapters.coinbase.endpoints import TradingSettings
from adapters.coinbase.signed_rest import SignedRest
from adapters.coinbase.signing import Signer
from adapters.network.request_budget import Purpose
from adapters.network.transport import NetworkTransport
from core.io.virtual_loop import VirtualLoop
from core.ports.randomness import NoRandomness
from core.ports.venue import AmendSupport, SendOutcome
from core.types.order import Liquidity, Side, TimeInForce
from tests.adapters.coinbase.rig import OURS, WallClock, credentials, key_of, loopback, pem
from tests.adapters.coinbase.trading_rig import CANCEL, FILLS, LIST, SUBMIT, ExecutionRecords, Rig, make_execution, run
from tests.adapters.sim_rig import Trader

ACCEPTED, REJECTED, IN_DOUBT = SendOutcome.ACCEPTED, SendOutcome.REJECTED, SendOutcome.IN_DOUBT
BTC = "BTC/USD"
IOC = TimeInForce.IOC


def filled(rig: Rig, client_order_id: str) -> Decimal:
    return sum((f.quantity for f in rig.records.fills if f.client_order_id == client_order_id), Decimal(0))


def test_an_order_rests_is_filled_in_part_and_is_cancelled() -> None:
    async def scenario(rig: Rig) -> None:
        result = await rig.trader.send(BTC, Side.BUY, "0.5", "99.995", post_only=True)
        assert result.outcome is REJECTED  # between two ticks
        result = await rig.trader.send(BTC, Side.BUY, "0.50", "100.00", post_only=True)
        assert (result.outcome, result.venue_order_id) == (ACCEPTED, rig.order("o2").order_id)
        await rig.records.until_said("o2", "open")
        rig.venue.exchange.crowd("BTC-USD", Side.SELL, "0.2")
        await rig.records.until_said("o2", "fill")
        assert (await rig.execution.cancel("o2", BTC)).outcome is ACCEPTED
        await rig.records.until_said("o2", "cancelled")

    rig = run(scenario)
    (fill,) = rig.records.fills
    assert (fill.price, fill.quantity, fill.fee) == (Decimal(100), Decimal("0.2"), Decimal("0.12"))
    assert (fill.side, fill.liquidity, fill.symbol) == (Side.BUY, Liquidity.MAKER, BTC)
    assert rig.records.words("o2") == ["open", "partially_filled", "fill", "cancelled"]
    assert rig.order("o2").post_only


def test_a_market_order_takes_several_levels_and_its_end_is_told_after_its_fills() -> None:
    async def scenario(rig: Rig) -> None:
        assert (await rig.trader.send(BTC, Side.SELL, "0.05")).outcome is ACCEPTED
        await rig.records.until_said("o1", "filled")

    rig = run(scenario)
    assert rig.records.words("o1") == ["fill", "fill", "fill", "filled"]
    assert filled(rig, "o1") == Decimal("0.05")
    assert {fill.liquidity for fill in rig.records.fills} == {Liquidity.TAKER}
    assert sum(f.price * f.quantity for f in rig.records.fills) == rig.order("o1").value
    assert sum(f.fee for f in rig.records.fills) == rig.order("o1").fees


def test_what_an_immediate_order_does_not_get_is_cancelled() -> None:
    async def scenario(rig: Rig) -> None:
        result = await rig.trader.send(BTC, Side.BUY, "1", "100.02", time_in_force=IOC)
        assert result.outcome is ACCEPTED
        await rig.records.until_said("o1", "cancelled")

    rig = run(scenario)
    assert rig.records.words("o1") == ["fill", "fill", "cancelled"]
    assert filled(rig, "o1") == rig.order("o1").filled == Decimal("0.03")
    assert rig.order("o1").kind == "sor_limit_ioc"


@pytest.mark.parametrize(
    ("quantity", "price", "terms", "reason"),
    [
        ("1", "100.01", {"post_only": True}, "INVALID_LIMIT_PRICE_POST_ONLY, PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY"),
        ("500", "99", {}, "INSUFFICIENT_FUND, PREVIEW_INSUFFICIENT_FUND"),
        ("0.000001", "99", {}, "PREVIEW_INVALID_SIZE_PRECISION"),
        ("1", "99", {"post_only": True, "time_in_force": IOC}, "cannot be post-only"),
        ("1", None, {"post_only": True}, "a market order cannot be post-only"),
        ("1", "99", {"reduce_only": True}, "a purchase reduces nothing"),
    ],
)
def test_a_refused_order_is_rejected_with_the_venues_reason(quantity, price, terms, reason) -> None:
    async def scenario(rig: Rig) -> None:
        result = await rig.trader.send(BTC, Side.BUY, quantity, price, **terms)
        assert result.outcome is REJECTED
        assert reason in result.reason

    rig = run(scenario)
    assert rig.venue.exchange.orders == {}


def test_an_order_whose_answer_was_lost_is_in_doubt_until_the_private_channel_tells_of_it() -> None:
    async def scenario(rig: Rig) -> None:
        rig.fault(SUBMIT, lost_after=True)
        assert (await rig.trader.send(BTC, Side.BUY, "0.5", "99")).outcome is IN_DOUBT
        await rig.records.until_said("o1", "open")
        assert (await rig.execution.cancel("o1", BTC)).outcome is ACCEPTED
        await rig.records.until_said("o1", "cancelled")

    rig = run(scenario)
    assert len(rig.venue.exchange.orders) == 1
    assert rig.venue.asked(SUBMIT) - rig.venue.asked(CANCEL) == 1


def test_an_order_that_never_arrived_is_in_doubt_and_the_account_shows_none() -> None:
    async def scenario(rig: Rig) -> None:
        rig.fault(SUBMIT, lost_before=True)
        assert (await rig.trader.send(BTC, Side.BUY, "0.5", "99")).outcome is IN_DOUBT
        assert (await rig.execution.account(0)).open_orders == ()
        result = await rig.execution.cancel("o1", BTC)
        assert (result.outcome, result.reason) == (REJECTED, "o1 is not among the open orders")

    assert run(scenario).venue.exchange.orders == {}


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (500, '{"error":"INTERNAL","message":"internal server error"}', IN_DOUBT),
        (503, "<html>", IN_DOUBT),
        (200, "<html>", IN_DOUBT),
        (200, '{"success":true}', IN_DOUBT),
        (302, "", IN_DOUBT),
        (400, '{"error":"INVALID_ARGUMENT","error_details":"no","message":"no"}', REJECTED),
        (401, "Unauthorized", REJECTED),
        (403, '{"error":"PERMISSION_DENIED"}', REJECTED),
    ],
)
def test_an_answer_that_proves_nothing_leaves_the_order_in_doubt(status, body, outcome) -> None:
    async def scenario(rig: Rig) -> None:
        rig.fault(SUBMIT, answer=lambda: web.Response(status=status, text=body))
        assert (await rig.trader.send(BTC, Side.BUY, "0.5", "99")).outcome is outcome

    run(scenario)


def test_the_same_id_again_is_answered_with_the_order_that_has_it_and_makes_no_second_one() -> None:
    async def scenario(rig: Rig) -> None:
        first = await rig.trader.send(BTC, Side.BUY, "0.5", "99")
        rig.trader.sent = 0
        again = await rig.trader.send(BTC, Side.BUY, "0.5", "99")
        assert (again.outcome, again.venue_order_id) == (ACCEPTED, first.venue_order_id)
        rig.trader.sent = 0
        other = await rig.trader.send(BTC, Side.SELL, "0.5", "101")
        assert other.outcome is IN_DOUBT
        assert "another order: o1 BTC-USD BUY" in other.reason

    assert len(run(scenario).venue.exchange.orders) == 1


def test_a_cancel_that_loses_the_race_is_refused_and_the_order_told_as_filled() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(BTC, Side.BUY, "0.2", "100")
        await rig.records.until_said("o1", "open")
        rig.venue.sockets.lose["user"] = 1
        rig.venue.exchange.crowd("BTC-USD", Side.SELL, "0.2")
        result = await rig.execution.cancel("o1", BTC)
        assert (result.outcome, result.reason) == (REJECTED, "ORDER_IS_FULLY_FILLED")
        await rig.records.until_said("o1", "filled")

    rig = run(scenario)
    assert rig.records.words("o1")[-2:] == ["fill", "filled"]
    assert filled(rig, "o1") == Decimal("0.2")


def test_a_cancel_whose_answer_was_lost_is_in_doubt_until_its_end_is_told() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(BTC, Side.BUY, "0.2", "99")
        rig.fault(CANCEL, lost_after=True)
        assert (await rig.execution.cancel("o1", BTC)).outcome is IN_DOUBT
        await rig.records.until_said("o1", "cancelled")

    run(scenario)


def test_an_engine_that_starts_anew_cancels_orders_of_the_one_before() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(BTC, Side.BUY, "0.2", "99")
        await rig.execution.stop()
        new, records = make_execution(rig.venue, rig.transport), ExecutionRecords()
        rig.more.append(new)
        await new.start(records)
        assert (await new.cancel("o1", BTC)).outcome is ACCEPTED

    assert run(scenario).order("o1").status == "CANCELLED"


def test_what_happened_while_the_private_channel_was_down_is_told_once_before_the_next_order_goes_out() -> None:
    async def scenario(rig: Rig) -> None:
        for price in ("100", "99", "98"):
            await rig.trader.send(BTC, Side.BUY, "0.2", price)
        await rig.records.until_said("o3", "open")
        rig.venue.exchange.crowd("BTC-USD", Side.SELL, "0.04")
        await rig.records.until_said("o1", "fill")
        await rig.hang_up(refuse=30)
        rig.venue.exchange.crowd("BTC-USD", Side.SELL, "0.1")
        rig.venue.exchange.crowd("BTC-USD", Side.SELL, "0.06")
        rig.venue.exchange.cancel(OURS, rig.order("o2").order_id)
        seen_before_it_left = len(rig.records.fills)
        assert (await rig.trader.send(BTC, Side.BUY, "0.2", "97")).outcome is ACCEPTED
        assert (seen_before_it_left, len(rig.records.fills)) == (1, 3)
        await rig.records.until_said("o1", "filled")
        await rig.records.until_said("o2", "cancelled")

    rig = run(scenario)
    assert filled(rig, "o1") == Decimal("0.2")
    assert len({fill.fill_id for fill in rig.records.fills}) == len(rig.records.fills) == 3
    assert rig.venue.sockets.opened == 2


def test_no_order_goes_out_while_the_private_channel_stays_down() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.hang_up(refuse=10**6)
        result = await rig.trader.send(BTC, Side.BUY, "0.2", "97")
        assert result.outcome is REJECTED
        assert "not sent: the private channel is down" in result.reason

    assert run(scenario, catch_up_wait_s=0.1).venue.exchange.orders == {}


def test_a_message_lost_on_the_private_channel_is_read_over_rest() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(BTC, Side.BUY, "0.2", "100")
        await rig.records.until_said("o1", "open")
        rig.venue.sockets.lose["user"] = 1
        rig.venue.exchange.crowd("BTC-USD", Side.SELL, "0.2")
        await rig.venue.flush()
        await rig.venue.sockets.heartbeat()
        await rig.records.until_said("o1", "filled")

    rig = run(scenario)
    assert filled(rig, "o1") == Decimal("0.2")
    assert rig.venue.sockets.opened == 1


def test_fills_that_the_venue_lists_late_are_read_again_until_they_add_up() -> None:
    async def scenario(rig: Rig) -> None:
        for _ in range(2):
            rig.fault(FILLS, answer=lambda: web.json_response({"fills": [], "cursor": ""}))
        await rig.trader.send(BTC, Side.SELL, "0.05")
        await rig.records.until_said("o1", "filled")

    rig = run(scenario)
    assert rig.records.words("o1") == ["fill", "fill", "fill", "filled"]


def test_a_silent_private_channel_is_replaced() -> None:
    async def scenario(rig: Rig) -> None:
        rig.clock.pass_by(11)
        await rig.venue.heard(lambda: rig.venue.sockets.opened == 2)
        await rig.up()

    run(scenario)


def test_a_limit_told_by_the_venue_stops_orders_at_once_and_lets_cancels_wait() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(BTC, Side.BUY, "0.2", "99")
        rig.fault(SUBMIT, answer=lambda: web.Response(status=429, headers={"Retry-After": "3"}))
        first = await rig.trader.send(BTC, Side.BUY, "0.2", "98")
        before = len(rig.venue.requests)
        second = await rig.trader.send(BTC, Side.BUY, "0.2", "98")
        assert len(rig.venue.requests) == before
        assert [first.outcome, second.outcome] == [REJECTED, REJECTED]
        assert ("(429)" in first.reason, "used up" in second.reason) == (True, True)
        assert rig.execution.budget_use.shut_s > 0
        assert (await rig.execution.cancel("o1", BTC)).outcome is ACCEPTED
        assert rig.execution.budget_use.shut_s == 0

    run(scenario)


def test_no_second_has_more_requests_than_the_venue_takes() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        settings, sent_s = TradingSettings(symbols=()), list[float]()
        budget = SignedRest(settings, NetworkTransport(), Signer(credentials()), WallClock(), NoRandomness()).budget
        for _ in range(100):
            await budget.take(1, Purpose.CANCEL)
            sent_s.append(loop.time())
        assert max(sum(start <= sent < start + 1 for sent in sent_s) for start in sent_s) <= 30

    loop = VirtualLoop()
    try:
        loop.run_until_complete(scenario())
    finally:
        loop.close()


@pytest.mark.parametrize("skew_s", [-600, 600])
def test_a_clock_ten_minutes_from_the_venues_does_not_matter(skew_s: float) -> None:
    async def scenario(rig: Rig) -> None:
        assert round(rig.execution.clock_offset_ns / 1e9) == skew_s
        asked_from_ns = WallClock().utc_ns() - 10**9
        assert (await rig.trader.send(BTC, Side.BUY, "0.2", "100")).outcome is ACCEPTED
        rig.venue.sockets.lose["user"] = 1
        rig.venue.exchange.crowd("BTC-USD", Side.SELL, "0.1")
        await rig.venue.flush()
        await rig.venue.sockets.heartbeat()
        await rig.records.until_said("o1", "fill")
        report = await rig.execution.account(asked_from_ns)
        assert (len(report.open_orders), len(report.fills)) == (1, 1)

    run(scenario, skew_s=skew_s)


def test_an_order_the_venue_has_forgotten_does_not_keep_the_private_channel_down() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(BTC, Side.BUY, "0.2", "99")
        await rig.records.until_said("o1", "open")
        forgotten = rig.venue.exchange.orders.pop(rig.order("o1").order_id)
        await rig.hang_up(refuse=1)
        await rig.up()
        assert rig.records.words("o1") == ["open"]
        forgotten.product.book.cancel(forgotten.number)
        assert (await rig.trader.send(BTC, Side.BUY, "0.2", "99")).outcome is ACCEPTED

    run(scenario)


def test_a_state_the_venue_has_invented_is_no_state_and_a_total_that_is_none_is_read_over_rest() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(BTC, Side.BUY, "0.2", "99")
        await rig.records.until_said("o1", "open")
        rig.order("o1").status = "PONDERING"
        rig.venue.exchange.on_action([rig.order("o1")])
        await rig.records.until_said("o1", "in_doubt")
        rig.order("o1").status = "OPEN"
        (session,) = rig.venue.sockets.sessions
        row = {"order_id": rig.order("o1").order_id, "status": "FILLED", "cumulative_quantity": "lots"}
        asked = rig.venue.asked(LIST)
        await session.send("user", [{"type": "update", "orders": [row]}])
        await rig.venue.heard(lambda: rig.venue.asked(LIST) > asked)
        await rig.up()

    rig = run(scenario)
    reasons = [told.reason for told in rig.records.told if getattr(told, "reason", None)]
    assert reasons == ["the venue says 'PONDERING'"]
    assert "filled" not in rig.records.words("o1")


def test_a_venue_clock_that_jumps_is_measured_anew_after_the_first_refusal() -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.skew_s = 3600
        refused = await rig.trader.send(BTC, Side.BUY, "0.2", "99")
        assert (refused.outcome, "401" in refused.reason) == (REJECTED, True)
        await rig.venue.heard(lambda: rig.venue.requests[-1].startswith("GET /api/v3/brokerage/time"))
        assert len((await rig.execution.account(0)).open_orders) == 0
        assert (await rig.trader.send(BTC, Side.BUY, "0.2", "99")).outcome is ACCEPTED

    run(scenario)


def test_an_ed25519_key_trades_too() -> None:
    from cryptography.hazmat.primitives.asymmetric import ed25519

    key, name = ed25519.Ed25519PrivateKey.generate(), "organizations/1/apiKeys/edwards"
    venue = loopback(more_keys={name: key.public_key()})
    venue.exchange.fund(name, USD="1000", BTC="1")

    async def scenario(rig: Rig) -> None:
        assert (await rig.trader.send(BTC, Side.BUY, "0.2", "99")).outcome is ACCEPTED
        await rig.records.until_said("o1", "open")

    run(scenario, venue=venue, key=credentials(name, pem(key)))


def test_a_key_of_somebody_else_is_refused() -> None:
    venue = loopback()

    async def scenario(rig: Rig) -> None:
        rig.execution._rest._signer = Signer(credentials(OURS, pem(key_of("a stranger"))))
        result = await rig.trader.send(BTC, Side.BUY, "0.2", "99")
        assert (result.outcome, "wrong signature" in result.reason) == (REJECTED, True)

    run(scenario, venue=venue)


def test_amends_are_left_to_the_engine() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(BTC, Side.BUY, "0.2", "99")
        assert rig.execution.amend_support is AmendSupport.REPLACE
        assert (await rig.trader.amend("o1", "98", "0.2")).outcome is REJECTED

    assert run(scenario).order("o1").price == 99


def test_a_held_answer_is_overtaken_by_the_private_channel() -> None:
    async def scenario(rig: Rig) -> None:
        gate = asyncio.Event()
        rig.fault(SUBMIT, hold=gate)
        sending = asyncio.ensure_future(rig.trader.send(BTC, Side.SELL, "0.05"))
        await rig.records.until_said("o1", "filled")
        gate.set()
        assert (await sending).outcome is ACCEPTED
        assert rig.execution._own.live == {}

    rig = run(scenario)
    assert filled(rig, "o1") == Decimal("0.05")


def test_two_traders_of_one_venue_meet() -> None:
    async def scenario(rig: Rig) -> None:
        from tests.adapters.coinbase.rig import THEIRS

        other = make_execution(rig.venue, rig.transport, key=credentials(THEIRS))
        rig.more.append(other)
        await other.start(ExecutionRecords())
        await rig.trader.send(BTC, Side.BUY, "0.3", "100")
        assert (await Trader(other, "t").send(BTC, Side.SELL, "0.3", "100", time_in_force=IOC)).outcome is ACCEPTED
        await rig.records.until_said("o1", "filled")

    rig = run(scenario)
    assert [(f.quantity, f.price) for f in rig.records.fills] == [(Decimal("0.3"), Decimal(100))]
    assert rig.venue.asked(LIST) > 0
