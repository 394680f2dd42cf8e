"""How an error of ccxt is read: by the code first, by the class with caution, and never with a key in it."""

import json
import socket
from typing import Any

import aiohttp
import ccxt
import pytest

from adapters.ccxt_exchange.outcomes import NotSentError, result_of
from core.ports.venue import SendOutcome
from core.types.credentials import Secret
from tests.recordings import needs_recordings, recording

REJECTED, IN_DOUBT = SendOutcome.REJECTED, SendOutcome.IN_DOUBT


def outcome(error: Exception, exchange: str = "nobody", **more: Any) -> SendOutcome:
    return result_of(error, exchange, (), **more).outcome


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("InsufficientFunds", REJECTED),
        ("InvalidOrder", REJECTED),
        ("OrderImmediatelyFillable", REJECTED),
        ("BadRequest", REJECTED),
        ("BadSymbol", REJECTED),
        ("AuthenticationError", REJECTED),
        ("PermissionDenied", REJECTED),
        ("RateLimitExceeded", REJECTED),
        ("NotSupported", REJECTED),
        ("DuplicateOrderId", IN_DOUBT),
        ("DDoSProtection", IN_DOUBT),
        ("NetworkError", IN_DOUBT),
        ("RequestTimeout", IN_DOUBT),
        ("ExchangeNotAvailable", IN_DOUBT),
        ("OnMaintenance", IN_DOUBT),
        ("InvalidNonce", IN_DOUBT),
        ("BadResponse", IN_DOUBT),
        ("NullResponse", IN_DOUBT),
        ("OperationFailed", IN_DOUBT),
        ("OperationRejected", IN_DOUBT),
        ("ExchangeError", IN_DOUBT),
        ("BaseError", IN_DOUBT),
    ],
)
def test_only_clear_refusals_of_ccxts_classes_are_refusals(name: str, expected: SendOutcome):
    assert outcome(getattr(ccxt, name)("somewhere something")) is expected


@pytest.mark.parametrize("error", [KeyError("a"), TypeError("b"), ValueError("c"), TimeoutError(), OSError("d")])
def test_what_is_no_error_of_ccxt_is_doubt(error: Exception):
    assert outcome(error) is IN_DOUBT


@pytest.mark.parametrize(
    ("exchange", "error", "expected"),
    [
        ("bybit", ccxt.InvalidOrder('bybit {"retCode":170146,"retMsg":"Order creation timeout."}'), IN_DOUBT),
        ("bybit", ccxt.InvalidOrder('bybit {"retCode":110072,"retMsg":"OrderLinkedID is duplicate"}'), IN_DOUBT),
        ("bybit", ccxt.BadRequest('bybit {"retCode":12141,"retMsg":"Duplicate clientOrderId."}'), IN_DOUBT),
        ("bybit", ccxt.ExchangeError('bybit {"retCode":10016,"retMsg":"Server error."}'), IN_DOUBT),
        ("bybit", ccxt.InvalidNonce('bybit {"retCode":10002,"retMsg":"invalid request, timestamp"}'), REJECTED),
        ("bybit", ccxt.InsufficientFunds('bybit {"retCode":110007,"retMsg":"ab not enough"}'), REJECTED),
        ("bybit", ccxt.RateLimitExceeded('bybit {"retCode":10006,"retMsg":"Too many visits!"}'), REJECTED),
        (
            "krakenfutures",
            ccxt.ExchangeNotAvailable("krakenfutures: createOrder failed due to marketSuspended"),
            REJECTED,
        ),
        (
            "krakenfutures",
            ccxt.ExchangeError("krakenfutures: createOrder failed due to wouldNotReducePosition"),
            REJECTED,
        ),
        ("krakenfutures", ccxt.DuplicateOrderId("createOrder failed due to clientOrderIdAlreadyExist"), IN_DOUBT),
        ("krakenfutures", ccxt.DDoSProtection('krakenfutures {"result":"error","error":"apiLimitExceeded"}'), REJECTED),
        ("krakenfutures", ccxt.ExchangeNotAvailable('krakenfutures {"error":"Unavailable"}'), IN_DOUBT),
        ("paradex", ccxt.OperationRejected('paradex {"error":"INVALID_PRICE_PRECISION"}'), REJECTED),
        ("paradex", ccxt.InvalidOrder('paradex {"error":"DUPLICATED_CLIENT_ID"}'), IN_DOUBT),
        ("paradex", ccxt.ExchangeError('paradex {"error":"INTERNAL_ERROR"}'), IN_DOUBT),
        ("binanceusdm", ccxt.ExchangeError('binanceusdm {"code":-2019,"msg":"Margin is insufficient."}'), REJECTED),
        ("binance", ccxt.InvalidOrder('binance {"code":-2010,"msg":"Duplicate order sent."}'), IN_DOUBT),
    ],
    ids=str,
)
def test_a_code_that_is_known_goes_before_the_class(exchange: str, error: Exception, expected: SendOutcome):
    assert outcome(error, exchange) is expected


def test_an_order_that_was_just_sent_and_is_not_found_is_doubt():
    error = ccxt.OrderNotFound("no such order")
    assert outcome(error, is_new_order=True) is IN_DOUBT
    assert outcome(error) is REJECTED


@pytest.mark.parametrize(
    "cause",
    [socket.gaierror("no name"), aiohttp.ClientConnectorError(None, OSError("refused"))],
)
def test_what_never_reached_anybody_was_not_sent(cause: Exception):
    error = ccxt.ExchangeNotAvailable("bybit POST somewhere")
    assert outcome(error) is IN_DOUBT
    error.__cause__ = cause
    assert outcome(error) is REJECTED
    assert outcome(NotSentError("not sent: limit")) is REJECTED


def test_a_text_holds_neither_keys_nor_signed_queries():
    error = ccxt.ExchangeNotAvailable("bybit GET https://host/v5/order?api_key=abcd&sign=beef 503 for my-secret")
    told = result_of(error, "bybit", (Secret("my-secret"),)).reason
    assert told == "ExchangeNotAvailable: bybit GET https://host/v5/order?… 503 for ***"


@needs_recordings
def test_no_recorded_refusal_of_time_or_server_is_taken_for_a_refusal_of_the_order():
    """Every literal body of Bybit that ccxt has seen, with the class that ccxt gives it."""
    rows = json.loads(recording("errors/inline_bodies_bybit.json").read_text("utf-8"))
    assert len(rows) > 10
    for row in rows:
        body = json.dumps(row["body"], separators=(",", ":"))
        error = getattr(ccxt, row["ccxt_class"] or "ExchangeError")(f"bybit {body}")
        words = body.lower()
        if any(word in words for word in ("timeout", "server error", "duplicate", "network")):
            assert outcome(error, "bybit") is IN_DOUBT, body
