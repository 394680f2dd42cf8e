"""One order before the gate: the intent, the view, and what several rules need to know about both."""

from decimal import Decimal

import msgspec

from core.risk.completion import completes
from core.risk.draw import Draw, draw_of
from core.risk.limits import RiskLimits
from core.risk.totals import ExposureTotals, total_exposure
from core.risk.view import AmendedLook, Exposure, RiskView
from core.types.capital import OrderClaim
from core.types.order import OrderIntent, OrderType, Side

ZERO = Decimal(0)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """`price` is the worst the order may be valued at, in the quote currency; `unit_usd` what quantity 1 costs there.

    `is_completing`: it hedges, or gives back, no more than its job has open. Of an amend, `intent` is what would be
    unfilled on the new terms, judged in a world without the order as it stands.
    """

    intent: OrderIntent
    view: RiskView
    limits: RiskLimits
    price: Decimal | None
    unit_usd: Decimal | None
    value_usd: Decimal | None
    reducible: Decimal  # quantity that can still be sold (bought back) without passing zero
    is_reducing: bool
    is_completing: bool
    is_lowering: bool  # an amend to no more quantity at no more eager a price
    draw: Draw | None  # on the venue's capital; None where it cannot be told
    totals: ExposureTotals | None  # with this order filled in the worst way; None where a price is missing

    @property
    def is_flatten(self) -> bool:
        """Tell whether this is a reducing order of the kill switch."""
        return self.is_reducing and self.intent.reduce_only and self.intent.is_flattening

    @property
    def opening_quantity(self) -> Decimal:
        """Return the part of the order that may open exposure."""
        return max(ZERO, self.intent.quantity - self.reducible)

    @property
    def order_quantity(self) -> Decimal:
        """Return the order's quantity in total, as its venue's rules take it."""
        return self.intent.quantity if self.view.amended is None else self.view.amended.new_quantity

    @property
    def claim(self) -> OrderClaim | None:
        return None if self.draw is None else self.draw.claim

    @property
    def strategy(self) -> str | None:
        return strategy_of(self.intent)


def strategy_of(intent: OrderIntent) -> str | None:
    """Return the name of the strategy behind an order or its job, None for a person's and the kill switch's."""
    if intent.job is not None:
        return intent.job.strategy if intent.job.strategy != "manual" else None
    kind, _, name = intent.source.partition(":")
    return name if kind == "strategy" and name else None


def open_case(intent: OrderIntent, view: RiskView, limits: RiskLimits) -> Case:
    """Work out what the rules share."""
    exposure = next((held for held in view.exposures if held.instrument_id == intent.instrument_id), None)
    reducible = _reducible(intent, exposure)
    price = _worst_price(intent, view)
    unit = None
    if price is not None and view.instrument is not None and view.quote_usd is not None:
        unit = price * view.instrument.contract_size * view.quote_usd
    value = None if unit is None else unit * intent.quantity
    return Case(
        intent=intent,
        view=view,
        limits=limits,
        price=price,
        unit_usd=unit,
        value_usd=value,
        reducible=reducible,
        is_reducing=ZERO < intent.quantity <= reducible,
        is_completing=completes(intent, view.job),
        is_lowering=_lowers(intent, view.amended),
        draw=draw_of(
            intent,
            unit_usd=unit,
            opening_quantity=max(ZERO, intent.quantity - reducible),
            job=view.job,
            amended=view.amended,
        ),
        totals=None if value is None or view.instrument is None else total_exposure(intent, value, view),
    )


def _lowers(intent: OrderIntent, amended: AmendedLook | None) -> bool:
    """Tell whether an amend leaves no more to fill, at a price that is no more likely to."""
    if amended is None or intent.limit_price is None or amended.new_quantity > amended.quantity:
        return False
    return intent.side.sign * (intent.limit_price - amended.limit_price) <= 0


def _reducible(intent: OrderIntent, exposure: Exposure | None) -> Decimal:
    if exposure is None:
        return ZERO
    if intent.side is Side.SELL:
        return max(ZERO, exposure.position - exposure.selling)
    return max(ZERO, -exposure.position - exposure.buying)


def _worst_price(intent: OrderIntent, view: RiskView) -> Decimal | None:
    """Return the highest of what the order may cost and what it will be marked at, None where that is unknown."""
    paid = intent.limit_price
    if intent.order_type is OrderType.MARKET:
        paid = view.book.execution_price if view.book else None
    if paid is None or view.reference_price is None:
        return None
    return max(paid, view.reference_price)
