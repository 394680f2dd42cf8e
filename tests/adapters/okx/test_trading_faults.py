"""What goes wrong while trading at OKX, over the loopback."""

import asyncio
import time
from decimal import Decimal

import pytest

from adapters.network.transport import NetworkTransport
from adapters.okx.account_rules import UnsupportedAccountError
from adapters.okx.rest import VenueReadError
from adapters.okx.routes import CANCEL, PLACE
from adapters.okx.signing import UnusableKeyError
from adapters.okx.traded_instruments import SharedBaseError
from adapters.okx.venue import cancel_everything
from core.io.system_clock import SystemClock
from core.ports.randomness import NoRandomness
from core.ports.venue import SendOutcome
from core.types.credentials import Credentials, Secret
from core.types.order import OrderStatus, Side, TimeInForce
from tests.venues.okx.listing import SPOT_ROWS
from tests.venues.okx.rig import OURS, SPOT, SWAP, SWAP_ID, Rig, run
from tests.venues.okx.server import (
    ACCOUNT,
    CREDENTIALS,
    KEYS,
    TRADE,
    LoopbackOkx,
    answer,
    body,
    lost_answer,
    lost_request,
    told,
)

FIRST, SECOND = f"{OURS}1", f"{OURS}2"
ORDER, TIMER = f"{TRADE}/order", f"{TRADE}/cancel-all-after"
D = Decimal


def lately() -> int:
    return time.time_ns() - 60_000_000_000


async def send(rig: Rig, price: str = "49000"):
    return await rig.trader.send(SWAP, Side.BUY, "1", price)


def test_an_order_whose_answer_is_lost_is_in_doubt_and_then_told_by_stream_and_account() -> None:
    async def scenario(rig: Rig) -> None:
        rig.server.fail(ORDER, lost_answer)
        assert (await send(rig)).outcome is SendOutcome.IN_DOUBT
        await rig.sink.until_said(FIRST, OrderStatus.OPEN)
        report = await rig.execution.account(lately())
        assert [order.intent.client_order_id for order in report.open_orders] == [FIRST]

    assert len(run(scenario).exchange.orders) == 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (told("50001", status=503), SendOutcome.IN_DOUBT),
        (told("50004"), SendOutcome.IN_DOUBT),
        (told("50026", status=500), SendOutcome.IN_DOUBT),
        (told("51008", status=500), SendOutcome.IN_DOUBT),
        (told("98765"), SendOutcome.IN_DOUBT),
        (body("<html>", 502), SendOutcome.IN_DOUBT),
        (body('{"code":"0"}'), SendOutcome.IN_DOUBT),
        (body('{"code":"0","data":[{"sCode":"0","ordId":"1","clOrdId":"other"}]}'), SendOutcome.IN_DOUBT),
        (body('{"code":"1","data":[{"sCode":"51008","sMsg":"Insufficient balance"}]}'), SendOutcome.REJECTED),
        (body('{"code":"0","data":[{"sCode":"51020"}]}'), SendOutcome.REJECTED),
        (told("50111", status=401), SendOutcome.REJECTED),
        (told("50011", status=429), SendOutcome.REJECTED),
        (told("50102", status=401), SendOutcome.REJECTED),
    ],
)
def test_the_answer_to_an_order_says_what_became_of_it(fault, outcome: SendOutcome) -> None:
    async def scenario(rig: Rig) -> None:
        rig.server.fail(ORDER, fault)
        assert (await send(rig)).outcome is outcome

    assert run(scenario).exchange.orders == {}


def test_refusals_of_the_venue_are_refusals_here() -> None:
    async def scenario(rig: Rig) -> None:
        results = [
            await rig.trader.send(SPOT, Side.SELL, "5", "50000"),
            await rig.trader.send(SWAP, Side.BUY, "0.001", "50000"),
            await rig.trader.send(SWAP, Side.BUY, "1", "50000", reduce_only=True),
        ]
        assert [result.outcome for result in results] == [SendOutcome.REJECTED] * 3
        assert [result.reason[-6:-1] for result in results] == ["51008", "51020", "51169"]

    run(scenario)


