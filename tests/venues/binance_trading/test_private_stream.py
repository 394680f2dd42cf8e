"""The private stream breaks in every way it can, and nothing is lost or told twice with an effect."""

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.binance.trading_endpoints import StreamForm
from adapters.binance.user_events import Execution, SocketAnswer, StreamEnd, read_frame
from core.ports.venue import SendOutcome
from core.types.order import OrderStatus
from tests.recordings import needs_recordings, recording
from tests.venues.binance_trading.rig import SPOT, USDM, D, Rig, play
from tests.venues.binance_trading.small_binance import error, instead, lose_the_request

FORMS = pytest.mark.parametrize(
    ("market", "form"),
    [(USDM, StreamForm.LISTEN_KEY), (SPOT, StreamForm.LISTEN_KEY), (SPOT, StreamForm.SIGNATURE)],
)

# where the venue is listened to; USD-M's sends nothing, without an error, to who has the key in the path
ADDRESSES = {
    SPOT: "ws://venue/ws/listen{}",
    USDM: "ws://venue/ws?listenKey=listen{}&events=ORDER_TRADE_UPDATE/listenKeyExpired",
}


async def listening_again(rig: Rig, connections: int) -> None:
    """Wait, on virtual time, until the connection of that number is up."""
    async with asyncio.timeout(60):
        while rig.execution._stream.connections < connections or not rig.execution.is_listening:
            await rig.elapse(0.05)


@FORMS
def test_what_happened_while_nobody_listened_is_read_and_told_once(market, form) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit("s0001-1")
        await rig.submit("s0001-2")
        await rig.submit("s0001-3")
        rig.venue.fill(rig.order("s0001-1"), "0.5", "99.5")
        await rig.sink.until_said("s0001-1", OrderStatus.PARTIALLY_FILLED)
        before = rig.clock.utc_ns()
        rig.transport.connections[0].drop()
        rig.venue.fill(rig.order("s0001-1"), "1.5", "99.5")
        rig.venue._end(rig.order("s0001-2"), "CANCELED")
        rig.venue.fill(rig.order("s0001-3"), "1", "99.5")
        await rig.sink.until_said("s0001-1", OrderStatus.FILLED)
        await rig.sink.until_said("s0001-2", OrderStatus.CANCELLED)
        await rig.sink.until_said("s0001-3", OrderStatus.PARTIALLY_FILLED)
        await listening_again(rig, 2)
        assert rig.clock.utc_ns() - before < 30_000_000_000
        assert len(rig.sink.fills_by_id) == 3
        assert sum({fill.fill_id: fill.quantity for fill in rig.sink.fills}.values()) == D(3)
        assert {fill.client_order_id for fill in rig.sink.fills} == {"s0001-1", "s0001-3"}

    play(market, scenario, form=form)


@FORMS
def test_no_order_leaves_before_the_gap_is_read_and_a_cancel_does(market, form) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit("s0001-1")
        rig.venue.faults["GET", "openOrders"] += [lose_the_request] * 2
        rig.transport.connections[0].drop()
        await rig.elapse(0.01)
        refused = await rig.submit("s0001-2")
        assert refused.outcome is SendOutcome.REJECTED
        assert "private stream is down" in refused.reason
        if market is USDM:
            assert "private stream is down" in (await rig.amend("s0001-1", quantity=D(3))).reason
        assert (await rig.cancel("s0001-1")).outcome is SendOutcome.ACCEPTED
        await listening_again(rig, 4)
        await rig.sink.until_said("s0001-1", OrderStatus.CANCELLED)
        assert (await rig.submit("s0001-3")).outcome is SendOutcome.ACCEPTED

    play(market, scenario, form=form)


def test_what_reduces_leaves_while_the_stream_is_down() -> None:
    async def scenario(rig: Rig) -> None:
        rig.transport.refuse_connections = 100
        rig.transport.connections[0].drop()
        await rig.elapse(1)
        assert (await rig.submit("s0001-1", reduce_only=True)).outcome is SendOutcome.ACCEPTED
        assert (await rig.submit("s0001-2", source="flatten")).outcome is SendOutcome.ACCEPTED

    play(USDM, scenario)


@pytest.mark.parametrize("market", [USDM, SPOT])
def test_a_listen_key_that_expires_is_made_anew(market) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        rig.venue.expire_key()
        rig.venue.fill(rig.order("s0001-1"), "2", "99.5")
        await rig.sink.until_said("s0001-1", OrderStatus.FILLED)
        await listening_again(rig, 2)
        assert rig.transport.addresses == [ADDRESSES[market].format(n) for n in (1, 2)]
        assert len(rig.sink.fills_by_id) == 1

    play(market, scenario, form=StreamForm.LISTEN_KEY)


