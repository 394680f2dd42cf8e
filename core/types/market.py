"""Facts about the market other than the book, as feeds report them."""

from enum import StrEnum

import msgspec

from core.types.instrument import InstrumentId


class Trade(msgspec.Struct, frozen=True):
    """A public trade on the integer grid of its instrument."""

    instrument_id: InstrumentId
    trade_id: int
    price_ticks: int
    quantity_lots: int
    buyer_is_maker: bool  # True: the aggressor sold
    venue_ns: int
    received_ns: int


class FundingRate(msgspec.Struct, frozen=True):
    instrument_id: InstrumentId
    rate: float  # of the running interval, as a fraction of notional
    interval_s: int
    next_funding_ns: int
    received_ns: int


class MarkPrice(msgspec.Struct, frozen=True):
    instrument_id: InstrumentId
    mark: float
    index: float | None
    received_ns: int


class FeedState(StrEnum):
    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"
    CLOSED = "closed"  # the market is closed: no data is no fault


class FeedStatus(msgspec.Struct, frozen=True):
    """State of a venue's feed as the adapter sees it."""

    venue: str
    state: FeedState
    detail: str
    latency_ns: int | None
    at_ns: int
    clock_ahead_ns: int | None = None  # our clock before the venue's, where the venue itself was asked for its time
