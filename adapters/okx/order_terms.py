"""An order of ours in the venue's terms, and an order of the venue's in ours."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from adapters.okx.answers import OrderRow, number
from adapters.okx.client_ids import UnsendableOrderError, order_key, to_engine, to_venue
from adapters.okx.instruments import is_swap
from core.types.instrument import Instrument, InstrumentId
from core.types.order import Order, OrderIntent, OrderStatus, OrderType, SelfTradePrevention, Side, TimeInForce

NS_PER_MS: Final = 1_000_000
_EXTERNAL: Final = "external"
_SELF_TRADE: Final[Mapping[SelfTradePrevention, str]] = {SelfTradePrevention.CANCEL_NEWEST: "cancel_taker"}

STATUSES: Final[Mapping[str, OrderStatus]] = {
    "live": OrderStatus.OPEN,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELLED,
    "mmp_canceled": OrderStatus.CANCELLED,
}


def place_body(
    instrument: Instrument, intent: OrderIntent, self_trade: SelfTradePrevention, *, trade_mode: str, tag: str
) -> dict[str, object]:
    """Return a new order as it is sent.

    Raises
    ------
    UnsendableOrderError
        The venue has no such order, or a number is no plain positive one.
    """
    if instrument.is_inverse:
        raise UnsendableOrderError(f"{instrument.symbol} is paid in {instrument.base}: inverse swaps are not traded")
    body: dict[str, object] = {
        "instId": instrument.venue_symbol,
        "tdMode": trade_mode,
        "clOrdId": to_venue(intent.client_order_id),
        "tag": tag,
        "side": intent.side.value,
        "ordType": _order_type(intent),
        "sz": plain(intent.quantity, "quantity"),
        "stpMode": _SELF_TRADE[self_trade],
    }
    if intent.order_type is OrderType.LIMIT:
        body["px"] = _price(instrument, intent)
    elif not is_swap(instrument):
        body["tgtCcy"] = "base_ccy"  # or a market buy would be counted in the quote currency
    if intent.reduce_only and is_swap(instrument):
        body["reduceOnly"] = True
    elif intent.reduce_only and intent.side is Side.BUY:
        # a spot sell can but reduce: nothing is borrowed for it
        raise UnsendableOrderError("a spot buy cannot be reduce-only")
    return body


def amend_body(instrument: Instrument, intent: OrderIntent) -> dict[str, object]:
    """Return what gives a resting order the price and the total quantity of the intent."""
    name, value = order_key(intent.client_order_id)
    return {
        "instId": instrument.venue_symbol,
        name: value,
        "newSz": plain(intent.quantity, "quantity"),  # of the whole order, what is filled included
        "newPx": _price(instrument, intent),
        "cxlOnFail": False,
    }


def plain(value: Decimal, what: str) -> str:
    """Write a positive number without an exponent."""
    if not (value.is_finite() and value > 0):
        raise UnsendableOrderError(f"{what} {value} is not a positive number")
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def order_of(row: OrderRow, instrument_id: InstrumentId) -> Order:
    """Return an order as the venue lists it; raise ValueError for numbers that are none.

    What is neither limit nor market here is the nearer of the two.
    """
    price, filled = number(row.px), number(row.acc_fill_sz) or Decimal(0)
    intent = OrderIntent(
        client_order_id=to_engine(row.cl_ord_id, row.ord_id),
        venue=instrument_id.venue,
        symbol=instrument_id.symbol,
        side=Side(row.side),
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        quantity=number(row.sz) or Decimal(0),
        limit_price=price,
        time_in_force=TimeInForce.IOC if row.ord_type in {"ioc", "fok", "optimal_limit_ioc"} else TimeInForce.GTC,
        post_only=row.ord_type in {"post_only", "mmp_and_post_only"},
        reduce_only=row.reduce_only == "true",
        source=_EXTERNAL,
        created_ns=row.c_time * NS_PER_MS,
    )
    return Order(
        intent=intent,
        status=STATUSES.get(row.state, OrderStatus.IN_DOUBT),
        venue_order_id=row.ord_id,
        filled_quantity=filled,
        filled_notional=filled * (number(row.avg_px) or Decimal(0)),
        updated_ns=row.u_time * NS_PER_MS,
    )


def _order_type(intent: OrderIntent) -> str:
    is_immediate = intent.time_in_force is TimeInForce.IOC
    if intent.order_type is OrderType.MARKET:
        if intent.post_only:
            raise UnsendableOrderError("a market order cannot be post-only")
        return "market"
    if intent.post_only:
        if is_immediate:
            raise UnsendableOrderError("an immediate-or-cancel order cannot be post-only")
        return "post_only"
    return "ioc" if is_immediate else "limit"


def _price(instrument: Instrument, intent: OrderIntent) -> str:
    price = intent.limit_price
    if price is None:
        raise UnsendableOrderError("a limit order needs a price")
    text = plain(price, "price")
    if price % instrument.order_tick:
        # nothing says that the venue refuses it and does not round it to a price nobody decided
        raise UnsendableOrderError(f"price {text} is not a multiple of {instrument.order_tick}")
    return text
