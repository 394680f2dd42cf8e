"""Actions as they are signed and posted. There are no others: none moves money, approves or names anybody.

The order of keys is that of the venue's own library.
"""

from decimal import Decimal
from typing import Final, cast

import msgspec

from adapters.hyperliquid.instruments import Listing
from adapters.hyperliquid.price_rule import ceil_price, floor_price
from adapters.hyperliquid.signing import Action
from core.types.order import OrderIntent, OrderType, Side, TimeInForce

CANCEL_BATCH: Final = 100


class OrderTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What an order is at the venue: rounded to what it takes."""

    asset_id: int
    is_buy: bool
    price: Decimal
    quantity: Decimal
    reduce_only: bool
    time_in_force: str  # Gtc, Ioc, Alo
    cloid: str


class TermsError(ValueError):
    """An order cannot be written for the venue; the text says why."""


def limit_price(intent: OrderIntent, listing: Listing) -> Decimal:
    """Return an allowed price that is not worse for us than the one asked for."""
    if intent.limit_price is None:
        raise TermsError("a limit order needs a price")
    return _inward(intent.side, intent.limit_price, listing)


def market_price(side: Side, best: Decimal, slippage: Decimal, listing: Listing) -> Decimal:
    """Return the worst price that a market order takes: so far through the best one, and not further."""
    return _inward(side, best * (1 + side.sign * slippage), listing)


def terms_of(intent: OrderIntent, listing: Listing, price: Decimal, quantity: Decimal, cloid: str) -> OrderTerms:
    """Return the terms of an order; sizes are rounded down."""
    floored = listing.instrument.floor_quantity(quantity)
    if floored <= 0 or price <= 0:
        raise TermsError(f"quantity {quantity:f} at {price:f} is below what the venue takes of {listing.coin}")
    return OrderTerms(
        asset_id=listing.asset_id,
        is_buy=intent.side is Side.BUY,
        price=price,
        quantity=floored,
        reduce_only=intent.reduce_only,
        time_in_force=_time_in_force(intent),
        cloid=cloid,
    )


def place(terms: OrderTerms) -> Action:
    return {"type": "order", "orders": [_order(terms)], "grouping": "na"}


def modify(venue_order_id: int, terms: OrderTerms) -> Action:
    """Replace a resting order; in a batch of one because only that answers with the new number."""
    return {"type": "batchModify", "modifies": [{"oid": venue_order_id, "order": _order(terms)}]}


def cancel_by_client_id(asset_id: int, cloid: str) -> Action:
    return {"type": "cancelByCloid", "cancels": [{"asset": asset_id, "cloid": cloid}]}


def cancel_by_number(orders: list[tuple[int, int]]) -> Action:
    """Cancel by (asset id, venue's number)."""
    return {"type": "cancel", "cancels": [{"a": asset_id, "o": number} for asset_id, number in orders]}


def update_leverage(asset_id: int, leverage: int, *, is_cross: bool) -> Action:
    return {"type": "updateLeverage", "asset": asset_id, "isCross": is_cross, "leverage": leverage}


def schedule_cancel(at_ms: int | None) -> Action:
    """Have everything cancelled at a time, None takes that back."""
    return {"type": "scheduleCancel"} if at_ms is None else {"type": "scheduleCancel", "time": at_ms}


def batch_length(action: Action) -> int:
    """Return how many orders or cancels an action holds."""
    batches = (cast("list[object]", value) for value in action.values() if isinstance(value, list))
    return max(map(len, batches), default=1)


def wire_number(value: Decimal) -> str:
    """Write a number as the venue signs it: no exponent, no zeros at the end."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _order(terms: OrderTerms) -> dict[str, object]:
    return {
        "a": terms.asset_id,
        "b": terms.is_buy,
        "p": wire_number(terms.price),
        "s": wire_number(terms.quantity),
        "r": terms.reduce_only,
        "t": {"limit": {"tif": terms.time_in_force}},
        "c": terms.cloid,
    }


def _inward(side: Side, price: Decimal, listing: Listing) -> Decimal:
    rounded = floor_price if side is Side.BUY else ceil_price
    return rounded(price, listing.size_decimals)


def _time_in_force(intent: OrderIntent) -> str:
    if intent.order_type is OrderType.MARKET or intent.time_in_force is TimeInForce.IOC:
        return "Ioc"
    return "Alo" if intent.post_only else "Gtc"
