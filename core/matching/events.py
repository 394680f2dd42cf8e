"""What a matching kernel says happened, in the order it happened."""

from enum import StrEnum
from typing import NamedTuple

from core.types.order import Side


class MatchKind(StrEnum):
    """How an order meets the book; every kind but MARKET carries a limit price."""

    LIMIT = "limit"  # takes what it can, the remainder rests
    IOC = "ioc"  # takes what it can, the remainder is cancelled
    MARKET = "market"  # takes at any price, the remainder is cancelled
    POST_ONLY = "post_only"  # rests whole or is rejected


class MatchReason(StrEnum):
    """Why an order was refused or taken off."""

    REQUESTED = "cancelled on request"
    UNFILLED = "nothing left to match at an allowed price"
    SELF_MATCH = "would have met an own resting order"
    WOULD_CROSS = "post-only order would have taken liquidity"
    DUPLICATE_ID = "order id is already resting"
    BAD_SIZE = "size must be at least one lot"
    BAD_PRICE = "a limit price of at least one tick is needed"


class Accepted(NamedTuple):
    order_id: int


class Traded(NamedTuple):
    """One maker met one taker at the maker's price; `..._left` is what remains of each afterwards."""

    maker_id: int
    taker_id: int
    taker_side: Side
    ticks: int
    lots: int
    maker_left: int
    taker_left: int


class Cancelled(NamedTuple):
    order_id: int
    lots: int
    reason: MatchReason


class Rejected(NamedTuple):
    order_id: int
    reason: MatchReason


MatchEvent = Accepted | Traded | Cancelled | Rejected
