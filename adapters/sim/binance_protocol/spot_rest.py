"""Signed endpoints of spot: orders, trades, wallet, listen keys."""

from functools import partial
from typing import Final

from adapters.sim.binance_protocol import spot_views
from adapters.sim.binance_protocol.api_error import ApiError, missing
from adapters.sim.binance_protocol.endpoint import Call, Endpoint, Security
from adapters.sim.binance_protocol.market_kind import money
from adapters.sim.binance_protocol.order_calls import (
    all_orders,
    named_order,
    new_order,
    open_orders,
    order_to_cancel,
    order_to_read,
    own_trades,
)
from adapters.sim.binance_protocol.orders import VenueOrder
from adapters.sim.binance_protocol.params import Params
from adapters.sim.instruments import SPOT_FEE

Body = dict[str, object]
_ZERO: Final = "0.00000000"


def endpoints() -> list[Endpoint]:
    base = "/api/v3"
    signed = partial(Endpoint, security=Security.SIGNED)
    keyed = partial(Endpoint, security=Security.KEY)
    return [
        signed("POST", f"{base}/order", _place, 1, counts_as_order=True),
        signed("POST", f"{base}/order/test", _test, 1),
        signed("GET", f"{base}/order", lambda call: spot_views.order_view(order_to_read(call)), 4),
        signed("DELETE", f"{base}/order", _cancel, 1),
        signed("POST", f"{base}/order/cancelReplace", _cancel_replace, 1, counts_as_order=True),
        signed("PUT", f"{base}/order/amend/keepPriority", _amend, 4),
        signed("GET", f"{base}/openOrders", lambda call: _views(open_orders(call)), _open_weight),
        signed("DELETE", f"{base}/openOrders", _cancel_all, 1),
        signed("GET", f"{base}/allOrders", lambda call: _views(all_orders(call)), 20),
        signed("GET", f"{base}/myTrades", _my_trades, 20),
        signed("GET", f"{base}/account", _account, 20),
        signed("GET", f"{base}/account/commission", _commission, 20),
        keyed("POST", f"{base}/userDataStream", _open_stream, 2),
        keyed("PUT", f"{base}/userDataStream", _keep_stream, 2),
        keyed("DELETE", f"{base}/userDataStream", _close_stream, 2),
    ]


def _open_weight(params: Params) -> int:
    return 6 if params.text("symbol") else 80


def _views(orders: list[VenueOrder]) -> list[Body]:
    return [spot_views.order_view(order) for order in orders]


def _place(call: Call) -> Body:
    request = new_order(call)
    return spot_views.placed_view(call.market.desk.place(call.account, request), request.answer)


def _test(call: Call) -> Body:
    call.market.desk.check(call.account, new_order(call))
    if not call.params.boolean("computeCommissionRates"):
        return {}
    rates = {"maker": money(SPOT_FEE), "taker": money(SPOT_FEE)}
    return {
        "standardCommissionForOrder": rates,
        "taxCommissionForOrder": {"maker": _ZERO, "taker": _ZERO},
        "discount": _discount(),
    }


def _discount() -> Body:
    return {"enabledForAccount": False, "enabledForSymbol": False, "discountAsset": "BNB", "discount": _ZERO}


def _cancel(call: Call) -> Body:
    order = order_to_cancel(call)
    call.market.desk.cancel(order, call.params.client_id("newClientOrderId") or call.market.desk.fresh_client_id())
    return spot_views.cancelled_view(order)


def _cancel_all(call: Call) -> list[Body]:
    cancelled = call.market.desk.cancel_all(call.account, call.book().symbol)
    if not cancelled:
        raise ApiError(-2011, "Unknown order sent.")
    return [spot_views.cancelled_view(order) for order in cancelled]


def _cancel_replace(call: Call) -> Body:
    mode = call.params.required("cancelReplaceMode")
    call.params.choice("cancelReplaceMode", ("STOP_ON_FAILURE", "ALLOW_FAILURE"), "")
    request = new_order(call)
    old = named_order(call, id_name="cancelOrderId", client_name="cancelOrigClientOrderId")
    cancelled: Body
    if old is None or not old.status.is_open:
        cancelled = {"code": -2011, "msg": "Unknown order sent."}
        if mode == "STOP_ON_FAILURE":
            raise CancelReplaceError("FAILURE", "NOT_ATTEMPTED", cancelled, None)
        cancel_result = "FAILURE"
    else:
        name = call.params.client_id("cancelNewClientOrderId") or call.market.desk.fresh_client_id()
        call.market.desk.cancel(old, name)
        cancelled, cancel_result = spot_views.cancelled_view(old), "SUCCESS"
    try:
        order = call.market.desk.place(call.account, request)
    except ApiError as error:
        raise CancelReplaceError(cancel_result, "FAILURE", cancelled, error.body()) from error
    placed = spot_views.placed_view(order, request.answer)
    if cancel_result == "FAILURE":
        raise CancelReplaceError(cancel_result, "SUCCESS", cancelled, placed)
    return {
        "cancelResult": "SUCCESS", "newOrderResult": "SUCCESS", "cancelResponse": cancelled, "newOrderResponse": placed,
    }  # fmt: skip


class CancelReplaceError(ApiError):
    """One half of a replacement failed, or both; the answer tells what became of each."""

    def __init__(self, cancel_result: str, order_result: str, cancelled: Body, placed: Body | None) -> None:
        is_partial = "SUCCESS" in {cancel_result, order_result}
        code, text = (-2021, "Order cancel-replace partially failed.") if is_partial else (
            -2022, "Order cancel-replace failed.",
        )  # fmt: skip
        super().__init__(code, text, 409 if is_partial else 400)
        self._data: Body = {
            "cancelResult": cancel_result, "newOrderResult": order_result,
            "cancelResponse": cancelled, "newOrderResponse": placed,
        }  # fmt: skip

    def body(self) -> Body:
        return {**super().body(), "data": self._data}


def _amend(call: Call) -> Body:
    quantity = call.params.decimal("newQty")
    if quantity is None:
        raise missing("newQty")
    order = order_to_cancel(call)
    call.market.desk.shrink(order, quantity)
    return {
        "transactTime": order.updated_ms,
        "executionId": order.order_id,
        "amendedOrder": {**spot_views.order_view(order), "preventedMatchId": 0, "preventedQuantity": _ZERO},
    }


def _my_trades(call: Call) -> list[Body]:
    return [spot_views.trade_view(trade) for trade in own_trades(call, needs_symbol=True)]


def _account(call: Call) -> Body:
    omit_zero = call.params.boolean("omitZeroBalances")
    return spot_views.account_view(call.account, SPOT_FEE, SPOT_FEE, call.market.now_ms(), omit_zero=omit_zero)


def _commission(call: Call) -> Body:
    nothing = dict.fromkeys(("maker", "taker", "buyer", "seller"), _ZERO)
    rules = call.book().instrument
    standard = {**nothing, "maker": money(rules.maker_fee_rate), "taker": money(rules.taker_fee_rate)}
    return {
        "symbol": call.book().symbol,
        "standardCommission": standard,
        "specialCommission": nothing,
        "taxCommission": nothing,
        "discount": _discount(),
    }


def _open_stream(call: Call) -> Body:
    return {"listenKey": call.market.users.open(call.account, call.market.now_ms())}


def _keep_stream(call: Call) -> Body:
    call.market.users.keep_alive(call.params.required("listenKey"), call.market.now_ms())
    return {}


def _close_stream(call: Call) -> Body:
    call.market.users.close(call.params.required("listenKey"))
    return {}
