"""Signed endpoints of USD-M: orders, positions, wallet, listen keys, the dead man's timer."""

from functools import partial
from typing import Final

from adapters.sim.binance_protocol import usdm_views
from adapters.sim.binance_protocol.api_error import ApiError, invalid_value, missing, no_such_order
from adapters.sim.binance_protocol.endpoint import Call, Endpoint, Security
from adapters.sim.binance_protocol.order_calls import (
    all_orders,
    named_order,
    new_order,
    open_orders,
    order_to_cancel,
    order_to_read,
    own_trades,
)
from adapters.sim.binance_protocol.order_reading import read_side
from adapters.sim.binance_protocol.orders import VenueOrder
from adapters.sim.binance_protocol.params import Params
from adapters.sim.binance_protocol.symbol_book import SymbolBook

Body = dict[str, object]
_ALL_CANCELLED: Final[Body] = {"code": 200, "msg": "The operation of cancel all open order is done."}


def endpoints() -> list[Endpoint]:
    signed = partial(Endpoint, security=Security.SIGNED)
    keyed = partial(Endpoint, security=Security.KEY)
    v1, v2, v3 = "/fapi/v1", "/fapi/v2", "/fapi/v3"
    return [
        signed("POST", f"{v1}/order", _place, 0, counts_as_order=True),
        signed("POST", f"{v1}/order/test", _test, 0),
        signed("PUT", f"{v1}/order", _modify, 1, counts_as_order=True),
        signed("GET", f"{v1}/order", lambda call: _view(call, order_to_read(call))),
        signed("DELETE", f"{v1}/order", _cancel),
        signed("GET", f"{v1}/openOrder", _open_order),
        signed("GET", f"{v1}/openOrders", lambda call: _views(call, open_orders(call)), _open_weight),
        signed("DELETE", f"{v1}/allOpenOrders", _cancel_all),
        signed("DELETE", f"{v1}/openOrders", _cancel_all),
        signed("GET", f"{v1}/allOrders", lambda call: _views(call, all_orders(call)), 5),
        signed("POST", f"{v1}/countdownCancelAll", _countdown, 10),
        # conditional orders have endpoints of their own; none can be placed here, so there are none
        signed("GET", f"{v1}/openAlgoOrders", lambda _: [], _open_weight),
        signed("DELETE", f"{v1}/algoOpenOrders", lambda _: _ALL_CANCELLED),
        signed("GET", f"{v1}/userTrades", _user_trades, 5),
        *(signed("GET", f"{base}/account", partial(_account, all_symbols=base != v3), 5) for base in (v1, v2, v3)),
        *(signed("GET", f"{base}/balance", _balance, 5) for base in (v2, v3)),
        *(signed("GET", f"{base}/positionRisk", partial(_positions, all_symbols=base != v3), 5) for base in (v2, v3)),
        signed("GET", f"{v1}/accountConfig", _account_config, 5),
        signed("GET", f"{v1}/symbolConfig", _symbol_config, 5),
        signed("GET", f"{v1}/leverageBracket", _brackets),
        signed("POST", f"{v1}/leverage", _set_leverage),
        signed("POST", f"{v1}/marginType", _set_margin_type),
        signed("GET", f"{v1}/positionSide/dual", lambda _: {"dualSidePosition": False}, 30),
        signed("POST", f"{v1}/positionSide/dual", _set_position_side),
        signed("GET", f"{v1}/multiAssetsMargin", lambda _: {"multiAssetsMargin": False}, 30),
        signed("GET", f"{v1}/commissionRate", _commission, 20),
        signed("GET", f"{v1}/income", _income, 30),
        keyed("POST", f"{v1}/listenKey", _open_stream),
        keyed("PUT", f"{v1}/listenKey", _keep_stream),
        keyed("DELETE", f"{v1}/listenKey", _close_stream),
    ]


def _open_weight(params: Params) -> int:
    return 1 if params.text("symbol") else 40