def test_an_id_that_the_venue_knows_is_looked_up() -> None:
    async def scenario(rig: Rig) -> None:
        await send(rig)
        rig.trader.sent = 0
        again = await send(rig)
        assert again.outcome is SendOutcome.ACCEPTED
        assert again.venue_order_id == rig.exchange.order_named("s0001X1").ord_id
        rig.trader.sent = 0
        other = await rig.trader.send(SWAP, Side.SELL, "7", "60000")
        assert other.outcome is SendOutcome.IN_DOUBT

    assert len(run(scenario).exchange.orders) == 1


def test_a_cancel_that_comes_too_late_tells_what_was_filled() -> None:
    async def scenario(rig: Rig) -> None:
        await send(rig)
        await rig.sink.until_said(FIRST, OrderStatus.OPEN)
        rig.server.sockets.is_deaf = True
        await rig.crowd(SWAP, Side.SELL, "49000", "1")
        result = await rig.execution.cancel(FIRST, SWAP)
        assert result.outcome is SendOutcome.REJECTED
        assert rig.sink.statuses(FIRST)[-1] is OrderStatus.FILLED
        assert rig.filled(FIRST) == D(1)

    run(scenario)


@pytest.mark.parametrize(("fault", "is_gone"), [(lost_answer, True), (lost_request, False), (told("50004"), False)])
def test_a_cancel_without_an_answer_is_in_doubt(fault, is_gone: bool) -> None:
    async def scenario(rig: Rig) -> None:
        await send(rig)
        rig.server.fail(f"{TRADE}/cancel-order", fault)
        assert (await rig.execution.cancel(FIRST, SWAP)).outcome is SendOutcome.IN_DOUBT
        assert (rig.exchange.resting() == []) is is_gone

    run(scenario)


