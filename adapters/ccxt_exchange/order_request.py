"""An order in ccxt's terms, or why the exchange cannot have it: decided before anything is sent."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, cast

import msgspec

from adapters.ccxt_exchange.exact_number import MalformedError, exact, plain
from adapters.ccxt_exchange.library import Client
from adapters.ccxt_exchange.profile import Profile
from adapters.ccxt_exchange.rows import part, row_of
from core.types.instrument import AssetType, Instrument
from core.types.order import OrderIntent, OrderType, Side, TimeInForce

_NO_FEATURES: Final[Mapping[str, Any]] = {}


class UnsupportedOrderError(ValueError):
    """An exchange cannot do what an order asks for, or would do something else."""


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of createOrder."""

    symbol: str
    type: str
    side: str
    amount: float
    price: float | None
    params: Mapping[str, object]


def request_of(intent: OrderIntent, instrument: Instrument, client: Client, profile: Profile) -> OrderRequest:
    """Return what is sent; raise UnsupportedOrderError for an order that the exchange would refuse or bend."""
    features = create_features(client, instrument)
    params: dict[str, object] = {profile.create_param: intent.client_order_id, **profile.cancels_newest_by}
    is_market = intent.order_type is OrderType.MARKET
    if is_market:
        _demand_market(intent, client, features)
    elif intent.time_in_force is TimeInForce.IOC:
        if part(features, "timeInForce").get("IOC") is False:
            raise UnsupportedOrderError(f"{client.id} has no immediate-or-cancel orders")
        params["timeInForce"] = profile.ioc
    if intent.post_only:
        if is_market or part(features, "timeInForce").get("PO") is False:
            raise UnsupportedOrderError(f"{client.id} has no such post-only order")
        params["postOnly"] = True
    if intent.reduce_only and instrument.asset_type is AssetType.PERPETUAL:
        if client.has.get("createReduceOnlyOrder") is False and not profile.has_reduce_only:
            raise UnsupportedOrderError(f"{client.id} has no reduce-only orders")
        params["reduceOnly"] = True
    return OrderRequest(
        symbol=instrument.symbol,
        type="market" if is_market else "limit",
        side=intent.side.value,
        amount=amount_of(intent.quantity, instrument, client),
        price=None if is_market else price_of(intent.limit_price, instrument, client),
        params=params,
    )


def amount_of(quantity: Decimal, instrument: Instrument, client: Client) -> float:
    """Return a quantity as ccxt takes it; raise where another one would arrive."""
    if quantity < instrument.min_quantity:
        raise UnsupportedOrderError(f"quantity {quantity:f} is below the least, {instrument.min_quantity:f}")
    amount = float(quantity)
    _demand_same(quantity, client.amount_to_precision(instrument.symbol, amount), "quantity", client)
    return amount


def price_of(price: Decimal | None, instrument: Instrument, client: Client) -> float:
    """Return a price as ccxt takes it; raise where another one would arrive."""
    if price is None:
        raise UnsupportedOrderError("a limit order without a price")
    sent = float(price)
    _demand_same(price, client.price_to_precision(instrument.symbol, sent), "price", client)
    return sent


def create_features(client: Client, instrument: Instrument) -> Mapping[str, Any]:
    """Return what ccxt knows of createOrder for a kind of market, nothing where it does not say."""
    if not isinstance(client.features, Mapping):
        return _NO_FEATURES
    features = row_of(cast("object", client.features), "features")
    if instrument.asset_type is AssetType.PERPETUAL:
        features = part(part(features, "swap"), "linear")
    else:
        features = part(features, "spot")
    return part(features, "createOrder")


def _demand_market(intent: OrderIntent, client: Client, features: Mapping[str, Any]) -> None:
    if client.has.get("createMarketOrder") is False:
        raise UnsupportedOrderError(f"{client.id} has no market orders")
    if intent.side is Side.BUY and features.get("marketBuyRequiresPrice") is True:
        raise UnsupportedOrderError(f"{client.id} buys at market by value and not by quantity: use an IOC limit order")


def _demand_same(wanted: Decimal, sent: object, what: str, client: Client) -> None:
    try:
        is_same = exact(sent, what) == wanted
    except MalformedError:
        is_same = False
    if not is_same:
        raise UnsupportedOrderError(f"{what} {plain(wanted)} would reach {client.id} as {str(sent)[:40]}")
