"""Is this an order at all: its form, its origin and the instrument's own rules."""

from core.risk.case import Case
from core.risk.rules.finding import Finding, at_least, judged, missing
from core.types.order import OrderIntent, OrderType, TimeInForce


def known_instrument(case: Case) -> Finding:
    """Demand an instrument whose orders can be valued: one paid in its base currency cannot."""
    instrument, wanted = case.view.instrument, "an instrument with known rules, paid in its quote currency"
    if instrument is not None and instrument.is_inverse:
        return judged(False, wanted, f"{instrument.id} is paid in {instrument.base}")
    is_known = instrument is not None and instrument.id == case.intent.instrument_id
    return judged(is_known, wanted, case.intent.instrument_id)


def order_form(case: Case) -> Finding:
    flaw = _flaw(case.intent)
    return judged(flaw is None, "a complete order", flaw or "complete")


def known_source(case: Case) -> Finding:
    """Demand a source of a known form; an order that carries a job says so in its source as well."""
    intent = case.intent
    if intent.job is None:
        is_known = intent.source in ("manual", "protection") or intent.is_flattening or case.strategy is not None
    else:
        is_known = intent.source == f"job:{intent.job.job_id}" and bool(intent.job.job_id and intent.job.strategy)
    return judged(
        is_known, "manual, protection, flatten, flatten:<name>, strategy:<name> or job:<id>", intent.source or "none"
    )


def unused_order_id(case: Case) -> Finding:
    if case.view.amended is not None:
        return judged(True, "a client order id never used before", "not asked: amends its own order")
    is_usable = case.view.is_order_id_unused and bool(case.intent.client_order_id)
    return judged(is_usable, "a client order id never used before", case.intent.client_order_id or "none")


def price_grid(case: Case) -> Finding:
    instrument, price = case.view.instrument, case.intent.limit_price
    if instrument is None:
        return missing("whole ticks", "instrument rules")
    if price is None:
        return judged(True, f"whole ticks of {instrument.order_tick}", "no limit price")
    return judged(price % instrument.order_tick == 0, f"whole ticks of {instrument.order_tick}", price)


def quantity_grid(case: Case) -> Finding:
    instrument, quantity = case.view.instrument, case.order_quantity
    if instrument is None:
        return missing("whole lots", "instrument rules")
    return judged(quantity % instrument.order_lot == 0, f"whole lots of {instrument.order_lot}", quantity)


def min_quantity(case: Case) -> Finding:
    instrument = case.view.instrument
    if instrument is None:
        return missing("the instrument's minimum", "instrument rules")
    return at_least(case.order_quantity, instrument.min_quantity)


def min_notional(case: Case) -> Finding:
    """Judge by the lower of limit and reference price: a venue takes the one that is worse for the order."""
    instrument, view = case.view.instrument, case.view
    if instrument is None:
        return missing("the instrument's minimum", "instrument rules")
    prices = [price for price in (case.intent.limit_price, view.reference_price) if price is not None]
    if not prices:
        return missing(instrument.min_notional, "price to value the order with")
    return at_least(instrument.notional(min(prices), case.order_quantity), instrument.min_notional)


def _flaw(intent: OrderIntent) -> str | None:
    price = intent.limit_price
    if not intent.quantity.is_finite() or intent.quantity <= 0:
        return f"quantity {intent.quantity} is not above zero"
    if price is not None and (not price.is_finite() or price <= 0):
        return f"limit price {price} is not above zero"
    if intent.order_type is OrderType.LIMIT and price is None:
        return "a limit order without a limit price"
    if intent.order_type is OrderType.MARKET and price is not None:
        return "a market order with a limit price"
    if intent.post_only and (intent.order_type is OrderType.MARKET or intent.time_in_force is TimeInForce.IOC):
        return "post-only on an order that cannot rest"
    if intent.confidence is not None and not 0 <= intent.confidence <= 1:
        return f"confidence {intent.confidence} is outside 0 to 1"
    return None
