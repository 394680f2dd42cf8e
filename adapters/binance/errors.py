"""What an answer of Binance proves about a request: the catalogue of its error codes.

The code decides, not the HTTP class: Binance answers refused orders, timeouts of its own matching engine and requests
whose fate it does not know alike with 400. Two things stand above the code: an answer of 500 or more is never proof of
anything (the venue's documentation: the execution status is unknown), and a body that is not one is none.

A code that is not in here is in doubt. Sources: https://developers.binance.com/docs/binance-spot-api-docs/errors and
https://developers.binance.com/docs/derivatives/usds-margined-futures/error-code
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from adapters.binance.market import BinanceMarket
from core.ports.transport import HttpReply

_OK: Final = 200
_SERVER_FAULTS: Final = 500
_SHOWN: Final = 200
TOO_MANY_ORDERS: Final = -1015


class Meaning(StrEnum):
    DONE = "done"
    REJECTED = "rejected"  # the venue has not done it and will not
    IN_DOUBT = "in_doubt"
    DUPLICATE = "duplicate"  # an order with this client id exists: which one has to be looked up
    CLOCK = "clock"  # refused, because the time in it was not the venue's
    UNKNOWN_ORDER = "unknown_order"  # no such order among the open ones, now, where the venue looked
    UNCHANGED = "unchanged"  # the order has the terms that were asked for already


class Judgement(NamedTuple):
    meaning: Meaning
    text: str = ""
    code: int | None = None


_M = Meaning

_BOTH: Final[dict[int, Meaning]] = {
    -1000: _M.IN_DOUBT,  # "an unknown error occurred while processing the request"
    -1001: _M.IN_DOUBT,  # "internal error; unable to process your request"
    -1004: _M.IN_DOUBT,  # "server is busy"
    -1006: _M.IN_DOUBT,  # "execution status unknown"
    -1007: _M.IN_DOUBT,  # "send status unknown; execution status unknown"
    -1008: _M.IN_DOUBT,  # overloaded; whether this request got through is not said
    -1010: _M.IN_DOUBT,  # an error of the matching engine, any
    -1021: _M.CLOCK,
    -2011: _M.UNKNOWN_ORDER,
    -2013: _M.UNKNOWN_ORDER,
    **dict.fromkeys(
        (
            -1002, -1003, -1005, -1011, -1013, -1014, -1015, -1016, -1020, -1022, -1099,
            -1100, -1101, -1102, -1103, -1104, -1105, -1106, -1108, -1109, -1110, -1111, -1112, -1114, -1115, -1116,
            -1117, -1118, -1121, -1128, -1130, -1131, -1136,
            -2008, -2010, -2014, -2015,
        ),
        _M.REJECTED,
    ),
}  # fmt: skip

CATALOGUE: Final[Mapping[BinanceMarket, Mapping[int, Meaning]]] = {
    BinanceMarket.SPOT: {**_BOTH, **dict.fromkeys((-1134, -1135, -1145), _M.REJECTED)},
    BinanceMarket.USDM: {
        **_BOTH,
        -4116: _M.DUPLICATE,
        -5027: _M.UNCHANGED,
        -5028: _M.CLOCK,  # too late for the matching engine
        **dict.fromkeys(
            (
                -1122, -1126,
                -2018, -2019, -2020, -2021, -2022, -2023, -2024, -2025, -2026, -2027, -2028,
                -4001, -4002, -4003, -4004, -4005, -4013, -4014, -4015, -4016, -4023, -4024, -4029, -4030, -4044, -4045,
                -4055, -4061, -4062, -4087, -4088, -4118, -4120, -4131, -4140, -4141, -4144, -4164, -4183, -4184, -4192,
                -4202, -4400, -4401, -4402, -4403,
                -5021, -5022, -5024, -5025, -5026, -5037, -5038, -5039, -5040, -5047,
            ),
            _M.REJECTED,
        ),
    },
}  # fmt: skip

# spot has no code of its own for it; the text is the only difference to a refused order
_DUPLICATE_TEXT: Final = "duplicate order sent"
_CARRIES_TEXT: Final = frozenset({-1010, -1013, -2010})


class _Error(msgspec.Struct, frozen=True):
    code: int
    msg: str = ""


_decode = msgspec.json.Decoder(_Error).decode


def judge(market: BinanceMarket, reply: HttpReply) -> Judgement:
    """Return what an answer proves; DONE for 200, whose body is still to be read."""
    if reply.status == _OK:
        return Judgement(Meaning.DONE)
    try:
        error = _decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Judgement(Meaning.IN_DOUBT, f"HTTP {reply.status} without an error code of the venue")
    text = f"{error.msg[:_SHOWN]} ({error.code})"
    if reply.status >= _SERVER_FAULTS:
        return Judgement(Meaning.IN_DOUBT, f"HTTP {reply.status}: {text}", error.code)
    if error.code in _CARRIES_TEXT and _DUPLICATE_TEXT in error.msg.lower():
        return Judgement(Meaning.DUPLICATE, text, error.code)
    return Judgement(CATALOGUE[market].get(error.code, Meaning.IN_DOUBT), text, error.code)
