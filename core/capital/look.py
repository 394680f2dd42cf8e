"""What the order gate may know of a venue's capital."""

from decimal import Decimal

import msgspec

from core.types.capital import Pool


class CapitalLook(msgspec.Struct, frozen=True, kw_only=True):
    """What may still be bound at one venue, in dollars; without a usable equity every amount is zero."""

    venue: str
    equity_usd: Decimal | None  # None: unknown, zero or negative
    free_usd: dict[Pool, Decimal]  # budget less reserved less committed, never below zero
    single_limit_usd: Decimal  # largest single reservation
    in_flight_room_usd: Decimal  # what all reservations together may still grow by
    safe_mode: bool  # the arb pool may not be used
