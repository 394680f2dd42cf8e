"""What a venue says about an account: the truth that reconciliation compares with."""

from decimal import Decimal

import msgspec

from core.types.instrument import InstrumentId
from core.types.order import Fill, Order


class Balance(msgspec.Struct, frozen=True):
    asset: str
    total: Decimal
    free: Decimal


class VenuePosition(msgspec.Struct, frozen=True):
    """A signed position at the venue; spot holdings of a base asset count as positions."""

    instrument_id: InstrumentId
    quantity: Decimal
    average_price: Decimal


class FundingPayment(msgspec.Struct, frozen=True):
    """Funding booked at the venue; `amount` is received when positive, paid when negative."""

    payment_id: str
    instrument_id: InstrumentId
    amount: Decimal
    rate: float
    venue_ns: int


class AccountReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the venue holds for us, read in one consistent moment."""

    venue: str
    balances: tuple[Balance, ...]  # every one that is not zero; none at all where they are not known
    positions: tuple[VenuePosition, ...]
    open_orders: tuple[Order, ...]
    fills: tuple[Fill, ...]  # at or after the moment asked for
    funding: tuple[FundingPayment, ...]
    at_ns: int
