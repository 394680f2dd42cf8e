"""How a venue's equity is split, and how much of it may be bound."""

from decimal import Decimal

import msgspec

from core.types.capital import Pool


class PoolShares(msgspec.Struct, frozen=True, kw_only=True):
    """How a venue's equity is split; the shares sum to one."""

    hedge: Decimal = Decimal("0.7")
    arb: Decimal = Decimal("0.2")
    reserve: Decimal = Decimal("0.1")

    def of(self, pool: Pool) -> Decimal:
        match pool:
            case Pool.HEDGE:
                return self.hedge
            case Pool.ARB:
                return self.arb
            case Pool.RESERVE:
                return self.reserve


class CapitalLimits(msgspec.Struct, frozen=True, kw_only=True):
    pools: PoolShares = PoolShares()
    max_single_reserve_pct: Decimal = Decimal(10)  # one reservation, in % of the venue's equity
    max_total_notional_pct: Decimal = Decimal(30)  # all reservations in flight at a venue
