"""Can the account take it: equity, the day's loss, the fall from the peak, and what there is to pay with."""

from typing import Final

from core.risk.case import Case
from core.risk.funding import FundingKind, funding_of
from core.risk.rules.finding import Finding, at_least, at_most, below, judged, missing
from core.types.instrument import AssetType

_NAMED: Final = 3
_WANTED: Final = {
    FundingKind.MARGIN: ("enough margin", "collateral or price of every position"),
    FundingKind.CASH: ("enough cash", "balance of {instrument.quote}, price or collateral"),
    FundingKind.HOLDING: ("enough to sell", "holding of {instrument.base}"),
}


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
    if instrument.asset_type is AssetType.PERPETUAL and case.is_reducing:
        return judged(True, "margin", "not needed: reduces")
    funding = funding_of(case, instrument)
    if funding.available is None or funding.needed_in_all is None:
        limit, what = _WANTED[funding.kind]
        return missing(limit, what.format(instrument=instrument))
    if funding.kind is FundingKind.HOLDING:
        return at_least(funding.available, funding.needed_in_all)
    return at_most(funding.needed_in_all, funding.available)
