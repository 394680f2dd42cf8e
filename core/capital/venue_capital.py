"""The capital of one venue in numbers: equity, pools, and the room that the limits leave."""

from decimal import Decimal

import msgspec

from core.capital.limits import CapitalLimits
from core.capital.look import CapitalLook
from core.ledger.position import EXACT, ZERO
from core.types.capital import Pool


class PoolCapital(msgspec.Struct, frozen=True, kw_only=True):
    """One pool in dollars; `unvalued` names positions whose value is missing in `committed_usd`."""

    pool: Pool
    share: Decimal
    budget_usd: Decimal | None
    reserved_usd: Decimal
    committed_usd: Decimal
    unvalued: tuple[str, ...] = ()

    @property
    def free_usd(self) -> Decimal | None:
        """Return what may still be bound, never below zero; None while equity or a value is unknown."""
        if self.budget_usd is None or self.unvalued:
            return None
        bound = EXACT.add(self.reserved_usd, self.committed_usd)
        return max(ZERO, EXACT.subtract(self.budget_usd, bound))


class VenueCapital(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the controls look at; `equity_usd` is None where it is unknown, zero or negative."""

    venue: str
    equity_usd: Decimal | None
    pools: tuple[PoolCapital, ...]
    in_flight_usd: Decimal
    limits: CapitalLimits
    safe_mode: bool

    @property
    def single_limit_usd(self) -> Decimal | None:
        return self._share(self.limits.max_single_reserve_pct)

    @property
    def in_flight_limit_usd(self) -> Decimal | None:
        return self._share(self.limits.max_total_notional_pct)

    def pool(self, pool: Pool) -> PoolCapital:
        return next(each for each in self.pools if each.pool is pool)

    def look(self) -> CapitalLook:
        """Return what the order gate needs; what is unknown leaves no room."""
        in_flight_limit = self.in_flight_limit_usd or ZERO
        return CapitalLook(
            venue=self.venue,
            equity_usd=self.equity_usd,
            free_usd={each.pool: each.free_usd or ZERO for each in self.pools},
            single_limit_usd=self.single_limit_usd or ZERO,
            in_flight_room_usd=max(ZERO, EXACT.subtract(in_flight_limit, self.in_flight_usd)),
            safe_mode=self.safe_mode,
        )

    def _share(self, percent: Decimal) -> Decimal | None:
        return None if self.equity_usd is None else percent_of(self.equity_usd, percent)


def percent_of(amount: Decimal, percent: Decimal) -> Decimal:
    return EXACT.scaleb(EXACT.multiply(amount, percent), -2)
