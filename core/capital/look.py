"""What the capital of one venue allows at this moment, for whoever judges an order."""

from decimal import Decimal

import msgspec

from core.types.capital import Pool


class CapitalLook(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars of one venue. Without equity nothing is known: the other numbers are zero then and mean nothing."""

    equity_usd: Decimal | None
    free_usd: dict[Pool, Decimal]  # budget less reserved and committed, below zero where equity has shrunk
    single_limit_usd: Decimal  # largest single reservation
    in_flight_room_usd: Decimal  # what all reservations together may still grow by
    safe_mode: bool  # only the hedge and reserve pools may be used
