"""What binds capital, entry by entry: the form in which the book keeps it and saves it."""

from decimal import Decimal

import msgspec

from core.ledger.position import EXACT, ZERO
from core.types.capital import Claim, OrderClaim, Pool
from core.types.instrument import InstrumentId
from core.types.job import VenueResult


class LegReserve(msgspec.Struct, kw_only=True):
    """What a running job may still bind for one leg; its orders' shares are theirs already."""

    venue: str
    pool: Pool
    free_usd: Decimal


class JobReserve(msgspec.Struct, frozen=True, kw_only=True):
    job_id: str
    legs: list[LegReserve]


class OwnerReserve(msgspec.Struct, frozen=True, kw_only=True):
    """What was set aside under a free name."""

    owner: str
    claims: tuple[Claim, ...]


class OrderReserve(msgspec.Struct, kw_only=True):
    """What an order holds: `drawn_usd` from the claim of its leg, `own_usd` from the pool of its own claim."""

    client_order_id: str
    venue: str
    claim: OrderClaim
    job_id: str | None = None  # of an order that may draw on its leg
    leg: int = 0
    drawn_pool: Pool
    drawn_usd: Decimal = ZERO
    own_usd: Decimal = ZERO
    opened_quantity: Decimal = ZERO  # of its fills, what opened exposure
    before: OrderClaim | None = None  # while an amend is open: the claim that holds where it is refused,
    asked: OrderClaim | None = None  # and where it is confirmed; meanwhile `claim` is the worse of both

    @property
    def held_usd(self) -> Decimal:
        return EXACT.add(self.drawn_usd, self.own_usd)


class Bound(msgspec.Struct, kw_only=True):
    """What a position binds of one pool.

    `usd` is what claims gave. `points` is Σ price · quantity of what came without a claim, before contract size and
    the currency's rate: these are looked up when it is read, so that the fold does not depend on when they are known.
    """

    usd: Decimal = ZERO
    points: Decimal = ZERO


class PositionCapital(msgspec.Struct, kw_only=True):
    """Signed committed quantity of one instrument and what it binds, by pool."""

    venue: str
    symbol: str
    quantity: Decimal = ZERO
    bound: dict[Pool, Bound] = {}
    unpriced_quantity: Decimal = ZERO  # adopted without any price: what it binds is not known
    last_unit_usd: Decimal | None = None  # the newest value of quantity 1: of a claim,
    last_price: Decimal | None = None  # or a price without one

    @property
    def instrument_id(self) -> InstrumentId:
        return InstrumentId(self.venue, self.symbol)


class CapitalState(msgspec.Struct, frozen=True, kw_only=True):
    """The book as a value, for snapshots."""

    jobs: list[JobReserve]
    owners: list[OwnerReserve]
    live_orders: list[OrderReserve]
    final_orders: list[OrderReserve]  # oldest first
    positions: list[PositionCapital]
    safe_venues: list[str]
    day: list[VenueResult]