@pytest.mark.parametrize("market", [USDM, SPOT])
def test_a_listen_key_is_prolonged_within_its_hour_and_replaced_where_it_is_gone(market) -> None:
    async def scenario(rig: Rig) -> None:
        name = "userDataStream" if market is SPOT else "listenKey"
        rig.venue.faults["PUT", name].append(lose_the_request)
        await rig.elapse(2 * 3600)
        assert len(rig.venue.asked("PUT", name)) == 4  # the first was lost and followed by another
        assert len(rig.transport.addresses) == 1
        assert all(p == ({"listenKey": "listen1"} if market is SPOT else {}) for p in rig.venue.asked("PUT", name))
        rig.venue.valid_key = None
        await rig.elapse(3600)
        assert rig.transport.addresses[1:] == [ADDRESSES[market].format(2)]

    play(market, scenario, form=StreamForm.LISTEN_KEY)


def test_a_refused_subscription_is_asked_for_again() -> None:
    async def scenario(rig: Rig) -> None:
        await listening_again(rig, 2)

    def refuse_once(rig: Rig) -> None:
        good = rig.venue.subscribe

        def refuse(text: str) -> str:
            rig.venue.subscribe = good
            return json.dumps({"id": json.loads(text)["id"], "status": 400, "error": {"code": -1021, "msg": "late"}})

        rig.venue.subscribe = refuse

    play(SPOT, scenario, before=refuse_once)


@pytest.mark.parametrize("event", ["eventStreamTerminated", "serverShutdown"])
def test_a_subscription_that_the_venue_ends_is_made_anew(event) -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.push({"e": event, "E": 1})
        await listening_again(rig, 2)

    play(SPOT, scenario)


@FORMS
def test_a_stream_that_is_open_and_deaf_to_an_order_is_replaced(market, form) -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.is_deaf = True
        assert (await rig.submit()).outcome is SendOutcome.ACCEPTED
        await rig.elapse(9)
        assert len(rig.transport.connections) == 1
        rig.venue.fill(rig.order("s0001-1"), "2", "99.5")
        await rig.elapse(9)
        rig.venue.is_deaf = False
        await rig.sink.until_said("s0001-1", OrderStatus.FILLED)
        assert len(rig.transport.connections) > 1

    play(market, scenario, form=form)


@FORMS
def test_a_stream_that_is_deaf_to_a_fill_which_the_account_shows_is_replaced(market, form) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        await rig.sink.until_said("s0001-1", OrderStatus.OPEN)
        listener = rig.venue.listeners.pop()
        rig.venue.fill(rig.order("s0001-1"), "1", "99.5")
        await rig.elapse(15)
        assert len(rig.transport.connections) == 1
        await rig.execution.account(rig.clock.utc_ns() - 60_000_000_000)
        rig.venue.listeners.append(listener)
        await listening_again(rig, 2)
        await rig.sink.until_said("s0001-1", OrderStatus.PARTIALLY_FILLED)

    play(market, scenario, form=form)


def test_a_restless_connection_is_not_hammered() -> None:
    async def scenario(rig: Rig) -> None:
        for _ in range(8):
            rig.transport.connections[-1].drop()
            await listening_again(rig, len(rig.transport.connections) + 1)
        assert rig.clock.utc_ns() - began[0] > 8 * 2_000_000_000

    began: list[int] = []
    play(USDM, scenario, before=lambda rig: began.append(rig.clock.utc_ns()))


def test_unreadable_messages_are_counted_and_too_many_replace_the_connection() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        for listener in list(rig.venue.listeners):
            for _ in range(21):
                listener("{nonsense")
        rig.venue.fill(rig.order("s0001-1"), "1", "99.5")
        await rig.sink.until_said("s0001-1", OrderStatus.PARTIALLY_FILLED)
        await listening_again(rig, 2)
        assert rig.execution.malformed == 21

    play(USDM, scenario)


def test_a_fee_without_a_price_holds_its_fill_back_until_there_is_one() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        rig.venue.faults["GET", "ticker/price"] += [lose_the_request] * 3
        rig.venue.fill(rig.order("s0001-1"), "2", "99.5", fee="0.001", asset="BNB")
        await rig.sink.until_said("s0001-1", OrderStatus.FILLED)
        assert {fill.fee for fill in rig.sink.fills} == {D("0.6")}

    play(USDM, scenario)


