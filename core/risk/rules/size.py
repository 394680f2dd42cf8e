"""How much: one order, all positions, and what they may lose."""

from collections.abc import Callable
from decimal import Decimal

from core.risk.case import Case
from core.risk.rules.finding import Compared, Finding, at_most, missing
from core.risk.totals import ExposureTotals

PRICES = "price of every position and order"


def order_value(case: Case) -> Finding:
    """Bound one order, a leg's order of a job by the leg's own limit."""
    limits = case.limits
    limit = limits.max_position_per_trade_usd if case.intent.job is None else limits.max_leg_notional_usd
    if case.value_usd is None:
        return missing(limit, "price or dollar rate to value the order with")
    return at_most(case.value_usd, limit)


def max_quantity(case: Case) -> Finding:
    return at_most(case.order_quantity, case.limits.max_quantity_of(case.intent.instrument_id))


def order_share(case: Case) -> Finding:
    return _share_of_equity(case, case.value_usd, case.limits.position_per_order_pct)


def directional_sum(case: Case) -> Finding:
    """Judge the worst sum that open orders can lead to; an order that does not raise it, such as a hedge, passes."""
    limit = case.limits.max_position_size_usd
    if case.totals is None:
        return missing(limit, PRICES)
    finding = at_most(case.totals.directional, max(limit, case.totals.directional_before))
    return Compared(finding, case.totals.directional, limit)


def instrument_gross(case: Case) -> Finding:
    """Add up the position and every unfilled order of the instrument."""
    return _sum_at_most(case, lambda totals: totals.instrument_gross, case.limits.max_instrument_gross_usd)


def instrument_net(case: Case) -> Finding:
    return _sum_at_most(case, lambda totals: totals.instrument_net, case.limits.max_instrument_net_usd)


def venue_gross(case: Case) -> Finding:
    return _sum_at_most(case, lambda totals: totals.venue, case.limits.max_venue_gross_usd)


def venue_net(case: Case) -> Finding:
    """Add up the nets of the underlyings at the venue; an order that does not raise the sum passes."""
    limit = case.limits.max_venue_net_usd
    if case.totals is None:
        return missing(limit, PRICES)
    finding = at_most(case.totals.venue_net, max(limit, case.totals.venue_net_before))
    return Compared(finding, case.totals.venue_net, limit)


def total_gross(case: Case) -> Finding:
    return _sum_at_most(case, lambda totals: totals.invested, case.limits.max_total_gross_usd)


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


def _sum_at_most(case: Case, read: Callable[[ExposureTotals], Decimal], limit_usd: Decimal) -> Finding:
    return missing(limit_usd, PRICES) if case.totals is None else at_most(read(case.totals), limit_usd)


def _share_of_equity(case: Case, value_usd: Decimal | None, limit_pct: Decimal) -> Finding:
    equity = case.view.equity_usd
    if value_usd is None or equity is None:
        return missing(limit_pct, "equity and price of every position")
    if equity <= 0:
        return Finding(False, f"at most {limit_pct}", f"equity {equity:f}")
    return at_most(value_usd * 100 / equity, limit_pct)
