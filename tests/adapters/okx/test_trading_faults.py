"""What goes wrong while trading at OKX, over the loopback."""

import asyncio
import json
import time
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.network.transport import NetworkTransport
from adapters.okx.account_rules import UnsupportedAccountError
from adapters.okx.rest import VenueReadError
from adapters.okx.routes import CANCEL, PLACE
from adapters.okx.signing import UnusableKeyError
from adapters.okx.traded_instruments import SharedBaseError
from adapters.okx.venue import cancel_everything
from core.ports.venue import SendOutcome
from core.types.credentials import Credentials, Secret
from core.types.order import OrderStatus, Side, TimeInForce
from tests.venues.okx.listing import SPOT_ROWS
from tests.venues.okx.rig import OURS, SPOT, SWAP, SWAP_ID, NoChance, Rig, WallClock, run
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
        await rig.sink.until_status(FIRST, OrderStatus.OPEN)
        report = await rig.execution.account(lately())
        assert [order.intent.client_order_id for order in report.open_orders] == [FIRST]

    assert len(run(scenario).exchange.orders) == 1


def test_an_order_that_never_arrived_is_in_doubt_and_not_in_the_account() -> None:
    async def scenario(rig: Rig) -> None:
        rig.server.fail(ORDER, lost_request)
        assert (await send(rig)).outcome is SendOutcome.IN_DOUBT
        assert (await rig.execution.account(lately())).open_orders == ()

    assert len(run(scenario).server.asked(ORDER)) == 1


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
        await rig.sink.until_status(FIRST, OrderStatus.OPEN)
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


# the private websocket -----------------------------------------------------------------------------------


def test_what_happened_while_nobody_listened_is_read_before_the_stream_counts_as_up() -> None:
    async def scenario(rig: Rig) -> None:
        await send(rig)
        await rig.trader.send(SWAP, Side.BUY, "2", "48000")
        await rig.sink.until_status(SECOND, OrderStatus.OPEN)
        rig.server.sockets.is_deaf = True
        await rig.crowd(SWAP, Side.SELL, "49000", "1")
        rig.exchange.cancel({"clOrdId": "s0001X2"})
        rig.server.sockets.is_deaf = False
        rig.server.sockets.refuse = 2
        await rig.server.sockets.close_private()
        await rig.sink.until_status(FIRST, OrderStatus.FILLED)
        await rig.sink.until_status(SECOND, OrderStatus.CANCELLED)
        assert rig.filled(FIRST) == D(1)
        await rig.until_listening(2)
        await rig.trader.send(SWAP, Side.BUY, "1", "47000")
        await rig.sink.until_status(f"{OURS}3", OrderStatus.OPEN)

    run(scenario)


def test_no_order_leaves_but_those_that_reduce_while_the_stream_is_down() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.crowd(SWAP, Side.SELL, "50000", "2")
        await rig.crowd(SWAP, Side.BUY, "49900", "2")
        await rig.trader.send(SWAP, Side.BUY, "1")
        rig.server.sockets.refuse = 1 << 30
        await rig.server.sockets.close_private()
        await rig.until(lambda: not rig.execution.is_listening)
        opening = await rig.trader.send(SWAP, Side.BUY, "1")
        assert opening.outcome is SendOutcome.REJECTED
        assert "private stream is down" in opening.reason
        closing = await rig.trader.send(SWAP, Side.SELL, "1", reduce_only=True)
        assert closing.outcome is SendOutcome.ACCEPTED

    assert run(scenario).exchange.positions[SWAP_ID][0] == 0


def test_an_order_that_is_answered_and_not_heard_of_replaces_the_connection() -> None:
    async def scenario(rig: Rig) -> None:
        rig.server.sockets.is_deaf = True
        await send(rig)
        await rig.until_listening(2)
        await rig.sink.until_status(FIRST, OrderStatus.OPEN)

    run(scenario, deaf_after_s=0.01)


@pytest.mark.parametrize(
    "event",
    [
        '{"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade."}',
        '{"event":"error","code":"60011","msg":"Please log in"}',
        '{"event":"channel-conn-count-error","channel":"orders","connCount":"30","connId":"abcd1234"}',
    ],
)
def test_an_event_that_ends_a_connection_brings_a_new_one(event: str) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.server.sockets.say('{"event":"channel-conn-count","channel":"orders","connCount":"2"}', private=True)
        await rig.server.sockets.say(event, private=True)
        await rig.until_listening(2)

    assert run(scenario).execution.malformed == 0


def test_a_connection_without_any_word_is_replaced() -> None:
    async def scenario(rig: Rig) -> None:
        rig.server.sockets.answers_pings = False
        await rig.until_listening(2)

    assert run(scenario, silence_limit_s=0.1, ping_every_s=0.02).server.sockets.pings > 0


def test_a_connection_of_unreadable_messages_is_replaced() -> None:
    async def scenario(rig: Rig) -> None:
        for _ in range(5):
            await rig.server.sockets.say('{"arg":{"channel":"orders"},"data":[{"state":"live"}]}', private=True)
        await rig.until_listening(2)

    assert run(scenario, malformed_limit=3).execution.malformed == 5