# orders --------------------------------------------------------------------------------------------------


def _view(call: Call, order: VenueOrder) -> Body:
    return usdm_views.order_view(call.market.books[order.symbol], order)


def _views(call: Call, orders: list[VenueOrder]) -> list[Body]:
    return [_view(call, order) for order in orders]


def _placed(call: Call, order: VenueOrder) -> Body:
    return usdm_views.placed_view(call.market.books[order.symbol], order)


def _place(call: Call) -> Body:
    request = new_order(call)
    order = call.market.desk.place(call.account, request)
    body = _placed(call, order)
    if request.answer == "ACK":
        # The usual answer does not wait for the match: it shows the order as it came in.
        nothing = usdm_views.unmatched(call.market.books[order.symbol])
        body |= nothing
    return body


def _test(call: Call) -> Body:
    call.market.desk.check(call.account, new_order(call))
    return {}


def _modify(call: Call) -> Body:
    params = call.params
    side = read_side(params)
    price, quantity = params.decimal("price"), params.decimal("quantity")
    for name, value in (("quantity", quantity), ("price", price)):
        if value is None:
            raise missing(name)
    assert price is not None
    assert quantity is not None
    order = named_order(call)
    if order is None or not order.status.is_open:
        raise no_such_order()
    if order.side is not side:
        raise invalid_value("side")
    call.market.desk.modify(order, price, quantity)
    return _placed(call, order)


def _cancel(call: Call) -> Body:
    order = order_to_cancel(call)
    call.market.desk.cancel(order)
    return _placed(call, order)


def _open_order(call: Call) -> Body:
    order = named_order(call)
    if order is None or not order.status.is_open:
        raise no_such_order()
    return _view(call, order)


def _cancel_all(call: Call) -> Body:
    call.market.desk.cancel_all(call.account, call.book().symbol)
    return _ALL_CANCELLED


def _countdown(call: Call) -> Body:
    countdown_ms = call.params.integer("countdownTime")
    if countdown_ms is None:
        raise missing("countdownTime")
    if countdown_ms < 0:
        raise invalid_value("countdownTime")
    symbol = call.book().symbol
    call.market.countdowns.set(call.account, symbol, countdown_ms, call.market.now_ms())
    return {"symbol": symbol, "countdownTime": str(countdown_ms)}


def _user_trades(call: Call) -> list[Body]:
    books = call.market.books
    return [usdm_views.trade_view(books[trade.symbol], trade) for trade in own_trades(call, needs_symbol=False)]


# account -------------------------------------------------------------------------------------------------


def _asset(call: Call) -> Body:
    return usdm_views.asset_view(call.market.usdm, call.account, call.market.now_ms())


def _in_use(call: Call, books: list[SymbolBook]) -> list[SymbolBook]:
    """Return the symbols with a position or open orders."""
    return [
        book
        for book in books
        if call.account.usdm.position(book.symbol).quantity or call.market.orders.open_of(call.account, book.symbol)
    ]


def _account(call: Call, *, all_symbols: bool) -> Body:
    books = list(call.market.books.values())
    shown = books if all_symbols else _in_use(call, books)
    positions = [usdm_views.account_position(call.market.usdm, call.account, book) for book in shown]
    return usdm_views.account_view(_asset(call), positions)


def _balance(call: Call) -> list[Body]:
    return [usdm_views.balance_view(_asset(call), call.account)]


def _positions(call: Call, *, all_symbols: bool) -> list[Body]:
    shown = call.books() if all_symbols else _in_use(call, call.books())
    return [usdm_views.position_risk(call.market.usdm, call.account, book) for book in shown]


def _account_config(call: Call) -> Body:
    del call
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": False,
        "canWithdraw": False,
        "dualSidePosition": False,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


def _symbol_config(call: Call) -> list[Body]:
    return [
        {
            "symbol": book.symbol,
            "marginType": "CROSSED",
            "isAutoAddMargin": False,
            "leverage": call.account.usdm.leverage_of(book.symbol),
            "maxNotionalValue": usdm_views.MAX_NOTIONAL,
        }
        for book in call.books()
    ]


