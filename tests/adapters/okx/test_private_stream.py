"""The private websocket of OKX and what it is told, over the loopback."""

import json
import time
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.okx.rest import VenueReadError
from core.ports.venue import SendOutcome
from core.types.order import OrderStatus, Side
from tests.venues.okx.rig import OURS, SPOT, SWAP, SWAP_ID, Rig, run

FIRST, SECOND = f"{OURS}1", f"{OURS}2"
D = Decimal


def lately() -> int:
    return time.time_ns() - 60_000_000_000


async def send(rig: Rig, price: str = "49000"):
    return await rig.trader.send(SWAP, Side.BUY, "1", price)


def test_what_happened_while_nobody_listened_is_read_before_the_stream_counts_as_up() -> None:
    async def scenario(rig: Rig) -> None:
        await send(rig)
        await rig.trader.send(SWAP, Side.BUY, "2", "48000")
        await rig.sink.until_said(SECOND, OrderStatus.OPEN)
        rig.server.sockets.is_deaf = True
        await rig.crowd(SWAP, Side.SELL, "49000", "1")
        rig.exchange.cancel({"clOrdId": "s0001X2"})
        rig.server.sockets.is_deaf = False
        rig.server.sockets.refuse = 2
        await rig.server.sockets.close_private()
        await rig.sink.until_said(FIRST, OrderStatus.FILLED)
        await rig.sink.until_said(SECOND, OrderStatus.CANCELLED)
        assert rig.filled(FIRST) == D(1)
        await rig.until_listening(2)
        await rig.trader.send(SWAP, Side.BUY, "1", "47000")
        await rig.sink.until_said(f"{OURS}3", OrderStatus.OPEN)

    run(scenario)


def test_no_order_leaves_but_those_that_reduce_while_the_stream_is_down() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.crowd(SWAP, Side.SELL, "50000", "2")
        await rig.crowd(SWAP, Side.BUY, "49900", "2")
        await rig.trader.send(SWAP, Side.BUY, "1")
        await rig.trader.send(SWAP, Side.BUY, "1", "49000")
        rig.server.sockets.refuse = 1 << 30
        await rig.server.sockets.close_private()
        await rig.until(lambda: not rig.execution.is_listening)
        opening = await rig.trader.send(SWAP, Side.BUY, "1")
        assert opening.outcome is SendOutcome.REJECTED
        assert "private stream is down" in opening.reason
        assert "private stream is down" in (await rig.trader.amend(SECOND, "49100", "2")).reason
        closing = await rig.trader.send(SWAP, Side.SELL, "1", reduce_only=True)
        assert closing.outcome is SendOutcome.ACCEPTED

    assert run(scenario).exchange.positions[SWAP_ID][0] == 0


def test_an_order_that_is_answered_and_not_heard_of_replaces_the_connection() -> None:
    async def scenario(rig: Rig) -> None:
        rig.server.sockets.is_deaf = True
        await send(rig)
        await rig.until_listening(2)
        await rig.sink.until_said(FIRST, OrderStatus.OPEN)

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
        await rig.sink.until_said(FIRST, OrderStatus.IN_DOUBT)
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
        await rig.sink.until_said(FIRST, OrderStatus.OPEN)

    rig = run(scenario, symbols=(SPOT,))
    assert rig.sink.fills == []
    assert (rig.execution.malformed, rig.server.sockets.connections) == (0, 1)


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
        await rig.sink.until_said(FIRST, OrderStatus.OPEN)

    run(scenario)
