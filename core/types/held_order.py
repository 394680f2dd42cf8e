"""Orders that the core holds until the market comes to them: stops, pairs of which one cancels the other, brackets."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from core.types.instrument import InstrumentId
from core.types.order import Side


class HeldKind(StrEnum):
    STOP = "stop"  # market order, or limit order, once the market is through a price
    OCO = "oco"  # a limit order that rests and a stop: what one fills is taken off the other
    BRACKET = "bracket"  # both, or one of them, for what an entry order has filled


class TriggerBy(StrEnum):
    """Which price is watched."""

    LAST = "last"  # the last public trade; the mark where there was none lately
    MARK = "mark"  # the middle of the book


class StopTrigger(msgspec.Struct, frozen=True, kw_only=True):
    """A buy stop triggers at `price` or above it, a sell stop at it or below; without a limit it sends a market one."""

    price: Decimal
    by: TriggerBy = TriggerBy.LAST
    limit_price: Decimal | None = None


class HeldOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is held, as it was placed. `side` and `quantity` are those of the orders that it sends.

    Of a bracket that is the side of the exits, and `quantity` is the entry's: exits are sized by what of it is filled.
    """

    held_id: str
    kind: HeldKind
    venue: str
    symbol: str
    side: Side
    quantity: Decimal
    stop: StopTrigger | None = None
    limit_price: Decimal | None = None  # of the limit order that rests beside the stop
    reduce_only: bool = False
    source: str = "manual"
    created_ns: int

    @property
    def instrument_id(self) -> InstrumentId:
        return InstrumentId(self.venue, self.symbol)

    @property
    def opens(self) -> bool:
        """Tell whether it may open a position; a bracket's exits and what is reduce-only never do."""
        return self.kind is not HeldKind.BRACKET and not self.reduce_only


class HeldOutcome(StrEnum):
    DONE = "done"
    CANCELLED = "cancelled"
