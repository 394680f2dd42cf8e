"""The ledger as a value, for snapshots."""

from decimal import Decimal

import msgspec

from core.journal.facts import FundingBooked, OrderFilled, PositionAdopted
from core.ledger.outcome import LedgerFault
from core.ledger.position import Position
from core.orders.seen_ids import SeenIdsState
from core.types.instrument import Instrument

HeldFact = OrderFilled | FundingBooked | PositionAdopted
"""A fact that needs the instrument's rules to be booked."""


class Cash(msgspec.Struct, kw_only=True):
    """Amount of one asset at one venue, spot holdings included.

    `reported_at` is the place in the fold where the venue last named the amount, 0 where it never did and
    `total` is only the sum of what moved.
    """

    venue: str
    asset: str
    total: Decimal = Decimal(0)
    reported_at: int = 0

    @property
    def is_reported(self) -> bool:
        return self.reported_at > 0


class HeldEntry(msgspec.Struct, frozen=True):
    """A fact held back and its place in the fold, so that a later balance report is not moved by it."""

    place: int
    fact: HeldFact


class LedgerState(msgspec.Struct, frozen=True, kw_only=True):
    folded: int
    positions: list[Position]
    cash: list[Cash]
    seen_fills: SeenIdsState
    seen_payments: SeenIdsState
    held: list[HeldEntry]
    faults: list[LedgerFault]
    day: str | None
    day_began_ns: int
    day_began_place: int  # in the fold: what was booked before does not count for the day
    day_began_pnl_usd: Decimal
    peak_equity_usd: Decimal | None
    noted: list[Instrument] = []
