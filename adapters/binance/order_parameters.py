"""An order of ours in the venue's parameters, and an order of the venue's in our terms."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from adapters.binance.answers import OrderAnswer
from adapters.binance.market import BinanceMarket
from core.types.instrument import Instrument, InstrumentId
from core.types.order import Order, OrderIntent, OrderStatus, OrderType, SelfTradePrevention, Side, TimeInForce

_NS_PER_MS: Final = 1_000_000
EXTERNAL: Final = "external"

_SELF_TRADE: Final[Mapping[SelfTradePrevention, str]] = {SelfTradePrevention.CANCEL_NEWEST: "EXPIRE_TAKER"}

STATUSES: Final[Mapping[str, OrderStatus]] = {
    "NEW": OrderStatus.OPEN,
    "PENDING_NEW": OrderStatus.OPEN,  # of an order list, not working yet
    "PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELLED,
    "PENDING_CANCEL": OrderStatus.OPEN,
    "REJECTED": OrderStatus.REJECTED,
    "EXPIRED": OrderStatus.EXPIRED,
    "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,  # by self-trade prevention
}


class UnsendableOrderError(ValueError):
    """An order cannot be put into the venue's terms."""


def place_parameters(
    market: BinanceMarket, instrument: Instrument, intent: OrderIntent, self_trade: SelfTradePrevention
) -> list[tuple[str, str]]:
    """Return the parameters of a new order in the order they are sent.

    Raises
    ------
    UnsendableOrderError
        The market has no such order, or a number is no plain positive one.
    """
    is_spot = market is BinanceMarket.SPOT
    if is_spot and intent.reduce_only:
        raise UnsendableOrderError("spot has no reduce-only orders")
    parameters = [("symbol", instrument.venue_symbol), ("side", intent.side.value.upper())]
    if intent.order_type is OrderType.MARKET:
        if intent.post_only:
            raise UnsendableOrderError("a market order cannot be post-only")
        parameters.append(("type", "MARKET"))
    else:
        parameters += _limit_terms(intent, is_spot=is_spot)
    parameters.append(("quantity", plain(intent.quantity, "quantity")))
    if intent.reduce_only:
        parameters.append(("reduceOnly", "true"))
    parameters += [
        ("newClientOrderId", intent.client_order_id),
        ("selfTradePreventionMode", _SELF_TRADE[self_trade]),
        # what came of it is told by the private stream and the account; the less is read here the less can fail
        ("newOrderRespType", "ACK"),
    ]
    return parameters


def amend_parameters(instrument: Instrument, intent: OrderIntent) -> list[tuple[str, str]]:
    """Return the parameters that give a resting USD-M order the price and the total quantity of the intent."""
    return [
        ("symbol", instrument.venue_symbol),
        ("side", intent.side.value.upper()),
        ("origClientOrderId", intent.client_order_id),
        ("quantity", plain(intent.quantity, "quantity")),
        ("price", _price(intent)),
    ]


def plain(number: Decimal, what: str) -> str:
    """Write a positive number without an exponent."""
    if not (number.is_finite() and number > 0):
        raise UnsendableOrderError(f"{what} {number} is not a positive number")
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _limit_terms(intent: OrderIntent, *, is_spot: bool) -> list[tuple[str, str]]:
    price = ("price", _price(intent))
    if intent.post_only:
        if intent.time_in_force is TimeInForce.IOC:
            raise UnsendableOrderError("an immediate-or-cancel order cannot be post-only")
        return [("type", "LIMIT_MAKER"), price] if is_spot else [("type", "LIMIT"), ("timeInForce", "GTX"), price]
    return [("type", "LIMIT"), ("timeInForce", intent.time_in_force.value.upper()), price]


def _price(intent: OrderIntent) -> str:
    if intent.limit_price is None:
        raise UnsendableOrderError("a limit order needs a price")
    return plain(intent.limit_price, "price")


def order_of(answer: OrderAnswer, instrument_id: InstrumentId) -> Order:
    """Return a resting order as the venue lists it; what is neither limit nor market here is the nearer of the two."""
    is_limit = answer.price > 0
    intent = OrderIntent(
        client_order_id=answer.client_order_id,
        venue=instrument_id.venue,
        symbol=instrument_id.symbol,
        side=Side.BUY if answer.side == "BUY" else Side.SELL,
        order_type=OrderType.LIMIT if is_limit else OrderType.MARKET,
        quantity=answer.orig_qty,
        limit_price=answer.price if is_limit else None,
        time_in_force=TimeInForce.IOC if answer.time_in_force in {"IOC", "FOK"} else TimeInForce.GTC,
        post_only=answer.type == "LIMIT_MAKER" or answer.time_in_force == "GTX",
        reduce_only=answer.reduce_only or answer.close_position,
        source=EXTERNAL,
        created_ns=answer.time * _NS_PER_MS,
    )
    return Order(
        intent=intent,
        status=STATUSES.get(answer.status, OrderStatus.IN_DOUBT),
        venue_order_id=str(answer.order_id),
        filled_quantity=answer.executed_qty,
        filled_notional=answer.spot_notional or answer.futures_notional,
        updated_ns=answer.update_time * _NS_PER_MS,
    )
