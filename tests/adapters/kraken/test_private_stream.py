"""The private websocket: nothing that happens is lost, told twice, or believed half."""

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.kraken.executions import ExecutionReader
from adapters.kraken.own_orders import OwnOrders
from adapters.kraken.private_stream import PrivateStream
from adapters.kraken.traded_pairs import TradedPairs
from core.ports.randomness import NoRandomness
from core.ports.venue import SendOutcome
from core.types.order import OrderStatus, Side
from tests.adapters.kraken.rig import (
    SYMBOLS,
    D,
    TradeRig,
    WallClock,
    play,
    trading_settings,
)
from tests.venues.execution_records import ExecutionRecords
from tests.venues.kraken.pairs import PAIRS

S = OrderStatus


def sell_to_us(rig: TradeRig, quantity: str = "0.1", price: str = "29999.5") -> None:
    rig.venue.exchange.crowd("BTC/USD", Side.SELL, price, quantity)


async def away_and_back(rig: TradeRig) -> None:
    before = rig.venue.stream.connections
    await rig.venue.stream.close()
    await rig.venue.until(lambda: rig.venue.stream.connections > before)
    await rig.execution.until_ready()


def test_a_lost_execution_is_found_at_the_next_one_and_read_from_the_history(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent(price="29999.5", quantity="1")
        await rig.submit(order)
        rig.venue.faults.lost_executions = 1
        sell_to_us(rig, "0.3")
        assert rig.told.fills_by_id == {}
        sell_to_us(rig, "0.2")
        await rig.told.until(lambda: rig.told.filled(order.client_order_id) == D("0.5"))
        assert rig.venue.stream.connections == 2

    play(scenario, tmp_path)


def test_no_order_leaves_between_a_gap_and_the_end_of_the_backfill(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent(price="29999.5", quantity="1")
        await rig.submit(order)
        rig.venue.faults.lost_executions = 1
        sell_to_us(rig, "0.3")
        sell_to_us(rig, "0.2")
        await rig.venue.until(lambda: rig.venue.stream.connections == 2)
        refused = await rig.submit(rig.intent())
        assert refused.outcome is SendOutcome.REJECTED
        assert refused.reason.startswith("not sent: executions are not heard")
        await rig.execution.until_ready()
        assert rig.told.filled(order.client_order_id) == D("0.5")  # before the first order
        assert (await rig.submit(rig.intent())).outcome is SendOutcome.ACCEPTED

    play(scenario, tmp_path)


def test_a_repeated_execution_is_told_once(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent(price="29999.5", quantity="1")
        await rig.submit(order)
        rig.venue.faults.repeated_executions = 1
        sell_to_us(rig, "0.3")
        sell_to_us(rig, "0.7")
        await rig.told.until_said(order.client_order_id, S.FILLED)
        assert len(rig.told.fills) == 2
        assert rig.venue.stream.connections == 1

    play(scenario, tmp_path)


def test_what_happened_while_the_connection_was_away_is_told_fills_before_ends(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        filled, cancelled, left = rig.intent(price="29999.5"), rig.intent(price="28000"), rig.intent(price="27000")
        for order in (filled, cancelled, left):
            await rig.submit(order)
        rig.venue.faults.refused_connections = 3
        await rig.venue.stream.close()
        await rig.venue.until(lambda: not rig.venue.stream.clients)
        sell_to_us(rig)
        names = {order.cl_ord_id: order for order in rig.venue.exchange.open_orders(rig.venue.ours)}
        rig.venue.exchange.cancel(next(order for order in names.values() if order.price == D(28000)))
        rig.told.reports.clear()
        await rig.told.until_said(cancelled.client_order_id, S.CANCELLED)
        await rig.told.until_said(filled.client_order_id, S.FILLED)
        assert rig.told.filled(filled.client_order_id) == D("0.1")
        await rig.execution.until_ready()
        assert rig.told.changes(left.client_order_id) == [S.OPEN]

    play(scenario, tmp_path)


def test_executions_without_a_client_id_are_told_by_the_venues_id(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        rig.venue.faults.hidden_client_ids = True
        order = rig.intent(price="29999.5", quantity="1")
        await rig.submit(order)
        sell_to_us(rig, "1")
        await rig.told.until_said(order.client_order_id, S.FILLED)
        assert rig.told.filled(order.client_order_id) == D(1)

    play(scenario, tmp_path)


def test_a_fill_before_the_answer_to_its_order_is_told(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        rig.venue.stream.before_answer = lambda method: method == "add_order" and sell_to_us(rig)
        order = rig.intent(price="29999.5")
        assert (await rig.submit(order)).outcome is SendOutcome.ACCEPTED
        assert rig.told.filled(order.client_order_id) == D("0.1")

    play(scenario, tmp_path)


def test_a_silent_connection_is_replaced(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent(price="29999.5")
        await rig.submit(order)
        rig.venue.faults.is_silent = True
        sell_to_us(rig)
        await rig.venue.until(lambda: not rig.venue.stream.clients)
        rig.venue.faults.is_silent = False
        await rig.told.until(lambda: rig.told.filled(order.client_order_id) == D("0.1"))
        await rig.execution.until_ready()

    play(scenario, tmp_path, silence_limit_s=0.3)


def test_a_session_that_has_run_out_is_replaced_and_the_order_was_refused(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        rig.venue.stream.forget_tokens()
        result = await rig.submit(rig.intent())
        assert (result.outcome, result.reason) == (SendOutcome.REJECTED, "ESession:Invalid session")
        await rig.venue.until(lambda: rig.venue.stream.connections == 2)
        await rig.execution.until_ready()
        assert (await rig.submit(rig.intent())).outcome is SendOutcome.ACCEPTED

    play(scenario, tmp_path)


def test_an_execution_that_cannot_be_read_counts_as_one_that_did_not_come(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        (client,) = rig.venue.stream.clients
        client.send(b'{"channel":"executions","type":"update","data":[{"order_id":7}],"sequence":2}')
        await rig.venue.until(lambda: rig.venue.stream.connections == 2)
        await rig.execution.until_ready()

    play(scenario, tmp_path)


def test_a_status_of_no_known_meaning_is_not_guessed_at(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent()
        await rig.submit(order)
        (client,) = rig.venue.stream.clients
        (order_id,) = rig.open_at_venue
        row = {
            "exec_type": "frozen",
            "order_id": order_id,
            "order_status": "frozen",
            "timestamp": "2026-01-01T00:00:00Z",
        }
        sequence = next(client.sequences["executions"])
        client.send({"channel": "executions", "type": "update", "data": [row], "sequence": sequence})
        asked = len(rig.asked("TradesHistory"))
        await rig.venue.until(lambda: len(rig.asked("TradesHistory")) > asked)
        assert rig.told.changes(order.client_order_id) == [S.OPEN]

    with caplog.at_level(logging.ERROR):
        play(scenario, tmp_path)
    assert "has status 'frozen'" in caplog.text


def test_the_difference_of_the_clocks_is_measured_and_trades_are_asked_for_by_the_venues(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        rig.venue.faults.clock_ahead_ns = 90_000_000_000
        await rig.submit(rig.intent())
        assert rig.execution.clock_offset_ns is not None
        assert abs(rig.execution.clock_offset_ns - 90_000_000_000) < 20_000_000_000
        sell_to_us(rig, "99", "29000")
        await rig.told.until(lambda: len(rig.told.fills_by_id) == 1)
        rig.venue.faults.clock_ahead_ns = -90_000_000_000
        await rig.submit(rig.intent())  # trades at once, by a clock that is behind what is asked for
        report = await rig.execution.account(rig.clock.utc_ns() - 30_000_000_000)
        assert len(report.fills) == 2

    play(scenario, tmp_path)


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = {
    "exec_type": "trade", "order_id": "O1", "order_status": "new", "timestamp": "2026-01-01T00:00:00Z",
    "symbol": "BTC/USD", "side": "buy", "cl_ord_id": "s0001-1", "exec_id": "T1", "last_qty": 1, "last_price": 2,
    "liquidity_ind": "m", "fees": [{"asset": "USD", "qty": 1}],
}  # fmt: skip
DAMAGED = st.dictionaries(st.sampled_from(sorted(FIELDS)), JSON, max_size=4).map(lambda changes: FIELDS | changes)
FRAMES = st.fixed_dictionaries(
    {"channel": st.just("executions"), "type": st.sampled_from(["snapshot", "update", "other"]),
     "data": st.lists(DAMAGED, max_size=3), "sequence": st.integers(0, 3) | JSON}
)  # fmt: skip
TABLE = {"error": [], "result": {pair.name: pair.table_row() for pair in PAIRS}}
TRADED = TradedPairs(msgspec.json.encode(TABLE), SYMBOLS)
ANSWERS = st.fixed_dictionaries(
    {"method": st.just("add_order"), "req_id": st.just(1) | JSON, "success": st.booleans() | JSON},
    optional={"result": JSON, "error": JSON, "time_in": st.text(max_size=30), "time_out": st.text(max_size=30)},
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])  # nested JSON, on a shared machine
@given(st.lists(st.binary(max_size=60) | (FRAMES | ANSWERS | JSON).map(_json), max_size=6))
def test_no_message_of_the_venue_raises(messages: list[bytes]) -> None:
    async def scenario() -> None:
        clock, told, orders = WallClock(), ExecutionRecords(), OwnOrders()
        orders.sent("s0001-1", "BTC/USD", Side.BUY, 0)
        reader = ExecutionReader(TRADED, orders, told, clock, lambda _: None)
        stream = PrivateStream(
            None, "", trading_settings(), None, clock, NoRandomness(),
            on_executions=reader.take, catch_up=None,
        )  # fmt: skip
        stream._given_up = asyncio.get_running_loop().create_future()
        for message in messages:
            stream._on_message(message)
        for fill in told.fills_by_id.values():
            assert fill.price.is_finite()
            assert fill.quantity > 0
            assert fill.fee.is_finite()

    asyncio.run(scenario())
