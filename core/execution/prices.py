"""Prices a job may trade at: which books are usable, how far beyond the touch, and where the edge ends."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from core.book.book import BookState
from core.execution.plan import Plan
from core.execution.view import LegView
from core.types.instrument import Instrument
from core.types.job import HedgeJob
from core.types.order import Side

BPS: Final = Decimal(10_000)


def book_flaw(view: LegView, now_ns: int, stale_after_ns: int, widest_bps: Decimal) -> str | None:
    """Say why no price can be taken from a leg's book, None where one can (F15).

    A spread wider than the last rung of the ladder makes the touch no reference for a band around it.
    """
    instrument, bid, ask = view.instrument, view.best_bid, view.best_ask
    if instrument is None:
        return "instrument unknown"
    if not instrument.market_hours.is_open(now_ns):
        return f"{instrument.id}: market closed"
    if view.book_state is not BookState.VALID:
        return f"{instrument.id}: book {view.book_state}"
    if view.book_age_ns is None or not 0 <= view.book_age_ns <= stale_after_ns:
        return f"{instrument.id}: book stale"
    if bid is None or ask is None:
        return f"{instrument.id}: book has an empty side"
    if not 0 < bid < ask:
        return f"{instrument.id}: book crossed"
    spread_bps = (ask - bid) * BPS * 2 / (ask + bid)
    if spread_bps > widest_bps:
        return f"{instrument.id}: spread of {spread_bps:.1f} bps is wider than {widest_bps:f} bps"
    return None


def banded_price(instrument: Instrument, side: Side, touch: Decimal, band_bps: Decimal) -> Decimal:
    """Return the worst price on the order grid within a band beyond the touch."""
    return on_grid(instrument, side, touch * (1 + side.sign * band_bps / BPS))


def on_grid(instrument: Instrument, side: Side, price: Decimal) -> Decimal:
    """Round to the order grid towards the better price: down for a purchase, up for a sale."""
    rounding = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
    return (price / instrument.order_tick).to_integral_value(rounding) * instrument.order_tick


def edge_price(job: HedgeJob, plan: Plan, touches: tuple[Decimal, ...]) -> Decimal:
    """Return the worst price of the primary leg at which the job keeps its edge, with the others at their touch.

    ``sign·(price - planned price)·weight ≤ slack - Σ others' sign·(touch - planned touch)·weight``
    """
    drift_usd = sum(
        (
            leg.side.sign * (touch - planned) * weight_usd
            for leg, touch, planned, weight_usd in list(
                zip(job.legs, touches, plan.touches, plan.weights_usd, strict=True)
            )[1:]
        ),
        Decimal(0),
    )
    return plan.touches[0] + job.legs[0].side.sign * (plan.slack_usd - drift_usd) / plan.weights_usd[0]


def is_sendable(instrument: Instrument, quantity: Decimal, limit_price: Decimal, best_bid: Decimal) -> bool:
    """Tell whether an order reaches the venue's minimums, valued at the lowest price a venue may judge by."""
    if quantity <= 0 or quantity < instrument.min_quantity:
        return False
    return instrument.notional(min(limit_price, best_bid), quantity) >= instrument.min_notional
