"""What an order is paid with: margin for a contract, cash for a purchase, the holding for a sale."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from core.risk.case import Case
from core.types.instrument import AssetType, Instrument
from core.types.order import Side

ZERO = Decimal(0)


class FundingKind(StrEnum):
    MARGIN = "margin"
    CASH = "cash"
    HOLDING = "holding"


class Funding(msgspec.Struct, frozen=True, kw_only=True):
    """Amounts in `unit`; None is unknown.

    `needed_in_all` counts what stands on the same money already: the venue's contracts on its collateral.
    """

    kind: FundingKind
    unit: str
    needed: Decimal | None
    needed_in_all: Decimal | None
    available: Decimal | None


def funding_of(case: Case, instrument: Instrument) -> Funding:
    """Return what the order takes at its worst price, and what there is."""
    if instrument.asset_type is AssetType.PERPETUAL:
        return _margin(case, instrument)
    if case.intent.side is Side.SELL:
        needed = case.intent.quantity * instrument.contract_size
        return _simple(FundingKind.HOLDING, instrument.base, needed, case.view.funds.free_base)
    return _cash(case, instrument)


def _margin(case: Case, instrument: Instrument) -> Funding:
    leverage = min(case.limits.max_leverage, max(instrument.max_leverage, Decimal(1)))
    return Funding(
        kind=FundingKind.MARGIN,
        unit="USD",
        needed=None if case.unit_usd is None else case.unit_usd * case.opening_quantity / leverage,
        needed_in_all=None if case.totals is None else case.totals.venue_contracts / leverage,
        available=case.view.funds.collateral_usd,
    )


def _cash(case: Case, instrument: Instrument) -> Funding:
    """Count the taker fee in; of the cash, what the venue's contracts stand on is not free."""
    free, rate, collateral = case.view.funds.free_quote, case.view.quote_usd, case.view.funds.collateral_usd
    available = needed = None
    if case.price is not None:
        needed = instrument.notional(case.price, case.intent.quantity) * (1 + max(ZERO, instrument.taker_fee_rate))
    if free is not None and rate is not None and collateral is not None and case.totals is not None:
        available = min(free, (collateral - case.totals.venue_contracts / case.limits.max_leverage) / rate)
    return _simple(FundingKind.CASH, instrument.quote, needed, available)


def _simple(kind: FundingKind, unit: str, needed: Decimal | None, available: Decimal | None) -> Funding:
    return Funding(kind=kind, unit=unit, needed=needed, needed_in_all=needed, available=available)
