"""Hedge jobs: what shall be traded on several books at once, and how it ended."""

from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from core.types.instrument import InstrumentId
from core.types.order import Side

MAX_TTL_S: Final = 86_400.0


class JobType(StrEnum):
    HEDGE = "hedge"
    ARB = "arb"
    REBALANCE = "rebalance"


class EdgeSource(StrEnum):
    """Where the expected edge of a job comes from."""

    CLAIMED = "claimed"  # its strategy's word: funding, a rebate, a view; an arbitrage is by the books all the same
    BOOKS = "books"  # the prices of its legs: books that do not show it any more start no job


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
    edge_source: EdgeSource = EdgeSource.CLAIMED

    @property
    def is_edge_shown(self) -> bool:
        """Tell whether the legs' books have to show the edge when the job starts."""
        return self.strategy_type is JobType.ARB or self.edge_source is EdgeSource.BOOKS

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


class JobProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A job as a strategy wants it; the engine gives it its id, times and owner.

    Raises ValueError where the parts do not fit together.
    """

    strategy_type: JobType
    symbol: str
    legs: tuple[Leg, ...]
    notional_usd: Decimal
    expected_edge_bps: Decimal
    ttl_s: float
    max_acceptable_loss_bps: Decimal = Decimal(0)
    metadata: dict[str, str] = {}
    edge_source: EdgeSource = EdgeSource.CLAIMED

    def __post_init__(self) -> None:
        if len(self.legs) < 2:
            raise ValueError(f"job on {self.symbol}: {len(self.legs)} legs are not allowed, two or more are")
        for leg in self.legs:
            if not (leg.quantity.is_finite() and leg.quantity > 0):
                raise ValueError(f"job on {self.symbol}: quantity {leg.quantity} of {leg.instrument_id} is not above 0")
        if not (self.notional_usd.is_finite() and self.notional_usd > 0):
            raise ValueError(f"job on {self.symbol}: notional {self.notional_usd} is not above 0")
        if not self.expected_edge_bps.is_finite():
            raise ValueError(f"job on {self.symbol}: expected edge {self.expected_edge_bps} is no number")
        if not 0 < self.ttl_s <= MAX_TTL_S:
            raise ValueError(f"job on {self.symbol}: ttl_s {self.ttl_s:g} is not within 0 and {MAX_TTL_S:g}")
        if self.max_acceptable_loss_bps and self.strategy_type is not JobType.REBALANCE:
            raise ValueError(f"job on {self.symbol}: only a rebalance may accept a loss")


class VenueResult(msgspec.Struct, frozen=True, kw_only=True):
    """A venue's part of what a job came to, in USD; `pnl_usd` after fees, by its share of what was traded."""

    venue: str
    pnl_usd: Decimal
    volume_usd: Decimal
    fees_usd: Decimal


class JobEnd(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy is told when a job of its own has ended, started or not."""

    job_id: str
    outcome: JobOutcome | JobDropCause
    reason: str
    pnl_usd: Decimal = Decimal(0)
    is_correction: bool = False  # told before: a fill came after that end, and these numbers take the place of it