def _brackets(call: Call) -> list[Body]:
    return [
        {
            "symbol": book.symbol,
            "notionalCoef": 1.0,
            "brackets": [
                {
                    "bracket": 1,
                    "initialLeverage": int(book.instrument.max_leverage),
                    "notionalCap": int(usdm_views.MAX_NOTIONAL),
                    "notionalFloor": 0,
                    "maintMarginRatio": float(book.instrument.maintenance_rate),
                    "cum": 0.0,
                }
            ],
        }
        for book in call.books()
    ]


def _set_leverage(call: Call) -> Body:
    book, leverage = call.book(), call.params.integer("leverage")
    if leverage is None:
        raise missing("leverage")
    if not 1 <= leverage <= book.instrument.max_leverage:
        raise ApiError(-4028, f"Leverage {leverage} is not valid")
    wallet, before = call.account.usdm, call.account.usdm.leverage_of(book.symbol)
    wallet.leverage[book.symbol] = leverage
    clearing = call.market.usdm
    if clearing.total_initial_margin(call.account) > wallet.balance + clearing.total_unrealised(call.account):
        wallet.leverage[book.symbol] = before
        raise ApiError(-2027, "Exceeded the maximum allowable position at current leverage.")
    call.market.users.send(call.account, usdm_views.leverage_update(book, leverage, call.market.now_ms()))
    return {"leverage": leverage, "maxNotionalValue": usdm_views.MAX_NOTIONAL, "symbol": book.symbol}


def _set_margin_type(call: Call) -> Body:
    call.book()
    if call.params.required("marginType") in {"CROSSED", "CROSS"}:
        raise ApiError(-4046, "No need to change margin type.")
    raise ApiError(-1130, f"{invalid_value('marginType').message} Isolated margin is not offered by this venue.")


def _set_position_side(call: Call) -> Body:
    if call.params.text("dualSidePosition") is None:
        raise missing("dualSidePosition")
    if call.params.boolean("dualSidePosition"):
        raise ApiError(-1130, f"{invalid_value('dualSidePosition').message} Hedge mode is not offered by this venue.")
    raise ApiError(-4059, "No need to change position side.")


def _commission(call: Call) -> Body:
    rules = call.book().instrument
    return {
        "symbol": call.book().symbol,
        "makerCommissionRate": f"{rules.maker_fee_rate:f}",
        "takerCommissionRate": f"{rules.taker_fee_rate:f}",
        "rpiCommissionRate": "0.0000",
    }


def _income(call: Call) -> list[Body]:
    params = call.params
    symbol, kind = params.text("symbol"), params.text("incomeType")
    start_ms, end_ms = params.integer("startTime"), params.integer("endTime")
    limit = params.count("limit", 100, 1_000)
    found = [
        income
        for income in call.account.usdm.incomes
        if (symbol is None or income.symbol == symbol)
        and (kind is None or income.kind == kind)
        and (start_ms is None or income.at_ms >= start_ms)
        and (end_ms is None or income.at_ms <= end_ms)
    ]
    chosen = found[:limit] if start_ms is not None else found[-limit:]
    return [usdm_views.income_view(income) for income in chosen]


# listen keys ---------------------------------------------------------------------------------------------


def _open_stream(call: Call) -> Body:
    return {"listenKey": call.market.users.open(call.account, call.market.now_ms())}


def _keep_stream(call: Call) -> Body:
    key = call.market.users.key_of(call.account)
    if key is None:
        raise ApiError(-1125, "This listenKey does not exist.")
    call.market.users.keep_alive(key, call.market.now_ms())
    return {"listenKey": key}


def _close_stream(call: Call) -> Body:
    key = call.market.users.key_of(call.account)
    if key is not None:
        call.market.users.close(key)
    return {}
