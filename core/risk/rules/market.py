"""Is the market fit for this order: its price, its depth, its hours and the age of what we see."""

from core.book.book import BookState
from core.risk.case import Case
from core.risk.rules.finding import Finding, at_most, judged, missing
from core.types.order import OrderType


def fresh_book(case: Case) -> Finding:
    """Demand a valid, recent book; an order that reduces or lowers at a price of its own does without."""
    limit = f"VALID and at most {case.limits.stale_after_s:g} s old"
    if (case.is_reducing or case.is_lowering) and case.intent.limit_price is not None:
        return judged(True, limit, f"not needed: {'reduces' if case.is_reducing else 'lowers'} at a limit price")
    book = case.view.book
    if book is None:
        return missing(limit, "book")
    is_fresh = book.state is BookState.VALID and 0 <= book.age_ns <= case.limits.stale_after_ns
    return judged(is_fresh, limit, f"{book.state}, {book.age_ns / 1e9:.3f} s old")


def price_collar(case: Case) -> Finding:
    """Judge the limit price, or what the depth says a market order would pay, against the reference."""
    limit, reference = case.limits.price_deviation_pct, case.view.reference_price
    price = case.intent.limit_price
    if case.intent.order_type is OrderType.MARKET:
        price = case.view.book.execution_price if case.view.book else None
    if reference is None or not reference > 0:
        return missing(limit, "reference price")
    if price is None:
        return missing(limit, "price: the visible depth does not suffice")
    return at_most(abs(price - reference) * 100 / reference, limit)


def window_collar(case: Case) -> Finding:
    """Judge the price against the mean of the volatility window: a reference that has just jumped proves nothing."""
    limit, mean = case.limits.window_deviation_pct, case.view.window_price
    if mean is None or not mean > 0:
        return missing(limit, "prices of the window yet")
    if case.price is None:
        return missing(limit, "price: no reference, or the visible depth does not suffice")
    prices = [case.price] if case.intent.limit_price is None else [case.price, case.intent.limit_price]
    return at_most(max(abs(price - mean) for price in prices) * 100 / mean, limit)


def liquidity(case: Case) -> Finding:
    limit, book = case.limits.max_liquidity_share, case.view.book
    if book is None:
        return missing(limit, "book")
    if book.visible_quantity <= 0:
        return missing(limit, "visible depth")
    return at_most(case.intent.quantity / book.visible_quantity, limit)


def volatility(case: Case) -> Finding:
    limit = case.limits.max_volatility_pct[case.view.risk_mode]
    observed = case.view.volatility_pct
    if observed is None:
        return missing(limit, "volatility yet")
    return at_most(observed, limit)


def market_hours(case: Case) -> Finding:
    instrument, now_ns = case.view.instrument, case.view.now_ns
    if instrument is None:
        return missing("market open", "instrument rules")
    return judged(instrument.market_hours.is_open(now_ns), "market open", _hours(case))


def clock_offset(case: Case) -> Finding:
    limit, observed = float(case.limits.max_clock_offset_ms), case.view.clock_offset_ms
    if observed is None:
        return missing(limit, "clock comparison with the venue")
    return at_most(abs(observed), limit)


def _hours(case: Case) -> str:
    assert case.view.instrument is not None, "asked for with a known instrument only"
    hours = case.view.instrument.market_hours
    if hours.is_open(case.view.now_ns):
        return "open"
    opens_ns = hours.next_open_ns(case.view.now_ns)
    if opens_ns is None:
        return f"closed ({hours.calendar})"
    wait_h, wait_min = divmod(round((opens_ns - case.view.now_ns) / 60_000_000_000), 60)
    wait = f"{wait_h} h {wait_min} min" if wait_h else f"{wait_min} min"
    return f"closed ({hours.calendar}), opens in {wait}"