def test_an_unknown_state_is_doubt_and_no_guess() -> None:
    async def scenario(rig: Rig) -> None:
        await send(rig)
        row = rig.exchange.order_named("s0001X1").row() | {"state": "levitating"}
        message = {"arg": {"channel": "orders", "instType": "ANY"}, "data": [row]}
        await rig.server.sockets.say(json.dumps(message), private=True)
        await rig.sink.until_status(FIRST, OrderStatus.IN_DOUBT)
        assert "levitating" in (rig.sink.reports[-1].reason or "")

    run(scenario)


def test_a_fill_without_its_fee_is_not_told_before_the_fee_can_be_read() -> None:
    async def scenario(rig: Rig) -> None:
        await send(rig)
        row = rig.exchange.order_named("s0001X1").row()
        row |= {"tradeId": "7", "fillSz": "1", "fillPx": "49000", "fillFee": "", "state": "filled"}
        message = {"arg": {"channel": "orders", "instType": "ANY"}, "data": [row]}
        await rig.server.sockets.say(json.dumps(message), private=True)
        await rig.until_listening(2)

    rig = run(scenario)
    assert rig.sink.fills == []
    assert rig.execution.malformed == 1


def test_a_fee_in_a_third_asset_is_converted_at_its_last_price() -> None:
    async def scenario(rig: Rig) -> None:
        rig.exchange.fee_asset = "OKB"
        await rig.crowd(SWAP, Side.SELL, "50000", "1")
        await rig.trader.send(SWAP, Side.BUY, "1")
        await rig.sink.until(lambda: bool(rig.sink.fills))

    assert run(scenario).sink.fills[0].fee == D("2.00")  # 0.05 OKB at 40


def test_a_fee_in_an_asset_without_a_market_makes_the_account_unreadable() -> None:
    async def scenario(rig: Rig) -> None:
        rig.server.sockets.is_deaf = True
        rig.exchange.fee_asset = "XAUT"
        await rig.crowd(SWAP, Side.SELL, "50000", "1")
        await rig.trader.send(SWAP, Side.BUY, "1")
        with pytest.raises(VenueReadError, match="a fee in XAUT: the venue has no market of it with USDT"):
            await rig.execution.account(lately())

    run(scenario)


def test_executions_of_others_in_what_is_not_followed_are_not_booked_and_break_nothing() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.crowd(SWAP, Side.SELL, "50000", "1")
        terms = {"instId": SWAP_ID, "tdMode": "cross", "side": "buy", "ordType": "market", "sz": "1"}
        rig.exchange.place(terms)
        row = next(iter(rig.exchange.orders.values())).row()
        for inst_id in ("BTC-USD-261225-50000-C", "UNI-USD-SWAP"):
            message = {"arg": {"channel": "orders", "instType": "ANY"}, "data": [row | {"instId": inst_id}]}
            await rig.server.sockets.say(json.dumps(message), private=True)
        await rig.server.flush()
        assert (await rig.execution.account(lately())).fills == ()
        await rig.trader.send(SPOT, Side.BUY, "0.1", "40000")
        await rig.sink.until_status(FIRST, OrderStatus.OPEN)

    rig = run(scenario, symbols=(SPOT,))
    assert rig.sink.fills == []
    assert (rig.execution.malformed, rig.server.sockets.connections) == (0, 1)


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


def test_the_dead_man_timer_takes_our_orders_and_leaves_the_others() -> None:
    async def scenario(rig: Rig) -> None:
        await send(rig)
        terms = {"instId": SWAP_ID, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": "9"}
        rig.exchange.place(terms)
        rig.server.timer_fires()
        await rig.server.flush()
        await rig.sink.until_status(FIRST, OrderStatus.CANCELLED)

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
            transport=transport, clock=WallClock(), randomness=NoChance(), credentials=CREDENTIALS,
            endpoints=endpoints,
        )  # fmt: skip
        await transport.close()
        return report

    report = asyncio.run(kill())
    assert not report.is_clean
    assert "what is open could not be read" in report.text


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    frames=st.lists(
        st.one_of(
            st.text(max_size=60),
            st.recursive(
                st.none() | st.booleans() | st.floats() | st.text(max_size=8),
                lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                    st.sampled_from(["arg", "event", "data", "channel", "code", "ordId", "state", "instId", "fillSz"]),
                    inner, max_size=4,
                ),
                max_leaves=12,
            ).map(json.dumps),
        ),
        max_size=8,
    )
)  # fmt: skip
def test_no_frame_ends_the_private_stream(frames: list[str]) -> None:
    async def scenario(rig: Rig) -> None:
        for frame in frames:
            await rig.server.sockets.say(frame, private=True)
        await rig.server.sockets.close_private()
        await rig.until_listening(2)
        await send(rig)
        await rig.sink.until_status(FIRST, OrderStatus.OPEN)

    run(scenario)
