"""The catalogue of outcomes over recorded bodies, and over any body at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.coinbase.answers import decode_accounts, decode_fills, decode_order, decode_orders, decode_permissions
from adapters.coinbase.order_terms import STATUSES, order_of
from adapters.coinbase.outcomes import (
    CANCEL_REASONS,
    HTTP,
    ORDER_REASONS,
    Meaning,
    error_text,
    judge_cancel,
    judge_submit,
)
from adapters.network.transport import Reply
from core.types.order import OrderStatus, Side
from tests.recordings import needs_recordings, recording

DONE, REJECTED, IN_DOUBT = Meaning.DONE, Meaning.REJECTED, Meaning.IN_DOUBT
JKORF = "coinbase/JKorf+Coinbase.Net/Endpoints__AdvancedTrade__"
NAUTILUS = "coinbase/nautechsystems+nautilus_trader/coinbase__http_"


def refused(**reasons: str) -> Reply:
    return Reply(200, {}, json.dumps({"success": False, "error_response": reasons}).encode())


@pytest.mark.parametrize("reason", sorted(ORDER_REASONS))
def test_each_reason_of_the_catalogue_means_what_it_says_there(reason: str) -> None:
    for field in ("error", "new_order_failure_reason"):
        assert judge_submit(refused(**{field: reason})).meaning is ORDER_REASONS[reason]


@pytest.mark.parametrize(
    ("reasons", "meaning"),
    [
        ({}, IN_DOUBT),
        ({"error": "UNKNOWN_FAILURE_REASON"}, IN_DOUBT),
        ({"error": "SOMETHING_NEW"}, IN_DOUBT),
        ({"error": "SOMETHING_NEW", "preview_failure_reason": "PREVIEW_INSUFFICIENT_FUND"}, IN_DOUBT),
        ({"error": "UNKNOWN_FAILURE_REASON", "preview_failure_reason": "PREVIEW_SOMETHING_NEW"}, REJECTED),
        ({"preview_failure_reason": "UNKNOWN_PREVIEW_FAILURE_REASON"}, IN_DOUBT),
        ({"error": "INSUFFICIENT_FUND", "message": "Insufficient balance in source account"}, REJECTED),
        ({"error": "DUPLICATE_CLIENT_ORDER_ID"}, IN_DOUBT),
    ],
)
def test_an_order_is_rejected_only_for_reasons_that_are_known(reasons: dict, meaning: Meaning) -> None:
    assert judge_submit(refused(**reasons)).meaning is meaning


@pytest.mark.parametrize("reason", sorted(CANCEL_REASONS))
def test_each_reason_of_a_refused_cancel_means_what_the_catalogue_says(reason: str) -> None:
    results = [{"success": False, "failure_reason": reason, "order_id": "1"}]
    reply = Reply(200, {}, json.dumps({"results": results}).encode())
    assert judge_cancel(reply, "1").meaning is CANCEL_REASONS[reason]
    assert judge_cancel(reply, "2").meaning is IN_DOUBT


@given(status=st.integers(100, 599), body=st.binary(max_size=60) | st.just(b'{"error":"internal_server_error"}'))
def test_no_status_but_200_means_done_and_none_from_500_on_proves_anything(status: int, body: bytes) -> None:
    reply = Reply(status, {}, body)
    for judgement in (judge_submit(reply), judge_cancel(reply, "1")):
        assert judgement.meaning is not DONE
        if status >= 500:
            assert judgement.meaning is IN_DOUBT
        if status != 200:
            assert judgement.meaning is HTTP.get(status, IN_DOUBT)


@needs_recordings
def test_recorded_errors_are_put_into_words_and_never_taken_for_success() -> None:
    rows = json.loads(recording("errors/inline_bodies_coinbase.json").read_bytes())
    assert len(rows) == 3
    for row in rows:
        body = json.dumps(row["body"]).encode()
        assert judge_submit(Reply(400, {}, body)).meaning is REJECTED
        assert judge_submit(Reply(200, {}, body)).meaning is IN_DOUBT
        assert judge_cancel(Reply(200, {}, body), "1").meaning is IN_DOUBT
    assert "order with this orderID was not found" in error_text(Reply(404, {}, json.dumps(rows[1]["body"]).encode()))


@needs_recordings
def test_reasons_that_another_client_has_met_are_in_the_catalogue() -> None:
    known = json.loads(recording("errors/ccxt_exceptions_coinbase.json").read_bytes())["exact"]
    order_reasons = [code for code in known if code.isupper() and code not in {"PERMISSION_DENIED", "INVALID_ARGUMENT"}]
    assert len(order_reasons) == 4
    for reason in order_reasons:
        field = "preview_failure_reason" if reason.startswith("PREVIEW_") else "error"
        assert judge_submit(refused(**{field: reason})).meaning is REJECTED


def recorded_answer(name: str) -> bytes:
    """Return the body behind the three lines about the request."""
    return recording(f"{JKORF}{name}.txt").read_bytes().split(b"\n", 3)[3]


@needs_recordings
def test_recorded_answers_are_read() -> None:
    done = judge_submit(Reply(200, {}, recorded_answer("Trading__ClosePosition")))
    assert done.meaning is DONE
    assert done.order is not None
    assert (done.order.order_id, done.order.client_order_id) == ("11111-00000-000000", "0000-00000-000000")
    assert decode_order(recorded_answer("Trading__GetOrder")).order.status == "PENDING"
    assert decode_fills(recorded_answer("Trading__GetUserTrades")).cursor == "789100"
    assert len(decode_accounts(recorded_answer("Account__GetAccounts")).accounts) == 1
    assert decode_permissions(recorded_answer("Account__GetApiKeyInfo")).can_transfer
    orders = decode_orders(recording(f"{NAUTILUS}orders_list.json").read_bytes()).orders
    resting, filled = (order_of(order, order.product_id, order.client_order_id) for order in orders)
    assert (resting.intent.side, str(resting.intent.limit_price), resting.status) == (
        Side.BUY, "45000.00", OrderStatus.OPEN,
    )  # fmt: skip
    assert (filled.status, str(filled.filled_quantity)) == (OrderStatus.FILLED, "0.0325")
    assert len(decode_fills(recording(f"{NAUTILUS}fills.json").read_bytes()).fills) == 2
    assert len(decode_accounts(recording(f"{NAUTILUS}accounts.json").read_bytes()).accounts) == 2


def test_every_state_of_the_venue_that_may_live_may_live_here() -> None:
    over = {word for word, status in STATUSES.items() if status.is_final}
    assert over == {"FILLED", "CANCELLED", "EXPIRED", "FAILED"}
