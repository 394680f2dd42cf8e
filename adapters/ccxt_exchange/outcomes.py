"""What became of a request, by the exchange's own code where it is known, else by ccxt's class read with caution.

ccxt's classes are a guess made of the code: a creation that timed out can be an InvalidOrder, a lack of margin a plain
ExchangeError. Whatever is not clearly a refusal is doubt.
"""

import re
import socket
from collections.abc import Mapping
from typing import Final

import aiohttp
import msgspec

from core.ports.venue import SendOutcome, SendResult
from core.types.credentials import Secret

_SHOWN: Final = 300


class Codes(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange's codes: where they stand in ccxt's text, and those that the class gets wrong."""

    pattern: re.Pattern[str]
    refused: frozenset[str] = frozenset()
    doubt: frozenset[str] = frozenset()


_BINANCE: Final = Codes(
    pattern=re.compile(r'"code":\s*(-?\d+)'),
    refused=frozenset(
        [
            "-1002",
            "-1003",
            "-1013",
            "-1014",
            "-1015",
            "-1020",
            "-1021",
            "-1022",
            "-1100",
            "-1101",
            "-1102",
            "-1103",
            "-1104",
            "-1105",
            "-1106",
            "-1111",
            "-1112",
            "-1114",
            "-1115",
            "-1116",
            "-1117",
            "-1121",
            "-1128",
            "-1130",
            "-2010",
            "-2011",
            "-2013",
            "-2014",
            "-2015",
            "-2018",
            "-2019",
            "-2020",
            "-2021",
            "-2022",
            "-2024",
            "-2025",
            "-2026",
            "-2027",
            "-2028",
            "-4003",
            "-4004",
            "-4005",
            "-4013",
            "-4014",
            "-4015",
            "-4016",
            "-4023",
            "-4024",
            "-4025",
            "-4061",
            "-4131",
            "-4164",
            "-5021",
            "-5022",
            "-5027",
            "-5028",
        ]
    ),
    doubt=frozenset(["-1000", "-1001", "-1006", "-1007", "-1008", "-1016", "-4116"]),
)
CODES: Final[Mapping[str, Codes]] = {
    "binance": _BINANCE,
    "binanceusdm": _BINANCE,
    "bybit": Codes(
        pattern=re.compile(r'"ret_?[cC]ode":\s*"?(-?\d+)'),
        refused=frozenset(["10002", "110025", "110066", "110071", "170149", "170150", "170227", "170234", "170241"]),
        # server errors, time-outs of a creation or a cancel, and ids that were used before
        doubt=frozenset(
            [
                "5004",
                "10000",
                "10016",
                "12141",
                "110072",
                "170001",
                "170007",
                "170031",
                "170032",
                "170141",
                "170146",
                "170147",
            ]
        ),
    ),
    "krakenfutures": Codes(
        pattern=re.compile(r'failed due to (\w+)|"error":\s*"(\w+)'),
        refused=frozenset(
            [
                "apiLimitExceeded",
                "marketSuspended",
                "marketInactive",
                "selfFill",
                "tooManySmallOrders",
                "wouldNotReducePosition",
                "accountInactive",
            ]
        ),
        doubt=frozenset(["clientOrderIdAlreadyExist", "nonceBelowThreshold", "nonceDuplicate"]),
    ),
    "paradex": Codes(
        pattern=re.compile(r'"error":\s*"(\w+)'),
        refused=frozenset(
            [
                "BINDING_ERROR",
                "INVALID_PRICE_PRECISION",
                "INVALID_SYMBOL",
                "INVALID_TOKEN",
                "INVALID_STARKNET_SIGNATURE",
                "ISOLATED_MARKET_ACCOUNT_MISMATCH",
                "RATE_LIMIT_EXCEEDED",
            ]
        ),
        doubt=frozenset(["DUPLICATED_CLIENT_ID", "INTERNAL_ERROR", "SERVICE_UNAVAILABLE"]),
    ),
}
# of ccxt; a class below one of these is one of these, unless it stands in the list of doubt
REFUSING: Final = frozenset(
    {
        "InsufficientFunds", "InvalidOrder", "BadRequest", "ArgumentsRequired", "AuthenticationError",
        "PermissionDenied", "RateLimitExceeded", "NotSupported", "MarketClosed",
    }
)  # fmt: skip
DOUBTFUL: Final = frozenset({"DuplicateOrderId", "OrderNotCached"})
_LIMITED: Final = frozenset({"RateLimitExceeded", "DDoSProtection"})
_DOUBTFUL_WORDS: Final = re.compile(r"duplicat|time[d ]*out|already ?exist", re.IGNORECASE)


class NotSentError(Exception):
    """A request did not leave; the text says why."""


def result_of(
    error: Exception, exchange: str, secrets: tuple[Secret, ...], *, is_new_order: bool = False
) -> SendResult:
    """Return what is known of a request that ended with an error."""
    told = told_of(error, secrets)
    return SendResult(_outcome(error, str(error), exchange, is_new_order=is_new_order), told)


def told_of(error: BaseException, secrets: tuple[Secret, ...]) -> str:
    """Return an error's text without keys, signed queries and endless bodies."""
    text = re.sub(r"(\w+://[^\s?\"']+)\?[^\s\"']*", r"\1?…", str(error))
    for secret in secrets:
        text = text.replace(secret.reveal(), "***")
    return f"{type(error).__name__}: {text}"[:_SHOWN]


def is_rate_limited(error: BaseException) -> bool:
    return bool(_classes(error) & _LIMITED)


def _outcome(error: Exception, text: str, exchange: str, *, is_new_order: bool) -> SendOutcome:
    if isinstance(error, NotSentError) or isinstance(error.__cause__, aiohttp.ClientConnectorError | socket.gaierror):
        return SendOutcome.REJECTED
    classes, code = _classes(error), code_of(text, exchange)
    codes = CODES.get(exchange)
    if codes is not None and code in codes.doubt:
        return SendOutcome.IN_DOUBT
    if _DOUBTFUL_WORDS.search(text) or classes & DOUBTFUL:
        return SendOutcome.IN_DOUBT
    if is_new_order and "OrderNotFound" in classes:  # of an order that was just sent
        return SendOutcome.IN_DOUBT
    is_refused = bool(classes & REFUSING) or (codes is not None and code in codes.refused)
    return SendOutcome.REJECTED if is_refused else SendOutcome.IN_DOUBT


def code_of(text: str, exchange: str) -> str | None:
    """Return the exchange's code in ccxt's text, None where there is none."""
    codes = CODES.get(exchange)
    match = None if codes is None else codes.pattern.search(text)
    return None if match is None else next((group for group in match.groups() if group is not None), None)


def _classes(error: BaseException) -> set[str]:
    """Return ccxt's classes that an error is of: names are enough, and need no import."""
    return {each.__name__ for each in type(error).__mro__ if each.__module__.partition(".")[0] == "ccxt"}
