"""What an answer of Coinbase proves about a request: one catalogue of its reasons.

A refused order comes as HTTP 200 with ``success: false``; what is refused in front of the order book comes as 4xx. An
answer of 500 or more proves nothing, nor does a body that is not one, nor a reason that is not in here: in doubt.

https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/orders/create-order
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from adapters.coinbase.answers import (
    CancelAnswer,
    SubmitAnswer,
    SubmitSuccess,
    decode_cancel,
    decode_gateway_error,
    decode_submit,
)
from adapters.streams.market_data import UNREADABLE
from core.ports.transport import HttpReply


class Meaning(StrEnum):
    DONE = "done"
    REJECTED = "rejected"  # the venue has not done it and will not
    IN_DOUBT = "in_doubt"


_M = Meaning

HTTP: Final[Mapping[int, Meaning]] = {
    200: _M.DONE,
    **dict.fromkeys((400, 401, 403, 404, 405, 413, 415, 422), _M.REJECTED),  # looked at and refused before the book
    429: _M.REJECTED,
}
"""By status; any other is in doubt."""

ORDER_REASONS: Final[Mapping[str, Meaning]] = {
    "UNKNOWN_FAILURE_REASON": _M.IN_DOUBT,  # also stands beside a known reason, which then decides
    "DUPLICATE_CLIENT_ORDER_ID": _M.IN_DOUBT,  # an order with the id exists: which one has to be looked up
    **dict.fromkeys(
        (
            "UNSUPPORTED_ORDER_CONFIGURATION", "INVALID_SIDE", "INVALID_PRODUCT_ID", "INVALID_SIZE_PRECISION",
            "INVALID_PRICE_PRECISION", "INSUFFICIENT_FUND", "INSUFFICIENT_FUNDS", "INVALID_LEDGER_BALANCE",
            "ORDER_ENTRY_DISABLED", "INELIGIBLE_PAIR", "INVALID_LIMIT_PRICE_POST_ONLY", "INVALID_LIMIT_PRICE",
            "INVALID_NO_LIQUIDITY", "INVALID_REQUEST", "COMMANDER_REJECTED_NEW_ORDER", "IN_LIQUIDATION",
            "INVALID_MARGIN_TYPE", "INVALID_LEVERAGE", "UNTRADABLE_PRODUCT", "INVALID_FCM_TRADING_SESSION",
            "GEOFENCING_RESTRICTION", "QUOTE_SIZE_NOT_ALLOWED_FOR_BRACKET", "INVALID_BRACKET_PRICES",
            "MISSING_MARKET_TRADE_DATA", "INVALID_BRACKET_LIMIT_PRICE", "INVALID_BRACKET_STOP_TRIGGER_PRICE",
            "BRACKET_LIMIT_PRICE_OUT_OF_BOUNDS", "STOP_TRIGGER_PRICE_OUT_OF_BOUNDS", "BRACKET_ORDER_NOT_SUPPORTED",
            "FOK_DISABLED", "FOK_ONLY_ALLOWED_ON_LIMIT_ORDERS", "POST_ONLY_NOT_ALLOWED_WITH_FOK",
            "UBO_HIGH_LEVERAGE_QUANTITY_BREACHED", "END_TIME_TOO_FAR_IN_FUTURE", "LIMIT_PRICE_TOO_FAR_FROM_MARKET",
            "OPEN_BRACKET_ORDERS",
        ),
        _M.REJECTED,
    ),
}  # fmt: skip
"""By `error_response.error`, `new_order_failure_reason` and `failure_reason` of a refused order."""

_PREVIEW: Final = "PREVIEW_"  # a check that an order fails before it is entered, whatever its name

CANCEL_REASONS: Final[Mapping[str, Meaning]] = {
    "UNKNOWN_CANCEL_FAILURE_REASON": _M.IN_DOUBT,
    "DUPLICATE_CANCEL_REQUEST": _M.DONE,  # the first one is under way
    **dict.fromkeys(
        (
            "INVALID_CANCEL_REQUEST", "UNKNOWN_CANCEL_ORDER", "COMMANDER_REJECTED_CANCEL_ORDER",
            "INVALID_CANCEL_PRODUCT_ID", "INVALID_CANCEL_FCM_TRADING_SESSION", "NOT_ALLOWED_TO_CANCEL",
            "ORDER_IS_FULLY_FILLED", "ORDER_IS_BEING_REPLACED",
        ),
        _M.REJECTED,
    ),
}  # fmt: skip
"""By `failure_reason` of one order that could not be cancelled."""

_SHOWN: Final = 200


class Judgement(NamedTuple):
    meaning: Meaning
    text: str = ""
    order: SubmitSuccess | None = None  # of an accepted order: the one that the venue means


def judge_submit(reply: HttpReply) -> Judgement:
    """Return what the answer to a new order proves."""
    refused = _refused_by_status(reply)
    if refused is not None:
        return refused
    try:
        answer = decode_submit(reply.body)
    except UNREADABLE as error:
        return Judgement(Meaning.IN_DOUBT, f"an answer that cannot be read: {error}")
    if not answer.success:
        return _refused_order(answer)
    if answer.success_response is None or not answer.success_response.order_id:
        return Judgement(Meaning.IN_DOUBT, "accepted without saying which order")
    return Judgement(Meaning.DONE, order=answer.success_response)


def judge_cancel(reply: HttpReply, order_id: str) -> Judgement:
    """Return what the answer to a cancel proves about one order."""
    refused = _refused_by_status(reply)
    if refused is not None:
        return refused
    try:
        results = {result.order_id: result for result in decode_cancel(reply.body).results}
    except UNREADABLE as error:
        return Judgement(Meaning.IN_DOUBT, f"an answer that cannot be read: {error}")
    result = results.get(order_id)
    if result is None:
        return Judgement(Meaning.IN_DOUBT, "an answer about other orders")
    if result.success:
        return Judgement(Meaning.DONE)
    return Judgement(CANCEL_REASONS.get(result.failure_reason, Meaning.IN_DOUBT), result.failure_reason)


def cancel_failures(reply: HttpReply) -> dict[str, str]:
    """Return why orders were not cancelled, by id; raises as decoding does."""
    answer: CancelAnswer = decode_cancel(reply.body)
    return {
        result.order_id: result.failure_reason
        for result in answer.results
        if not result.success and CANCEL_REASONS.get(result.failure_reason) is not Meaning.DONE
    }


def _refused_order(answer: SubmitAnswer) -> Judgement:
    error = answer.error_response
    told = [answer.failure_reason]
    if error is not None:
        told = [error.error, error.new_order_failure_reason, error.preview_failure_reason, *told]
    reasons = list(dict.fromkeys(reason for reason in told if reason and not reason.startswith("UNKNOWN_")))
    details = "" if error is None else error.error_details or error.message
    text = ", ".join(filter(None, (*reasons, details[:_SHOWN]))) or "refused without a reason"
    is_known = bool(reasons) and all(_order_reason(reason) is Meaning.REJECTED for reason in reasons)
    return Judgement(Meaning.REJECTED if is_known else Meaning.IN_DOUBT, text)


def _order_reason(reason: str) -> Meaning:
    if reason.startswith(_PREVIEW):
        return Meaning.REJECTED
    return ORDER_REASONS.get(reason, Meaning.IN_DOUBT)


def _refused_by_status(reply: HttpReply) -> Judgement | None:
    meaning = HTTP.get(reply.status, Meaning.IN_DOUBT)
    return None if meaning is Meaning.DONE else Judgement(meaning, f"HTTP {reply.status}: {error_text(reply)}")


def error_text(reply: HttpReply) -> str:
    """Return what a refused request's body says, as far as it is short."""
    try:
        error = decode_gateway_error(reply.body)
    except UNREADABLE:
        return reply.body[:_SHOWN].decode("utf-8", "replace")
    told = dict.fromkeys(filter(None, (error.error, error.error_details or error.message or error.error_description)))
    return ", ".join(told)[:_SHOWN] or "no reason"
