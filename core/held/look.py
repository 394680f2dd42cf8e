"""What a held order may look at: the market of this moment, the account, and what is allowed now."""

from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from core.types.control import HaltLevel
from core.types.held_order import StopTrigger, TriggerBy
from core.types.instrument import Instrument
from core.types.order import Side

LAST_COUNTS_NS: Final = 60_000_000_000
"""A last trade older than this says nothing of where the market is: the mark is watched until there is another."""


class Seen(NamedTuple):
    """A price and which one it is."""

    price: Decimal
    by: TriggerBy


class Closer(NamedTuple):
    """An own order of another purpose that rests and would close the same position; it may be cancelled."""

    client_order_id: str
    quantity: Decimal


class HeldLook(msgspec.Struct, frozen=True, kw_only=True):
    """The world at one moment. `mid` is there only while the book is valid, fresh and its market open (F15)."""

    now_ns: int
    instrument: Instrument | None
    mid: Decimal | None
    last: Decimal | None  # price of the newest public trade
    last_age_ns: int
    halt: HaltLevel
    halt_reason: str
    position: Decimal  # signed
    reducible: Decimal  # what a reducing order may close, own orders of that side taken off
    leaving: Decimal = Decimal(0)  # of those orders what is being cancelled already
    closers: tuple[Closer, ...] = ()  # and the ones that may be cancelled, the least needed first
    account_read: int | None  # how many facts there were when the venue was asked for the account booked last
    collar_pct: Decimal  # farther from the middle no order may be priced

    def seen(self, by: TriggerBy) -> Seen | None:
        """Return the price to hold a trigger against, None while nothing can be believed."""
        if self.mid is None:
            return None
        if by is TriggerBy.LAST and self.last is not None and 0 <= self.last_age_ns <= LAST_COUNTS_NS:
            return Seen(self.last, TriggerBy.LAST)
        return Seen(self.mid, TriggerBy.MARK)

    def is_within_collar(self, price: Decimal) -> bool:
        return self.mid is not None and abs(price - self.mid) * 100 <= self.collar_pct * self.mid


def is_through(side: Side, trigger_price: Decimal, price: Decimal) -> bool:
    """Tell whether a price is where a stop of this side triggers."""
    return price >= trigger_price if side is Side.BUY else price <= trigger_price


def triggered_by(side: Side, stop: StopTrigger, look: HeldLook) -> Seen | None:
    """Return the price that triggers the stop now, None where none does."""
    seen = look.seen(stop.by)
    return seen if seen is not None and is_through(side, stop.price, seen.price) else None