def test_a_fill_of_a_contract_without_rules_here_is_left_to_the_account() -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.fill(rig.venue.rest_order("BTCUSDT_991231", "BUY", "1", "99", "web_1"), "1", "99")
        await rig.sink.until_said("web_1", OrderStatus.FILLED)
        assert (rig.sink.fills, len(rig.transport.connections), rig.execution.malformed) == ([], 1, 0)
        report = await rig.execution.account(rig.clock.utc_ns())
        assert [str(p.instrument_id) for p in report.positions] == ["BTCUSDT_991231@binanceusdm"]

    play(USDM, scenario)


FRAMES = "nautechsystems+nautilus_trader/binance__"


@needs_recordings
@pytest.mark.parametrize(
    ("name", "filled", "status"),
    [
        ("binance/{}spot__user_data_json__execution_report_new.json", None, "NEW"),
        ("binance/{}spot__user_data_json__execution_report_expired.json", None, "EXPIRED"),
        ("binanceusdm/{}futures__user_data_json__order_update_trade.json", "0.001", "PARTIALLY_FILLED"),
        ("binanceusdm/{}futures__user_data_json__order_update_adl.json", "0.005", "NEW_ADL"),
        ("binanceusdm/{}futures__user_data_json__order_update_insurance.json", None, "NEW_INSURANCE"),
    ],
)
def test_recorded_executions_are_read(name, filled, status) -> None:
    told = read_frame(Path(recording(name.format(FRAMES))).read_bytes())
    assert isinstance(told, Execution)
    assert told.status == status
    if filled is not None:
        assert (told.is_fill, told.last_quantity) == (True, D(filled))


@needs_recordings
@pytest.mark.parametrize("folder", ["binance", "binanceusdm"])
def test_no_recorded_frame_of_an_account_is_unreadable(folder) -> None:
    found = 0
    for path in recording(f"{folder}/nautechsystems+nautilus_trader").glob("*user_data_json*.json"):
        told = read_frame(path.read_bytes())
        assert told is None or isinstance(told, Execution)
        found += 1
    for path in recording(f"{folder}/JKorf+Binance.Net").glob("Subscriptions__*.txt"):
        _, _, frame = path.read_text("utf-8").partition("\n= \n")
        if frame:
            read_frame(frame.encode())
            found += 1
    assert found > 5


EXECUTION = {
    "e": "executionReport", "s": "BTCUSDT", "c": "a", "S": "BUY", "q": "1", "x": "TRADE", "X": "FILLED", "i": 1,
    "l": "1", "z": "1", "L": "2", "T": 1, "t": 1, "m": False, "n": "0", "N": "USDT", "C": "", "r": "NONE",
}  # fmt: skip
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.integers(), max_size=2),
    st.sampled_from(["NaN", "-Infinity", "1e999", "-1", "0", "SELL", "TRADE", "REJECTED"]),
)  # fmt: skip


@settings(max_examples=300)
@given(changes=st.dictionaries(st.sampled_from(sorted(EXECUTION)), ODD, max_size=4), form=st.integers(0, 3))
def test_whatever_a_frame_holds_it_is_read_or_refused(changes, form) -> None:
    inner = EXECUTION | changes
    wrapped = [inner, {"subscriptionId": 0, "event": inner}, {"stream": "x", "data": inner}, {"e": "ORDER_TRADE_UPDATE", "o": inner}]  # fmt: skip  # noqa: E501 - four envelopes
    try:
        told = read_frame(json.dumps(wrapped[form]).encode())
    except ValueError:
        return
    assert told is None or isinstance(told, Execution | StreamEnd | SocketAnswer)
    if isinstance(told, Execution) and told.is_fill:
        assert told.last_quantity > 0
        assert told.last_price > 0


@settings(max_examples=200)
@given(raw=st.binary(max_size=80))
def test_bytes_are_read_or_refused(raw) -> None:
    try:
        read_frame(raw)
    except ValueError:
        return


@settings(max_examples=15)
@given(frames=st.lists(st.one_of(st.binary(max_size=30), st.dictionaries(st.sampled_from(sorted(EXECUTION)), ODD).map(lambda c: json.dumps(EXECUTION | c).encode())), max_size=8))  # fmt: skip  # noqa: E501 - a strategy
def test_no_frame_stops_those_behind_it(frames) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.submit()
        for frame in frames:
            rig.transport.connections[-1]._on_message(frame)
        rig.venue.fill(rig.order("s0001-1"), "2", "99.5")
        await rig.sink.until_said("s0001-1", OrderStatus.FILLED)

    play(SPOT, scenario)


def test_a_key_that_is_refused_ends_the_start_and_not_with_silence() -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.faults["GET", "positionSide/dual"].append(instead(error(-2015, "Invalid API-key.", 401)))
        with pytest.raises(Exception, match="Invalid API-key"):
            await rig.execution.start(rig.sink)

    play(USDM, scenario, is_started=False)
