"""An order of ours in the venue's terms, and an order and a fill of the venue's in ours."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import msgspec

from adapters.coinbase.answers import FillAnswer, OrderAnswer, OrderTerms, decode_fields, decode_terms, number
from adapters.coinbase.instruments import VENUE
from adapters.streams.iso_time import iso_to_ns
from adapters.streams.market_data import UNREADABLE
from core.types.instrument import Instrument
from core.types.order import Fill, Liquidity, Order, OrderIntent, OrderStatus, OrderType, Side, TimeInForce

EXTERNAL: Final = "external"
_NOTHING: Final = b'""'  # a number that is not there
# orders that carry one id are never matched with each other; whose of them goes, the venue does not say
SELF_TRADE_PREVENTION_ID: Final = "5e4a9c1e-0000-4000-8000-5e4a9c1e0001"

STATUSES: Final[Mapping[str, OrderStatus]] = {
    "PENDING": OrderStatus.OPEN,
    "QUEUED": OrderStatus.OPEN,
    "OPEN": OrderStatus.OPEN,
    "CANCEL_QUEUED": OrderStatus.CANCELLING,
    "EDIT_QUEUED": OrderStatus.OPEN,
    "FILLED": OrderStatus.FILLED,
    "CANCELLED": OrderStatus.CANCELLED,
    "EXPIRED": OrderStatus.EXPIRED,
    "FAILED": OrderStatus.REJECTED,
}


class UnsendableOrderError(ValueError):
    """An order cannot be put into the venue's terms."""


def order_body(instrument: Instrument, intent: OrderIntent) -> dict[str, object]:
    """Return what is sent for a new order; raise UnsendableOrderError for one the venue does not have."""
    if intent.reduce_only and intent.side is Side.BUY:
        raise UnsendableOrderError("nothing can be owed on spot: a purchase reduces nothing")
    return {
        "client_order_id": intent.client_order_id,
        "product_id": instrument.venue_symbol,
        "side": intent.side.value.upper(),
        "order_configuration": _configuration(intent),
        "self_trade_prevention_id": SELF_TRADE_PREVENTION_ID,
    }


def plain(value: Decimal, what: str) -> str:
    """Write a positive number without an exponent."""
    if not (value.is_finite() and value > 0):
        raise UnsendableOrderError(f"{what} {value} is not a positive number")
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _configuration(intent: OrderIntent) -> dict[str, dict[str, object]]:
    size = plain(intent.quantity, "quantity")
    if intent.order_type is OrderType.MARKET:
        if intent.post_only:
            raise UnsendableOrderError("a market order cannot be post-only")
        return {"market_market_ioc": {"base_size": size}}
    if intent.limit_price is None:
        raise UnsendableOrderError("a limit order needs a price")
    terms: dict[str, object] = {"base_size": size, "limit_price": plain(intent.limit_price, "limit price")}
    if intent.time_in_force is TimeInForce.IOC:
        if intent.post_only:
            raise UnsendableOrderError("an immediate-or-cancel order cannot be post-only")
        return {"sor_limit_ioc": terms}
    return {"limit_limit_gtc": {**terms, "post_only": intent.post_only}}


def status_of(word: str, filled: Decimal) -> OrderStatus | None:
    """Return the state that the venue's word means, None for a word that is not known."""
    status = STATUSES.get(word)
    return OrderStatus.PARTIALLY_FILLED if status is OrderStatus.OPEN and filled else status


def order_of(answer: OrderAnswer, symbol: str, client_order_id: str) -> Order:
    """Return an open order as the venue lists it; raise as decoding does where it makes no sense."""
    filled = number(answer.filled_size)
    terms = _terms(answer)
    status = status_of(answer.status, filled)
    if status is None:
        raise ValueError(f"order {answer.order_id} is {answer.status!r}, a word that is not known")
    is_ioc = answer.time_in_force in {"IMMEDIATE_OR_CANCEL", "FILL_OR_KILL"}
    intent = OrderIntent(
        client_order_id=client_order_id,
        venue=VENUE,
        symbol=symbol,
        side=side_of(answer.side),
        order_type=OrderType.MARKET if terms.limit_price is None else OrderType.LIMIT,
        quantity=_quantity(terms, filled),
        limit_price=terms.limit_price,
        time_in_force=TimeInForce.IOC if is_ioc else TimeInForce.GTC,
        post_only=terms.post_only,
        source=EXTERNAL,
        created_ns=iso_to_ns(answer.created_time) if answer.created_time else 0,
    )
    return Order(
        intent=intent,
        status=status,
        venue_order_id=answer.order_id,
        filled_quantity=filled,
        filled_notional=number(answer.filled_value),
        is_external=True,
    )


def fill_of(answer: FillAnswer, instrument: Instrument, client_order_id: str, received_ns: int) -> Fill:
    quantity = answer.size
    if answer.size_in_quote:  # of a market order for an amount of money, which nobody sends from here
        quantity = (answer.size / answer.price).quantize(instrument.lot_size, ROUND_HALF_EVEN)
    return Fill(
        fill_id=answer.trade_id,
        client_order_id=client_order_id,
        venue=VENUE,
        symbol=instrument.symbol,
        side=side_of(answer.side),
        price=answer.price,
        quantity=quantity,
        fee=answer.commission,
        liquidity=Liquidity.MAKER if answer.liquidity_indicator == "MAKER" else Liquidity.TAKER,
        venue_ns=iso_to_ns(answer.trade_time),
        received_ns=received_ns,
    )


def side_of(word: str) -> Side:
    return Side(word.lower())


def _terms(answer: OrderAnswer) -> OrderTerms:
    for raw in (answer.order_configuration or {}).values():
        try:
            given = {name: value for name, value in decode_fields(raw).items() if bytes(value) != _NOTHING}
            return decode_terms(msgspec.json.encode(given))
        except UNREADABLE:
            continue  # a configuration of another kind, which nobody sends from here
    return OrderTerms()


def _quantity(terms: OrderTerms, filled: Decimal) -> Decimal:
    """Return the size; of one that was ordered for an amount of money, what that buys at the limit."""
    if terms.base_size is not None:
        return terms.base_size
    if terms.quote_size is not None and terms.limit_price:
        return max(filled, terms.quote_size / terms.limit_price)
    return filled
