"""What IB's message codes mean, in one table: TWS sends errors, warnings and notices through the same message.

Source: the message codes page of the TWS API. A code that is not in the table is in doubt for an order and trouble
for a request, never a success.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Meaning(StrEnum):
    """What a code says about the order or request that it names."""

    REJECTED = "rejected"  # the new order, or the new terms of a resting one, were not taken
    CANCELLED = "cancelled"  # the order has ended
    CANCEL_REFUSED = "cancel refused"  # the cancel did nothing: the order lives, has ended or was never there
    NOT_SENT = "not sent"  # it never left this machine
    NOTICE = "notice"  # the order or request stands
    NO_DATA = "no data"  # a market data request has no live quotes
    DELAYED = "delayed"  # quotes come late, or would
    REFUSED = "refused"  # a request that is no order was not answered
    PACING = "pacing"  # asked too often
    BROKER_LOST = "broker lost"  # TWS has lost IB's servers
    RESTORED_WITHOUT_DATA = "restored, data lost"
    RESTORED_WITH_DATA = "restored, data maintained"
    FARM_BROKEN = "farm broken"  # quotes of one data farm have stopped
    FARM_OK = "farm ok"
    CONNECTION = "connection"  # this connection cannot be used
    UNKNOWN = "unknown"


_CODES: Final[Mapping[Meaning, tuple[int, ...]]] = {
    Meaning.REJECTED: (
        103,  # duplicate order id: this request was not taken, whatever holds the id
        104,  # a filled order cannot be modified
        105,  # the modified order does not match the original
        106,  # order id cannot be transmitted
        107,  # incomplete order
        109,  # price out of the percentage range of the defaults
        110,  # price does not conform to the minimum price variation
        111,  # time in force and order type do not go together
        113,  # time in force must be DAY here
        116,  # dead exchange
        132,  # no clearing account
        133,  # submit failed
        134,  # modify failed
        140,  # size is no integer
        141,  # price is no double
        151,  # the order has no proper type
        152,  # time in force unknown
        200,  # no security definition, or an ambiguous one
        201,  # rejected, the text has the reason
        203,  # security not allowed for this account
        321,  # refused when the request was validated, also where the API is read-only
        325,  # discretionary orders not supported
        329,  # modify failed: other order type
        383,  # size limit of the presets
        388,  # order size smaller than the minimum
        391,  # good-till date
        426,  # the account has no such trading permission
        434,  # size is zero
        435,  # account is needed
        436,  # account or group is needed
        438,  # no such account
        460,  # no trading permission
        10052,  # time in force not allowed
        10268,  # EtradeOnly is not supported
        10289,  # set a cash quantity
        10318,  # instrument not supported
    ),
    Meaning.CANCELLED: (202,),
    Meaning.CANCEL_REFUSED: (135, 136, 161, 10147, 10148, 10149),
    Meaning.NOT_SENT: (501, 502, 503, 504, 507, 510, 511, 512),
    Meaning.NOTICE: (399, 404, 492, 2100, 2101, 2102, 2106, 2107, 2109, 2137, 2148, 2158, 2161, 2168, 2169, 10349),
    Meaning.NO_DATA: (101, 300, 309, 310, 316, 317, 354, 10089, 10090, 10186, 10197),
    Meaning.DELAYED: (10167, 10168),
    Meaning.REFUSED: (162, 165, 322, 366, 386, 420, 430, 10187),
    Meaning.PACING: (100,),
    Meaning.BROKER_LOST: (1100, 2110),
    Meaning.RESTORED_WITHOUT_DATA: (1101,),
    Meaning.RESTORED_WITH_DATA: (1102,),
    Meaning.FARM_BROKEN: (2103,),
    Meaning.FARM_OK: (2104, 2108),
    Meaning.CONNECTION: (326, 505, 506, 1300),
}


def _rows() -> Iterator[tuple[int, Meaning]]:
    for meaning, codes in _CODES.items():
        yield from ((code, meaning) for code in codes)


CATALOGUE: Final[Mapping[int, Meaning]] = MappingProxyType(dict(_rows()))


def meaning_of(code: int) -> Meaning:
    if 2100 <= code < 2200:  # TWS calls all of these warnings
        return CATALOGUE.get(code, Meaning.NOTICE)
    return CATALOGUE.get(code, Meaning.UNKNOWN)