def test_a_foreign_order_without_a_client_id_can_be_cancelled_by_its_name_here() -> None:
    async def scenario(rig: Rig) -> None:
        terms = {"instId": SWAP_ID, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": "9"}
        _, _, ord_id = rig.exchange.place(terms)
        assert (await rig.execution.cancel(f"okx-{ord_id}", SWAP)).outcome is SendOutcome.ACCEPTED

    assert run(scenario).exchange.resting() == []


# clock, limits, timer ------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead_ms", [-120_000, 120_000])
def test_requests_are_timed_by_the_venues_clock(ahead_ms: int) -> None:
    def prepare(server: LoopbackOkx) -> None:
        server.clock_ahead_ms = ahead_ms

    async def scenario(rig: Rig) -> None:
        assert abs(rig.execution.clock_offset_ns / 1e6 - ahead_ms) < 5_000
        assert (await send(rig)).outcome is SendOutcome.ACCEPTED
        await rig.crowd(SWAP, Side.SELL, "49000", "1")
        assert len((await rig.execution.account(lately())).fills) == 1

    run(scenario, prepare=prepare)


def test_a_venue_clock_that_jumps_is_measured_again() -> None:
    async def scenario(rig: Rig) -> None:
        await send(rig)
        rig.server.clock_ahead_ms = 300_000
        assert (await rig.execution.cancel(FIRST, SWAP)).outcome is SendOutcome.ACCEPTED
        assert (await send(rig)).outcome is SendOutcome.ACCEPTED

    run(scenario)


def test_an_order_carries_its_deadline() -> None:
    async def scenario(rig: Rig) -> None:
        rig.server.clock_ahead_ms = 10_000  # as if the order had been ten seconds on its way
        assert (await send(rig)).outcome is SendOutcome.IN_DOUBT

    assert run(scenario).exchange.orders == {}


def test_a_rate_limit_stops_orders_and_not_cancels() -> None:
    async def scenario(rig: Rig) -> None:
        await send(rig)
        rig.server.fail(ORDER, told("50011", status=429, **{"Retry-After": "7"}))
        assert "rate limit" in (await send(rig)).reason
        assert rig.execution.budget_use(PLACE).shut_s > 5
        assert rig.execution.budget_use(CANCEL).shut_s == 0
        refused = await send(rig)
        assert refused.outcome is SendOutcome.REJECTED
        assert (await rig.execution.cancel(FIRST, SWAP)).outcome is SendOutcome.ACCEPTED

    assert len(run(scenario).server.asked(ORDER)) == 2


def test_a_cancel_that_was_too_many_waits_for_the_venues_interval_alone() -> None:
    async def scenario(rig: Rig) -> None:
        await send(rig)
        rig.server.fail(CANCEL.path, told("50011", status=429))
        assert "rate limit" in (await rig.execution.cancel(FIRST, SWAP)).reason
        assert 0 < rig.execution.budget_use(CANCEL).shut_s <= CANCEL.interval_s

    run(scenario)


def test_more_orders_than_the_venue_allows_are_not_sent() -> None:
    async def scenario(rig: Rig) -> None:
        results = await asyncio.gather(*(send(rig) for _ in range(PLACE.allowance + 20)))
        refused = [result for result in results if result.outcome is SendOutcome.REJECTED]
        assert refused
        assert all("rate limit is used up" in result.reason for result in refused)

    run(scenario)


def test_the_dead_man_timer_is_armed_before_the_first_order_rests_and_off_after_a_clean_end() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(SWAP, Side.BUY, "1", "49000", time_in_force=TimeInForce.IOC)
        assert rig.server.timer is None
        await send(rig)
        await send(rig)
        assert rig.server.timer == {"timeOut": "30", "tag": "seraphim"}
        assert len(rig.server.asked(TIMER)) == 1

    rig = run(scenario, dead_man_s=30)
    assert rig.server.timer == {"timeOut": "0", "tag": "seraphim"}
    assert len(rig.exchange.resting()) == 2


def test_orders_of_an_engine_that_died_outlive_the_timer_that_it_left() -> None:
    def died(server: LoopbackOkx) -> None:
        terms = {"instId": SWAP_ID, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": "9"}
        server.exchange.place(terms | {"clOrdId": f"{OURS}1".replace("-", "X"), "tag": "seraphim"})

    async def scenario(rig: Rig) -> None:
        await rig.until_listening(1)
        assert rig.server.asked(TIMER) == [{"timeOut": "30", "tag": "seraphim"}]

    run(scenario, prepare=died, dead_man_s=30)


def test_orders_of_other_programs_alone_do_not_set_the_dead_man_timer() -> None:
    def by_hand(server: LoopbackOkx) -> None:
        terms = {"instId": SWAP_ID, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": "9"}
        server.exchange.place(terms | {"clOrdId": "byhand"})

    async def scenario(rig: Rig) -> None:
        await rig.until_listening(1)

    assert run(scenario, prepare=by_hand, dead_man_s=30).server.asked(TIMER) == []


def test_the_dead_man_timer_takes_our_orders_and_leaves_the_others() -> None:
    async def scenario(rig: Rig) -> None:
        await send(rig)
        terms = {"instId": SWAP_ID, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": "9"}
        rig.exchange.place(terms)
        rig.server.timer_fires()
        await rig.server.flush()
        await rig.sink.until_said(FIRST, OrderStatus.CANCELLED)

    assert [order.terms.get("tag") for order in run(scenario, dead_man_s=30).exchange.resting()] == [None]


def test_an_order_does_not_rest_where_the_timer_cannot_be_set() -> None:
    async def scenario(rig: Rig) -> None:
        rig.server.fail(TIMER, told("50026", status=500))
        refused = await send(rig)
        assert refused.outcome is SendOutcome.REJECTED
        assert "dead-man timer" in refused.reason
        assert (await send(rig)).outcome is SendOutcome.ACCEPTED

    run(scenario, dead_man_s=30)


# accounts that are not traded ------------------------------------------------------------------------------


def test_an_account_in_long_short_mode_is_refused_at_the_start() -> None:
    def prepare(server: LoopbackOkx) -> None:
        server.config["posMode"] = "long_short_mode"

    async def scenario(rig: Rig) -> None:
        raise AssertionError("not reached")

    with pytest.raises(UnsupportedAccountError, match="set its position mode to net"):
        run(scenario, prepare=prepare)


def test_spot_is_not_traded_where_the_account_borrows_for_it() -> None:
    def prepare(server: LoopbackOkx) -> None:
        server.config |= {"acctLv": "3", "autoLoan": True}

    async def scenario(rig: Rig) -> None:
        refused = await rig.trader.send(SPOT, Side.BUY, "0.1", "50000")
        assert "auto borrow" in refused.reason
        assert (await send(rig)).outcome is SendOutcome.ACCEPTED

    run(scenario, prepare=prepare)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"instId": "UNI-USD-SWAP"}, "is of an inverse swap, which cannot be valued here"),
        ({"instType": "MARGIN", "instId": "BTC-USDT"}, "is a margin position"),
        ({"posSide": "long"}, "is long: long/short mode"),
        ({"mgnMode": "isolated"}, "is held twice"),
    ],
)
def test_a_position_that_would_be_valued_wrongly_makes_the_account_unreadable(changes, fault: str) -> None:
    usual = {"instId": SWAP_ID, "instType": "SWAP", "pos": "3", "posSide": "net", "avgPx": "5", "mgnMode": "cross"}

    async def also(request, serve):
        return answer([usual, usual | changes])

    async def scenario(rig: Rig) -> None:
        rig.server.fail(f"{ACCOUNT}/positions", also)
        with pytest.raises(VenueReadError, match=fault):
            await rig.execution.account(lately())

    run(scenario)


