"""What trading endpoints of both markets have in common: finding orders and listing trades."""

from adapters.sim.binance_protocol.api_error import ApiError, missing, no_such_order, unknown_order
from adapters.sim.binance_protocol.endpoint import Call
from adapters.sim.binance_protocol.order_reading import read_order
from adapters.sim.binance_protocol.orders import AccountTrade, OrderRequest, VenueOrder


def new_order(call: Call) -> OrderRequest:
    return read_order(call.market.kind, call.params, call.market.desk.fresh_client_id())


def named_order(call: Call, *, id_name: str = "orderId", client_name: str = "origClientOrderId") -> VenueOrder | None:
    """Find the order that a request names; None where there is none."""
    book = call.book()
    order_id, client_id = call.params.integer(id_name), call.params.text(client_name)
    if order_id is None and client_id is None:
        raise ApiError(
            -1102, f"Param '{client_name}' or '{id_name}' must be sent, but both were empty/null!"
        )  # fmt: skip
    return call.market.orders.find(call.account, book.symbol, order_id, client_id)


def order_to_read(call: Call) -> VenueOrder:
    order = named_order(call)
    if order is None:
        raise no_such_order()
    return order


def order_to_cancel(call: Call) -> VenueOrder:
    order = named_order(call)
    if order is None or not order.status.is_open:
        raise unknown_order()
    return order


def open_orders(call: Call) -> list[VenueOrder]:
    symbol = call.book().symbol if call.params.text("symbol") else None
    return call.market.orders.open_of(call.account, symbol)


def all_orders(call: Call) -> list[VenueOrder]:
    params = call.params
    first, start_ms, end_ms = params.integer("orderId"), params.integer("startTime"), params.integer("endTime")
    limit = params.count("limit", 500, 1_000)
    found = [
        order
        for order in call.market.orders.all_of(call.account, call.book().symbol)
        if (first is None or order.order_id >= first)
        and (start_ms is None or order.created_ms >= start_ms)
        and (end_ms is None or order.created_ms <= end_ms)
    ]
    return found[:limit] if first is not None or start_ms is not None else found[-limit:]


def own_trades(call: Call, *, needs_symbol: bool) -> list[AccountTrade]:
    params = call.params
    if needs_symbol and params.text("symbol") is None:
        raise missing("symbol")
    symbol = call.book().symbol if params.text("symbol") else None
    order_id, first = params.integer("orderId"), params.integer("fromId")
    start_ms, end_ms = params.integer("startTime"), params.integer("endTime")
    limit = params.count("limit", 500, 1_000)
    found = [
        trade
        for trade in call.market.orders.trades_of(call.account, symbol)
        if (order_id is None or trade.order_id == order_id)
        and (first is None or trade.trade_id >= first)
        and (start_ms is None or trade.at_ms >= start_ms)
        and (end_ms is None or trade.at_ms <= end_ms)
    ]
    return found[:limit] if first is not None or start_ms is not None else found[-limit:]
