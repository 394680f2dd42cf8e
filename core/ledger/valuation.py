"""What the account is worth at given marks: positions, venues, the day and the fall from the peak.

A missing input makes everything that depends on it None, with its name in `missing`.
"""

from decimal import Decimal

import msgspec

from core.ledger.position import ZERO
from core.types.instrument import InstrumentId


class PositionValue(msgspec.Struct, frozen=True, kw_only=True):
    """One position in dollars; `notional_usd` is signed."""

    instrument_id: InstrumentId
    base: str
    quantity: Decimal
    underlying_quantity: Decimal  # contract size included
    average_price: Decimal | None
    mark_price: Decimal | None
    mark_age_ns: int | None
    unit_usd: Decimal | None  # value of quantity 1
    notional_usd: Decimal | None
    unrealised_usd: Decimal | None
    realised_usd: Decimal | None
    fees_usd: Decimal | None
    funding_usd: Decimal | None

    @property
    def pnl_usd(self) -> Decimal | None:
        """Return realised and unrealised profit with funding, less fees."""
        parts = (self.unrealised_usd, self.realised_usd, self.funding_usd, self.fees_usd)
        if any(part is None for part in parts):
            return None
        unrealised, realised, funding, fees = (part or ZERO for part in parts)
        return unrealised + realised + funding - fees


class NetPosition(msgspec.Struct, frozen=True, kw_only=True):
    """Positions on one underlying over all venues and instrument types, in units of the underlying."""

    base: str
    quantity: Decimal
    notional_usd: Decimal | None
    pnl_usd: Decimal | None


class VenueValue(msgspec.Struct, frozen=True, kw_only=True):
    """`collateral_usd` is what margin can stand on: money-like cash and open profit of contracts."""

    venue: str
    equity_usd: Decimal | None
    collateral_usd: Decimal | None
    open_positions: int


class Valuation(msgspec.Struct, frozen=True, kw_only=True):
    at_ns: int
    positions: tuple[PositionValue, ...]
    venues: tuple[VenueValue, ...]
    net_positions: tuple[NetPosition, ...]
    equity_usd: Decimal | None
    oldest_mark_age_ns: int  # of open markets; a closed market's last price is as fresh as it gets
    total_pnl_usd: Decimal | None  # since the first start
    day_pnl_usd: Decimal | None
    today_volume_usd: Decimal
    today_fees_usd: Decimal
    today_trades: int
    total_trades: int
    peak_equity_usd: Decimal | None
    drawdown_pct: Decimal | None
    missing: tuple[str, ...]  # why a number above is None

    @property
    def day_loss_usd(self) -> Decimal | None:
        """Return the loss of the day as a positive amount, zero in a day of profit."""
        return None if self.day_pnl_usd is None else max(ZERO, -self.day_pnl_usd)

    def venue(self, name: str) -> VenueValue | None:
        return next((value for value in self.venues if value.venue == name), None)
