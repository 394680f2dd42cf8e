"""Frames of the private streams: spot's executionReport, USD-M's ORDER_TRADE_UPDATE, and what ends a stream.

Three envelopes are in use: none, ``{"stream", "data"}`` of combined streams, and ``{"subscriptionId", "event"}`` of the
websocket API, which also answers requests on the same connection. Inside, both markets name things by the same letters.
"""

from decimal import Decimal
from typing import Final

import msgspec

from adapters.binance.answers import ZERO, Milliseconds

_ORDER_EVENTS: Final = frozenset({"executionReport", "ORDER_TRADE_UPDATE"})
# "externalLockUpdate" and the like say nothing about the stream itself
_ENDS: Final = {
    "listenKeyExpired": "the listen key has expired",
    "eventStreamTerminated": "the venue ended the subscription",
    "serverShutdown": "the venue's server is about to shut down",
}
_NO_TRADE: Final = 0  # USD-M's; spot says -1


class Execution(msgspec.Struct, frozen=True):
    """What happened to an order, a fill or not."""

    venue_symbol: str = msgspec.field(name="s")
    named: str = msgspec.field(name="c")
    side: str = msgspec.field(name="S")
    quantity: Decimal = msgspec.field(name="q")
    execution_type: str = msgspec.field(name="x")
    status: str = msgspec.field(name="X")
    order_id: int = msgspec.field(name="i")
    last_quantity: Decimal = msgspec.field(name="l")
    filled_quantity: Decimal = msgspec.field(name="z")
    last_price: Decimal = msgspec.field(name="L")
    venue_ms: Milliseconds = msgspec.field(name="T")
    trade_id: int = msgspec.field(name="t")
    is_maker: bool = msgspec.field(name="m")
    commission: Decimal | None = msgspec.field(name="n", default=None)
    commission_asset: str | None = msgspec.field(name="N", default=None)
    cancelled_name: str = msgspec.field(name="C", default="")  # spot: of the order, where `c` names its cancel
    reject_reason: str = msgspec.field(name="r", default="NONE")

    def __post_init__(self) -> None:
        numbers = (self.quantity, self.last_quantity, self.filled_quantity, self.last_price, self.commission or ZERO)
        if not all(number.is_finite() for number in numbers):
            raise ValueError("a number in an execution is none")
        if self.side not in {"BUY", "SELL"}:
            raise ValueError(f"side {self.side!r} is neither BUY nor SELL")
        if self.is_fill and (self.last_price <= 0 or self.last_quantity <= 0):
            raise ValueError("a fill without price or quantity")

    @property
    def client_order_id(self) -> str:
        return self.cancelled_name or self.named

    @property
    def is_fill(self) -> bool:
        return self.trade_id > _NO_TRADE and self.execution_type in {"TRADE", "CALCULATED"}


class StreamEnd(msgspec.Struct, frozen=True):
    reason: str


class SocketAnswer(msgspec.Struct, frozen=True):
    """An answer to a request that was sent on the stream's own connection."""

    id: str
    status: int
    text: str


class _Error(msgspec.Struct, frozen=True):
    code: int = 0
    msg: str = ""


class _Frame(msgspec.Struct, frozen=True):
    event_type: str | None = msgspec.field(name="e", default=None)
    data: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    event: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    id: str | int | None = None
    status: int = 200
    error: _Error | None = None


class _FuturesOrder(msgspec.Struct, frozen=True):
    execution: Execution = msgspec.field(name="o")


Told = Execution | StreamEnd | SocketAnswer

_decode_frame = msgspec.json.Decoder(_Frame).decode
_decode_execution = msgspec.json.Decoder(Execution).decode
_decode_futures_order = msgspec.json.Decoder(_FuturesOrder).decode


def read_frame(raw: bytes) -> Told | None:
    """Return what a frame tells, None for what is of no concern here.

    Raises
    ------
    ValueError
        The frame cannot be read (msgspec's errors and UnicodeDecodeError are ValueErrors).
    """
    inner: bytes | msgspec.Raw = raw
    frame = _decode_frame(raw)
    wrapped = frame.data or frame.event
    if wrapped:
        inner = wrapped
        frame = _decode_frame(inner)
    if frame.event_type in _ORDER_EVENTS:
        if frame.event_type == "executionReport":
            return _decode_execution(inner)
        return _decode_futures_order(inner).execution
    if frame.event_type is not None:
        reason = _ENDS.get(frame.event_type)
        return None if reason is None else StreamEnd(reason)
    if frame.id is not None:
        text = "" if frame.error is None else f"{frame.error.msg} ({frame.error.code})"
        return SocketAnswer(str(frame.id), frame.status, text)
    return None
