"""The one table of error texts, over every body that was recorded."""

import json
from typing import Any

import msgspec
import pytest

from adapters.kraken.outcomes import TABLE, Effect, effects_of, outcome_of, row_of
from adapters.kraken.private_wire import (
    decode_answer,
    decode_balances,
    decode_count,
    decode_envelope,
    decode_executions,
    decode_open_orders,
    decode_orders,
)
from adapters.kraken.rest import result_of
from core.ports.venue import SendOutcome
from tests.recordings import needs_recordings, recording

DOUBTFUL = {
    "EService:Unavailable",
    "EDatabase:Internal error",
    "EService:Busy",
    "EGeneral:Internal error",
    "EService:Timeout",
}


def recorded_codes() -> list[str]:
    codes = [entry["code"] for entry in json.loads(recording("errors/inline_bodies_kraken.json").read_text())]
    return codes + list(json.loads(recording("errors/ccxt_exceptions_kraken.json").read_text())["exact"])


@needs_recordings
def test_every_recorded_text_is_in_the_table_and_only_faults_inside_the_venue_are_doubt() -> None:
    codes = recorded_codes()
    assert len(codes) > 30
    assert [code for code in codes if not row_of(code).text] == []
    assert {code for code in codes if outcome_of((code,)) is SendOutcome.IN_DOUBT} == DOUBTFUL & set(codes)


@needs_recordings
def test_every_recorded_body_is_read() -> None:
    for entry in json.loads(recording("errors/inline_bodies_kraken.json").read_text()):
        assert decode_envelope(json.dumps(entry["body"]).encode()).errors == [entry["code"]]


def test_no_text_is_in_the_table_twice_and_all_have_a_meaning() -> None:
    assert len({row.text for row in TABLE}) == len(TABLE)
    assert all(row.text and row.meaning for row in TABLE)


@pytest.mark.parametrize(
    ("errors", "outcome"),
    [
        ((), SendOutcome.IN_DOUBT),
        (("EOrder:Something new",), SendOutcome.REJECTED),
        (("EAccount:Invalid permissions:USDT trading restricted for DE.",), SendOutcome.REJECTED),
        (("EAccount:Something new",), SendOutcome.IN_DOUBT),
        (("Nothing anybody has seen",), SendOutcome.IN_DOUBT),
        (("EOrder:Insufficient funds", "EService:Busy"), SendOutcome.IN_DOUBT),
        (("EOrder:Insufficient funds", "EGeneral:Permission denied"), SendOutcome.REJECTED),
        (("EService:Market in post_only mode",), SendOutcome.REJECTED),
        (("EService:Deadline elapsed",), SendOutcome.REJECTED),
        (("Unsupported field: 'price' for the given msg type: add order",), SendOutcome.REJECTED),
    ],
)
def test_several_texts_are_only_a_reject_where_all_are(errors: tuple[str, ...], outcome: SendOutcome) -> None:
    assert outcome_of(errors) is outcome


def test_the_longest_text_decides_what_else_is_done() -> None:
    assert effects_of(("EOrder:Rate limit exceeded",)) == {Effect.PAUSE_PAIR}
    assert effects_of(("EAPI:Rate limit exceeded", "EAPI:Invalid nonce")) == {Effect.PAUSE_CALLS, Effect.NEXT_NONCE}
    assert effects_of(("EOrder:Unknown order",)) == set()


# recorded answers of the venue --------------------------------------------------------------------------------


def body(name: str) -> bytes:
    """Return the answer in a recorded exchange of request and answer."""
    text = recording(f"kraken/{name}").read_text("utf-8-sig")
    return text[text.index("{") :].encode()


def result(name: str, decode: Any) -> Any:
    return decode(result_of(body(name)))


@needs_recordings
def test_recorded_answers_are_read() -> None:
    spot = "JKorf+Kraken.Net/Endpoints__Spot__"
    orders = result(f"{spot}Trading__GetOpenOrders.txt", decode_open_orders).open
    assert str(orders["OQCLML-BW3P3-BUCMWZ"].vol_exec) == "0.37500000"
    closed = result(f"{spot}Trading__GetOrders.txt", decode_orders)
    assert {order.status for order in closed.values()} == {"closed"}
    assert result(f"{spot}Trading__GetOrders2.txt", decode_orders)["OICRC3-KX7OB-QB2B2S"].reason == "User requested"
    balances = result(f"{spot}Account__GetAvailableBalances.txt", decode_balances)
    assert str(balances["ZUSD"].hold_trade) == "8249.76"
    assert result(f"{spot}Trading__CancelAllOrders.txt", decode_count).count == 1
    nautilus = result("nautechsystems+nautilus_trader/kraken__http_open_orders.json", decode_open_orders).open
    assert nautilus["OYEQF4-FDE4C-NMUYUI"].descr.ordertype == "stop-loss"
    added = decode_answer(body("nautechsystems+nautilus_trader/kraken__ws_add_order_response_success.json"))
    assert (added.success, added.req_id, added.result.venue_order_id) == (True, 42, "OABCDE-12345-FGHIJ")


def test_documented_executions_are_read() -> None:
    """Of https://docs.kraken.com/api/docs/websocket-v2/executions."""
    message = decode_executions(
        b'{"channel":"executions","type":"update","data":[{"order_id":"OK4GJX-KSTLS-7DZZO5","order_userref":3,'
        b'"symbol":"BTC/USD","order_qty":0.005,"cum_cost":0.0,"time_in_force":"GTC","exec_type":"pending_new",'
        b'"side":"sell","order_type":"limit","limit_price_type":"static","limit_price":26500.0,"stop_price":0.0,'
        b'"order_status":"pending_new","fee_usd_equiv":0.0,"fee_ccy_pref":"fciq",'
        b'"timestamp":"2023-09-22T10:33:05.709950Z"}],"sequence":8}'
    )
    assert (message.sequence, message.data[0].exec_type, message.data[0].side) == (8, "pending_new", "sell")
    with pytest.raises(msgspec.ValidationError):
        decode_executions(b'{"channel":"executions","type":"update","data":[]}')
