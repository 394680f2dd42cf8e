"""A person's orders as commands give them: what is wrong with their form, and the intents that they become."""

from decimal import Decimal
from difflib import get_close_matches
from typing import Final

from core.control.commands import OrderTerms
from core.market.market import Market
from core.types.held_tag import HeldTag
from core.types.instrument import InstrumentId
from core.types.order import OrderIntent, OrderType, Side, TimeInForce

MAX_EXPONENT: Final = 18
SENSIBLE: Final = f"more than 0, within 10^-{MAX_EXPONENT} and 10^{MAX_EXPONENT}"


class ManualOrders:
    """Reads commands; the instruments that are known decide what there is to trade."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def problem(self, terms: OrderTerms) -> str | None:
        """Say what is wrong with a market or limit order, None where nothing is."""
        instrument_id = InstrumentId(terms.venue, terms.symbol)
        known = self._market.instruments
        if instrument_id not in known:
            near = get_close_matches(str(instrument_id), [str(key) for key in known], n=3, cutoff=0.4)
            return f"no venue has {instrument_id}; " + (f"near are {', '.join(near)}" if near else "see `status`")
        for name, value, allowed in (
            ("side", terms.side, Side),
            ("order_type", terms.order_type, OrderType),
            ("time_in_force", terms.time_in_force, TimeInForce),
        ):
            if value not in list(allowed):
                return f"{name} {value!r} is not one of {', '.join(allowed)}"
        if not is_sensible(terms.quantity):
            return f"quantity {terms.quantity} is not allowed: {SENSIBLE}"
        if (terms.order_type == OrderType.LIMIT) != (terms.limit_price is not None):
            return "a limit order, and no other, has a limit_price"
        price = terms.limit_price
        if price is not None and not is_sensible(price):
            return f"limit_price {price} is not allowed: {SENSIBLE}"
        return None


def intent_of(terms: OrderTerms, client_order_id: str, created_ns: int, *, held: HeldTag | None = None) -> OrderIntent:
    """Return the intent of a market or limit order whose form is right; with `held`, it opens what a bracket closes."""
    return OrderIntent(
        client_order_id=client_order_id,
        venue=terms.venue,
        symbol=terms.symbol,
        side=Side(terms.side),
        order_type=OrderType(terms.order_type),
        quantity=terms.quantity,
        limit_price=terms.limit_price,
        time_in_force=TimeInForce(terms.time_in_force),
        post_only=terms.post_only,
        reduce_only=terms.reduce_only,
        held=held,
        created_ns=created_ns,
    )


def is_sensible(value: Decimal) -> bool:
    return value.is_finite() and value > 0 and abs(value.adjusted()) <= MAX_EXPONENT
