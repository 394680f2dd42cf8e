"""Can the account take it: equity, the day's loss, the fall from the peak, and what there is to pay with."""

from decimal import Decimal
from typing import Final

from core.risk.case import Case
from core.risk.rules.finding import Finding, at_least, at_most, below, judged, missing
from core.types.instrument import AssetType, Instrument
from core.types.order import Side

_NAMED: Final = 3


def equity_known(case: Case) -> Finding:
    limit = f"known, marks at most {case.limits.max_mark_age_s:g} s old"
    if case.view.equity_usd is None:
        return missing(limit, _with_reasons(case, "equity", "a balance or a price is missing"))
    is_recent = case.view.equity_age_ns <= case.limits.max_mark_age_s * 1e9
    return judged(is_recent, limit, f"oldest mark {case.view.equity_age_ns / 1e9:.1f} s old")


def day_loss(case: Case) -> Finding:
    equity, loss = case.view.equity_usd, case.view.day_loss_usd
    if equity is None or loss is None:
        return missing(case.limits.daily_loss_usd, _with_reasons(case, "equity and profit of the day"))
    return below(loss, case.limits.daily_loss_limit_usd(equity))


def drawdown(case: Case) -> Finding:
    if case.view.drawdown_pct is None:
        return missing(case.limits.max_drawdown_pct, _with_reasons(case, "equity and its peak"))
    return below(case.view.drawdown_pct, case.limits.max_drawdown_pct)


def _with_reasons(case: Case, what: str, otherwise: str = "") -> str:
    """Name what is missing, a few of it: a text with twenty prices is read by nobody."""
    names = case.view.unvalued
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    reasons = f"missing is the {', the '.join(names[:_NAMED])}{more}" if names else otherwise
    return f"{what}: {reasons}" if reasons else what


def capital(case: Case) -> Finding:
    """Demand cash for a purchase, the holding for a sale, and margin for a contract."""
    instrument = case.view.instrument
    if instrument is None:
        return missing("enough capital", "instrument rules")
    if case.is_lowering:
        return judged(True, "enough capital", "not needed: takes nothing more")
    if instrument.asset_type is AssetType.PERPETUAL:
        return _margin(case, instrument)
    if case.intent.side is Side.SELL:
        return _holding(case, instrument)
    return _cash(case, instrument)


def _margin(case: Case, instrument: Instrument) -> Finding:
    """Demand that the venue's collateral carries all its contracts, this order included."""
    if case.is_reducing:
        return judged(True, "margin", "not needed: reduces")
    collateral = case.view.funds.collateral_usd
    if collateral is None or case.totals is None:
        return missing("enough margin", "collateral or price of every position")
    return at_most(case.totals.venue_contracts / _highest_leverage(case, instrument), collateral)


def _holding(case: Case, instrument: Instrument) -> Finding:
    free = case.view.funds.free_base
    if free is None:
        return missing("enough to sell", f"holding of {instrument.base}")
    return at_least(free, case.intent.quantity * instrument.contract_size)


def _cash(case: Case, instrument: Instrument) -> Finding:
    """Demand free cash, of which what the venue's contracts stand on is not free."""
    free, rate, collateral = case.view.funds.free_quote, case.view.quote_usd, case.view.funds.collateral_usd
    if free is None or rate is None or collateral is None or case.price is None or case.totals is None:
        return missing("enough cash", f"balance of {instrument.quote}, price or collateral")
    cost = instrument.notional(case.price, case.intent.quantity) * (1 + max(Decimal(0), instrument.taker_fee_rate))
    unmargined = (collateral - case.totals.venue_contracts / case.limits.max_leverage) / rate
    return at_most(cost, min(free, unmargined))


def _highest_leverage(case: Case, instrument: Instrument) -> Decimal:
    return min(case.limits.max_leverage, max(instrument.max_leverage, Decimal(1)))
