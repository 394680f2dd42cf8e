"""Hedge jobs: what shall be traded on several books at once, and how it ended."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from core.types.instrument import InstrumentId
from core.types.order import Side


class JobType(StrEnum):
    HEDGE = "hedge"
    ARB = "arb"
    REBALANCE = "rebalance"


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a job; `quantity` in units of the instrument, positive."""

    venue: str
    symbol: str
    side: Side
    quantity: Decimal

    @property
    def instrument_id(self) -> InstrumentId:
        return InstrumentId(self.venue, self.symbol)


class HedgeJob(msgspec.Struct, frozen=True, kw_only=True):
    """Two or more legs that are worth trading together only.

    `legs[0]` is the primary leg: it is traded first, and the others only for what of it was filled.
    """

    job_id: str
    strategy_type: JobType
    strategy: str  # name of the strategy that wants it, "manual" for a person
    symbol: str  # what it is about, e.g. BTC/USDT
    legs: tuple[Leg, ...]
    notional_usd: Decimal  # of one leg
    expected_edge_bps: Decimal  # of the notional, before fees and slippage of this moment
    est_volume_usd: Decimal
    created_ns: int
    expires_ns: int
    max_acceptable_loss_bps: Decimal = Decimal(0)  # of a rebalance only
    metadata: dict[str, str] = {}

    @property
    def venues(self) -> tuple[str, ...]:
        """Return the venues of the legs, each once, in the order of the legs."""
        return tuple(dict.fromkeys(leg.venue for leg in self.legs))


class JobPhase(StrEnum):
    """Where a running job stands."""

    PRIMARY = "primary"  # the primary leg is worked
    HEDGING = "hedging"  # what was filled of it is hedged
    UNWINDING = "unwinding"  # what could not be hedged is given back
    FROZEN = "frozen"  # an order is in doubt: nothing is sent on its leg until the venue has answered


class JobOutcome(StrEnum):
    """How a job ended."""

    COMPLETED = "completed"  # hedged in full
    PARTIAL = "partial"  # less than asked for, and hedged in full
    UNWOUND = "unwound"  # the primary leg was given back, in part or in full
    NOTHING = "nothing"  # nothing was filled
    NAKED = "naked"  # exposure is left that could neither be hedged nor given back: an alert stands


class JobDropCause(StrEnum):
    """Why a pending job never started."""

    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
