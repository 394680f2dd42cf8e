"""How much: one order, all positions, and what they may lose."""

from decimal import Decimal

from core.risk.case import Case
from core.risk.rules.finding import Finding, at_most, missing


def order_value(case: Case) -> Finding:
    limit = case.limits.max_position_per_trade_usd
    if case.value_usd is None:
        return missing(limit, "price or dollar rate to value the order with")
    return at_most(case.value_usd, limit)


def order_share(case: Case) -> Finding:
    return _share_of_equity(case, case.value_usd, case.limits.position_per_order_pct)


def directional_sum(case: Case) -> Finding:
    """Judge the worst sum that open orders can lead to; an order that does not raise it, such as a hedge, passes."""
    limit = case.limits.max_position_size_usd
    if case.totals is None:
        return missing(limit, "price of every position and order")
    return at_most(case.totals.directional, max(limit, case.totals.directional_before))


def concentration(case: Case) -> Finding:
    return _share_of_equity(case, case.totals.concentrated if case.totals else None, case.limits.concentration_pct)


def invested_share(case: Case) -> Finding:
    return _share_of_equity(case, case.totals.invested if case.totals else None, case.limits.max_invested_pct)


def leverage(case: Case) -> Finding:
    """Judge by the venue: margin at one venue does not carry positions at another."""
    limit, equity = case.limits.max_leverage, case.view.venue_equity_usd
    if case.totals is None or equity is None:
        return missing(limit, "equity of the venue and price of every position")
    if equity <= 0:
        return Finding(False, f"at most {limit}", f"equity {equity:f}")
    return at_most(case.totals.venue / equity, limit)


def trade_loss(case: Case) -> Finding:
    """Judge what the order loses if its stop loss is hit; stop distance times size."""
    equity = case.view.equity_usd
    if equity is None or case.value_usd is None:
        return missing(case.limits.loss_per_trade_usd, "equity and value of the order")
    return at_most(case.value_usd * case.limits.stop_loss_pct / 100, case.limits.loss_per_trade_limit_usd(equity))


def _share_of_equity(case: Case, value_usd: Decimal | None, limit_pct: Decimal) -> Finding:
    equity = case.view.equity_usd
    if value_usd is None or equity is None:
        return missing(limit_pct, "equity and price of every position")
    if equity <= 0:
        return Finding(False, f"at most {limit_pct}", f"equity {equity:f}")
    return at_most(value_usd * 100 / equity, limit_pct)
