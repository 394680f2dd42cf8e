"""What can be set of a rehearsal venue; every field has a default."""

from decimal import Decimal
from typing import Final

import msgspec

from adapters.sim.binance_protocol.market_kind import MarketKind

STEP_NS: Final = 50_000_000  # of the market; streams are cut at whole steps
STEPS_A_SECOND: Final = 1_000_000_000 // STEP_NS
HOUR_S: Final = 3_600


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Allowances of one market, per minute, ten seconds and the longest order interval (a day, on USD-M a minute)."""

    weight_1m: int
    orders_10s: int
    orders_long: int


SPOT_LIMITS: Final = Limits(weight_1m=6_000, orders_10s=100, orders_long=200_000)
USDM_LIMITS: Final = Limits(weight_1m=2_400, orders_10s=300, orders_long=1_200)


def _balances() -> dict[str, Decimal]:
    return {"USDT": Decimal(100_000), "BTC": Decimal(1), "ETH": Decimal(20), "SOL": Decimal(200)}


class RehearsalConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One venue; each account begins with the same balances in its spot wallet and USDT in its futures wallet."""

    markets: tuple[MarketKind, ...] = (MarketKind.SPOT, MarketKind.USDM)
    seed: int = 1
    funding_interval_s: int = 8 * HOUR_S
    history_minutes: int = 600
    spot_balances: dict[str, Decimal] = msgspec.field(default_factory=_balances)
    usdm_balance: Decimal = Decimal(100_000)
    spot_limits: Limits = SPOT_LIMITS
    usdm_limits: Limits = USDM_LIMITS

    def limits(self, kind: MarketKind) -> Limits:
        return self.spot_limits if kind is MarketKind.SPOT else self.usdm_limits
