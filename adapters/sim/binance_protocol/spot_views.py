"""Orders, trades and wallets as Binance spot writes them, in answers and in the user stream."""

from decimal import Decimal

from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.market_kind import money
from adapters.sim.binance_protocol.orders import AccountTrade, Execution, Status, VenueOrder
from adapters.sim.binance_protocol.symbol_book import SymbolBook

Body = dict[str, object]
_ZERO = "0.00000000"


def _terms(order: VenueOrder) -> Body:
    request = order.request
    return {
        "price": money(order.price),
        "origQty": money(order.quantity),
        "executedQty": money(order.executed),
        "origQuoteOrderQty": money(request.quote_quantity or Decimal(0)),
        "cummulativeQuoteQty": money(order.quote_executed),
        "status": order.status.value,
        "timeInForce": request.time_in_force,
        "type": request.order_type,
        "side": "BUY" if order.side.sign > 0 else "SELL",
        "selfTradePreventionMode": request.stp.value,
    }


def order_view(order: VenueOrder) -> Body:
    """Write an order as GET order and openOrders do."""
    return {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderListId": -1,
        "clientOrderId": order.request.client_order_id,
        **_terms(order),
        "stopPrice": _ZERO,
        "icebergQty": _ZERO,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "isWorking": True,
        "workingTime": order.created_ms,
    }


def placed_view(order: VenueOrder, answer: str) -> Body:
    """Write the answer to a new order: ACK, RESULT or FULL."""
    body: Body = {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderListId": -1,
        "clientOrderId": order.request.client_order_id,
        "transactTime": order.updated_ms,
    }
    if answer == "ACK":
        return body
    body |= {**_terms(order), "workingTime": order.created_ms}
    if answer == "FULL":
        body["fills"] = [
            {
                "price": money(trade.price),
                "qty": money(trade.quantity),
                "commission": money(trade.fee),
                "commissionAsset": trade.fee_asset,
                "tradeId": trade.trade_id,
            }
            for trade in order.trades
        ]
    return body


def cancelled_view(order: VenueOrder) -> Body:
    return {
        "symbol": order.symbol,
        "origClientOrderId": order.request.client_order_id,
        "orderId": order.order_id,
        "orderListId": -1,
        "clientOrderId": order.cancel_id,
        "transactTime": order.updated_ms,
        **_terms(order),
    }


def trade_view(trade: AccountTrade) -> Body:
    return {
        "symbol": trade.symbol,
        "id": trade.trade_id,
        "orderId": trade.order_id,
        "orderListId": -1,
        "price": money(trade.price),
        "qty": money(trade.quantity),
        "quoteQty": money(trade.quote_quantity),
        "commission": money(trade.fee),
        "commissionAsset": trade.fee_asset,
        "time": trade.at_ms,
        "isBuyer": trade.side.sign > 0,
        "isMaker": trade.is_maker,
        "isBestMatch": True,
    }


def account_view(account: Account, maker: Decimal, taker: Decimal, at_ms: int, *, omit_zero: bool) -> Body:
    wallet = account.spot
    return {
        "makerCommission": int(maker * 10_000),
        "takerCommission": int(taker * 10_000),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": money(maker), "taker": money(taker), "buyer": _ZERO, "seller": _ZERO},
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": at_ms,
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": money(free), "locked": money(wallet.locked[asset])}
            for asset, free in wallet.free.items()
            if not omit_zero or free or wallet.locked[asset]
        ],
        "permissions": ["SPOT"],
        "uid": account.number,
    }


def execution_report(order: VenueOrder, execution: Execution, trade: AccountTrade | None, at_ms: int) -> Body:
    request = order.request
    is_cancel = execution is Execution.CANCELED
    name = order.cancel_id if is_cancel and order.cancel_id else request.client_order_id
    return {
        "e": "executionReport",
        "E": at_ms,
        "s": order.symbol,
        "c": name,
        "S": "BUY" if order.side.sign > 0 else "SELL",
        "o": request.order_type,
        "f": request.time_in_force,
        "q": money(order.quantity),
        "p": money(order.price),
        "P": _ZERO,
        "F": _ZERO,
        "g": -1,
        "C": request.client_order_id if is_cancel else "",
        "x": execution.value,
        "X": order.status.value,
        "r": "NONE",
        "i": order.order_id,
        "l": money(trade.quantity) if trade else _ZERO,
        "z": money(order.executed),
        "L": money(trade.price) if trade else _ZERO,
        "n": money(trade.fee) if trade else "0",
        "N": trade.fee_asset if trade else None,
        "T": order.updated_ms,
        "t": trade.trade_id if trade else -1,
        "I": order.order_id * 2,
        "w": order.status.is_open and not request.is_market,
        "m": trade.is_maker if trade else False,
        "M": False,
        "O": order.created_ms,
        "Z": money(order.quote_executed),
        "Y": money(trade.quote_quantity) if trade else _ZERO,
        "Q": money(request.quote_quantity or Decimal(0)),
        "W": order.created_ms,
        "V": request.stp.value,
        **({"eR": "INSUFFICIENT_LIQUIDITY"} if order.status is Status.EXPIRED else {}),
    }


def account_position(account: Account, book: SymbolBook, at_ms: int) -> Body:
    """Write the balances that an order of a symbol may have changed."""
    wallet = account.spot
    return {
        "e": "outboundAccountPosition",
        "E": at_ms,
        "u": at_ms,
        "B": [
            {
                "a": asset,
                "f": money(wallet.amount_free(asset)),
                "l": money(wallet.amount_locked(asset)),
            }
            for asset in (book.instrument.base, book.instrument.quote)
        ],
    }
