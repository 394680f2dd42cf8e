"""[capital]: how each venue's equity is split and how much of it may be in flight."""

from decimal import Decimal

from pydantic import Field, model_validator

from core.config.section import Percent, Section, Share


class PoolsConfig(Section):
    """Shares of a venue's equity; together they are all of it."""

    hedge: Share = Field(default=Decimal("0.7"), description="funds hedged two-venue trades")
    arb: Share = Field(default=Decimal("0.2"), description="funds arbitrage, directional strategies, manual orders")
    reserve: Share = Field(default=Decimal("0.1"), description="funds emergency hedges and unwinds only")

    @model_validator(mode="after")
    def _sum_to_one(self) -> "PoolsConfig":
        total = self.hedge + self.arb + self.reserve
        if total != 1:
            raise ValueError(f"hedge + arb + reserve = {total}, must be exactly 1")
        return self


class CapitalConfig(Section):
    pools: PoolsConfig = Field(default=PoolsConfig(), description="split of each venue's equity")
    max_single_reserve_pct: Percent = Field(
        default=Decimal(10), description="largest single reservation in % of the venue's equity"
    )
    max_total_notional_pct: Percent = Field(
        default=Decimal(30), description="all reservations in flight at a venue in % of its equity"
    )
