"""From the parameters of a request to an order, or to Binance's complaint about them."""

from decimal import Decimal
from typing import Final

from adapters.sim.binance_protocol.api_error import ApiError, missing
from adapters.sim.binance_protocol.market_kind import MarketKind
from adapters.sim.binance_protocol.orders import OrderRequest, Stp
from adapters.sim.binance_protocol.params import Params
from core.types.order import Side

SPOT_TYPES: Final = ("LIMIT", "LIMIT_MAKER", "MARKET")
USDM_TYPES: Final = ("LIMIT", "MARKET")
_SPOT_STOPS: Final = ("STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")
_USDM_STOPS: Final = ("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET")
_SPOT_TIMES: Final = ("GTC", "IOC", "FOK")
_USDM_TIMES: Final = ("GTC", "IOC", "FOK", "GTX")
_STP_MODES: Final = tuple(mode.value for mode in Stp)


def read_side(params: Params) -> Side:
    value = params.required("side")
    if value not in {"BUY", "SELL"}:
        raise ApiError(-1117, "Invalid side.")
    return Side.BUY if value == "BUY" else Side.SELL


def read_order(kind: MarketKind, params: Params, fresh_client_id: str) -> OrderRequest:
    """Read a new order; `fresh_client_id` names it where the request does not."""
    spot = kind is MarketKind.SPOT
    order_type = _order_type(params, spot=spot)
    is_market = order_type == "MARKET"
    has_time = order_type == "LIMIT"
    time_in_force = params.text("timeInForce")
    if has_time and time_in_force is None:
        raise missing("timeInForce")
    if time_in_force is not None:
        if time_in_force not in (_SPOT_TIMES if spot else _USDM_TIMES):
            raise ApiError(-1115, "Invalid timeInForce.")
        if not has_time and spot:
            raise ApiError(-1106, "Parameter 'timeInForce' sent when not required.")
    if not spot and params.text("positionSide") not in {None, "BOTH"}:
        raise ApiError(-4061, "Order's position side does not match user's setting.")
    quantity, quote_quantity = params.decimal("quantity"), params.decimal("quoteOrderQty")
    if quantity is None and (quote_quantity is None or not (spot and is_market)):
        raise missing("quantity")
    return OrderRequest(
        symbol=params.required("symbol"),
        side=read_side(params),
        order_type=order_type,
        time_in_force=time_in_force if has_time and time_in_force else "GTC",
        quantity=quantity or Decimal(0),
        price=_price(params, is_market=is_market),
        client_order_id=params.client_id("newClientOrderId") or fresh_client_id,
        reduce_only=params.boolean("reduceOnly"),
        quote_quantity=quote_quantity if quantity is None else None,
        stp=Stp(params.choice("selfTradePreventionMode", _STP_MODES, Stp.EXPIRE_MAKER)),
        answer=_answer(params, order_type, spot=spot),
    )


def _order_type(params: Params, *, spot: bool) -> str:
    order_type = params.required("type")
    if order_type in (SPOT_TYPES if spot else USDM_TYPES):
        return order_type
    if spot and order_type in _SPOT_STOPS:
        what = "Take profit" if order_type.startswith("TAKE") else "Stop loss"
        limit = " limit" if order_type.endswith("LIMIT") else ""
        raise ApiError(-1013, f"{what}{limit} orders are not supported for this symbol.")
    if not spot and order_type in _USDM_STOPS:
        text = "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."
        raise ApiError(-4120, text)
    raise ApiError(-1116, "Invalid orderType.")


def _price(params: Params, *, is_market: bool) -> Decimal | None:
    price = params.decimal("price")
    if is_market:
        if price is not None:
            raise ApiError(-1106, "Parameter 'price' sent when not required.")
        return None
    if price is None:
        raise missing("price")
    return price


def _answer(params: Params, order_type: str, *, spot: bool) -> str:
    usual = "ACK" if not spot or order_type == "LIMIT_MAKER" else "FULL"
    return params.choice("newOrderRespType", ("ACK", "RESULT", "FULL") if spot else ("ACK", "RESULT"), usual)