def test_two_spot_markets_of_one_base_are_refused() -> None:
    def prepare(server: LoopbackOkx) -> None:
        row = SPOT_ROWS[0] | {"instId": "BTC-USDC", "quoteCcy": "USDC"}

        async def with_usdc(request, serve):
            return answer([*SPOT_ROWS, row])

        server.fail("/api/v5/public/instruments", with_usdc)

    async def scenario(rig: Rig) -> None:
        raise AssertionError("not reached")

    with pytest.raises(SharedBaseError, match="both of BTC"):
        run(scenario, prepare=prepare, symbols=(SPOT, "BTC/USDC"))


def test_a_key_that_the_venue_refuses_ends_the_start_and_shows_itself_nowhere(caplog) -> None:
    wrong = Credentials(venue="okx", fields={name: Secret(f"{text}-wrong") for name, text in KEYS.items()})

    async def scenario(rig: Rig) -> None:
        raise AssertionError("not reached")

    with pytest.raises(VenueReadError, match="50111") as refused:
        run(scenario, credentials=wrong)
    shown = f"{refused.value!r} {caplog.text}"
    assert not any(text in shown for text in KEYS.values())


def test_a_key_without_its_passphrase_is_refused() -> None:
    fields = {name: Secret(text) for name, text in KEYS.items() if name != "passphrase"}
    with pytest.raises(UnusableKeyError, match="lacks its passphrase"):
        run(lambda _: asyncio.sleep(0), credentials=Credentials(venue="okx", fields=fields))


def test_a_kill_without_a_venue_says_so_and_raises_nothing() -> None:
    async def kill():
        server, transport = LoopbackOkx(), NetworkTransport()
        async with server.running():
            endpoints = server.endpoints
        report = await cancel_everything(
            transport=transport, clock=SystemClock(), randomness=NoRandomness(), credentials=CREDENTIALS,
            endpoints=endpoints,
        )  # fmt: skip
        await transport.close()
        return report

    report = asyncio.run(kill())
    assert not report.is_clean
    assert "what is open could not be read" in report.text
