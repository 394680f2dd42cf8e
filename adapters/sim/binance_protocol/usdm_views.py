"""Orders, trades, positions and wallets as Binance USD-M writes them, in answers and in the user stream."""

from decimal import Decimal

from adapters.sim.binance_protocol.accounts import Account, Income
from adapters.sim.binance_protocol.market_kind import money
from adapters.sim.binance_protocol.orders import AccountTrade, Execution, Status, VenueOrder
from adapters.sim.binance_protocol.symbol_book import SymbolBook
from adapters.sim.binance_protocol.usdm_clearing import MARGIN_ASSET, UsdmClearing
from core.types.order import Side

Body = dict[str, object]
_ZERO = "0.00000000"
MAX_NOTIONAL = "100000000"


def _side(order: VenueOrder) -> str:
    return "BUY" if order.side.sign > 0 else "SELL"


def order_view(book: SymbolBook, order: VenueOrder) -> Body:
    """Write an order as GET order and openOrders do."""
    return {**placed_view(book, order), "time": order.created_ms}


def placed_view(book: SymbolBook, order: VenueOrder) -> Body:
    """Write the answer to a new, changed or cancelled order."""
    request, writing = order.request, book.writing
    return {
        "orderId": order.order_id,
        "symbol": order.symbol,
        "pair": order.symbol,
        "status": order.status.value,
        "clientOrderId": request.client_order_id,
        "price": writing.price(order.price),
        "avgPrice": _average(order),
        "origQty": writing.quantity(order.quantity),
        "executedQty": writing.quantity(order.executed),
        "cumQty": writing.quantity(order.executed),
        "cumQuote": f"{order.quote_executed:.5f}",
        "timeInForce": request.time_in_force,
        "type": request.order_type,
        "reduceOnly": request.reduce_only,
        "closePosition": False,
        "side": _side(order),
        "positionSide": "BOTH",
        "stopPrice": writing.price(Decimal(0)),
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": request.order_type,
        "priceMatch": "NONE",
        "selfTradePreventionMode": request.stp.value,
        "goodTillDate": 0,
        "updateTime": order.updated_ms,
    }


def unmatched(book: SymbolBook) -> Body:
    """Return what an order that has only been received shows of its state."""
    zero = book.writing.quantity(Decimal(0))
    return {"status": "NEW", "avgPrice": "0.00", "executedQty": zero, "cumQty": zero, "cumQuote": "0.00000"}


def _average(order: VenueOrder) -> str:
    return f"{order.average_price:.5f}"


def trade_view(book: SymbolBook, trade: AccountTrade) -> Body:
    return {
        "symbol": trade.symbol,
        "id": trade.trade_id,
        "orderId": trade.order_id,
        "side": "BUY" if trade.side.sign > 0 else "SELL",
        "price": book.writing.price(trade.price),
        "qty": book.writing.quantity(trade.quantity),
        "realizedPnl": money(trade.realised),
        "quoteQty": money(trade.quote_quantity),
        "commission": money(trade.fee),
        "commissionAsset": trade.fee_asset,
        "time": trade.at_ms,
        "positionSide": "BOTH",
        "buyer": trade.side.sign > 0,
        "maker": trade.is_maker,
    }


def income_view(income: Income) -> Body:
    return {
        "symbol": income.symbol,
        "incomeType": income.kind,
        "income": money(income.amount),
        "asset": MARGIN_ASSET,
        "info": income.kind,
        "time": income.at_ms,
        "tranId": income.number,
        "tradeId": income.trade_id,
    }


def entry_price(account: Account, book: SymbolBook) -> Decimal:
    return account.usdm.position(book.symbol).average_price(Decimal(1))


def position_risk(clearing: UsdmClearing, account: Account, book: SymbolBook) -> Body:
    """Write a position as positionRisk does; v3 leaves out some of these keys and adds margins."""
    symbol, entry = book.symbol, entry_price(account, book)
    held, opened = clearing.position_margin(account, symbol), clearing.initial_margin(account, symbol)
    return {
        "symbol": symbol,
        "positionSide": "BOTH",
        "positionAmt": book.writing.quantity(account.usdm.position(symbol).quantity),
        "entryPrice": f"{entry:.8f}",
        "breakEvenPrice": f"{entry:.8f}",
        "markPrice": money(book.mark),
        "unRealizedProfit": money(clearing.unrealised(account, symbol)),
        "liquidationPrice": "0",
        "leverage": str(account.usdm.leverage_of(symbol)),
        "maxNotionalValue": MAX_NOTIONAL,
        "marginType": "cross",
        "isolatedMargin": _ZERO,
        "isAutoAddMargin": "false",
        "notional": money(clearing.position_value(account, symbol)),
        "isolatedWallet": "0",
        "marginAsset": MARGIN_ASSET,
        "initialMargin": money(opened),
        "maintMargin": money(clearing.maintenance(account, symbol)),
        "positionInitialMargin": money(held),
        "openOrderInitialMargin": money(opened - held),
        "adl": 0,
        "bidNotional": money(clearing.open_value(account, symbol, Side.BUY)),
        "askNotional": money(clearing.open_value(account, symbol, Side.SELL)),
        "updateTime": account.usdm.changed_ms.get(symbol, 0),
    }


def account_position(clearing: UsdmClearing, account: Account, book: SymbolBook) -> Body:
    """Write a position as the account answer does."""
    symbol = book.symbol
    held, opened = clearing.position_margin(account, symbol), clearing.initial_margin(account, symbol)
    return {
        "symbol": symbol,
        "initialMargin": money(opened),
        "maintMargin": money(clearing.maintenance(account, symbol)),
        "unrealizedProfit": money(clearing.unrealised(account, symbol)),
        "positionInitialMargin": money(held),
        "openOrderInitialMargin": money(opened - held),
        "leverage": str(account.usdm.leverage_of(symbol)),
        "isolated": False,
        "entryPrice": f"{entry_price(account, book):.8f}",
        "breakEvenPrice": f"{entry_price(account, book):.8f}",
        "maxNotional": MAX_NOTIONAL,
        "bidNotional": money(clearing.open_value(account, symbol, Side.BUY)),
        "askNotional": money(clearing.open_value(account, symbol, Side.SELL)),
        "positionSide": "BOTH",
        "positionAmt": book.writing.quantity(account.usdm.position(symbol).quantity),
        "notional": money(clearing.position_value(account, symbol)),
        "isolatedMargin": _ZERO,
        "isolatedWallet": "0",
        "updateTime": account.usdm.changed_ms.get(symbol, 0),
    }


def asset_view(clearing: UsdmClearing, account: Account, at_ms: int) -> Body:
    """Write the USDT of a wallet as the account answer does."""
    balance, profit = account.usdm.balance, clearing.total_unrealised(account)
    margin, held = clearing.total_initial_margin(account), clearing.total_position_margin(account)
    available = clearing.available(account)
    return {
        "asset": MARGIN_ASSET,
        "walletBalance": money(balance),
        "unrealizedProfit": money(profit),
        "marginBalance": money(balance + profit),
        "maintMargin": money(clearing.total_maintenance(account)),
        "initialMargin": money(margin),
        "positionInitialMargin": money(held),
        "openOrderInitialMargin": money(margin - held),
        "crossWalletBalance": money(balance),
        "crossUnPnl": money(profit),
        "availableBalance": money(available),
        "maxWithdrawAmount": money(available),
        "marginAvailable": True,
        "updateTime": at_ms,
    }


_TOTALS = {
    "totalInitialMargin": "initialMargin",
    "totalMaintMargin": "maintMargin",
    "totalWalletBalance": "walletBalance",
    "totalUnrealizedProfit": "unrealizedProfit",
    "totalMarginBalance": "marginBalance",
    "totalPositionInitialMargin": "positionInitialMargin",
    "totalOpenOrderInitialMargin": "openOrderInitialMargin",
    "totalCrossWalletBalance": "crossWalletBalance",
    "totalCrossUnPnl": "crossUnPnl",
    "availableBalance": "availableBalance",
    "maxWithdrawAmount": "maxWithdrawAmount",
}


def account_view(asset: Body, positions: list[Body]) -> Body:
    return {
        "feeTier": 0,
        "feeBurn": False,
        "canTrade": True,
        "canDeposit": False,
        "canWithdraw": False,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
        **{total: asset[part] for total, part in _TOTALS.items()},
        "assets": [asset],
        "positions": positions,
    }


def balance_view(asset: Body, account: Account) -> Body:
    return {
        "accountAlias": f"rehearsal{account.number}",
        "asset": MARGIN_ASSET,
        "balance": asset["walletBalance"],
        "crossWalletBalance": asset["crossWalletBalance"],
        "crossUnPnl": asset["crossUnPnl"],
        "availableBalance": asset["availableBalance"],
        "maxWithdrawAmount": asset["maxWithdrawAmount"],
        "marginAvailable": True,
        "updateTime": asset["updateTime"],
    }


def order_trade_update(
    clearing: UsdmClearing,
    book: SymbolBook,
    order: VenueOrder,
    execution: Execution,
    trade: AccountTrade | None,
    at_ms: int,
) -> Body:
    request, writing = order.request, book.writing
    prevented = execution is Execution.TRADE_PREVENTION
    body: Body = {
        "s": order.symbol,
        "c": request.client_order_id,
        "S": _side(order),
        "o": request.order_type,
        "f": request.time_in_force,
        "q": writing.quantity(order.quantity),
        "p": writing.price(order.price),
        "ap": _average(order),
        "sp": "0",
        "x": Execution.EXPIRED.value if prevented else execution.value,
        "X": order.status.value,
        "i": order.order_id,
        "l": writing.quantity(trade.quantity if trade else Decimal(0)),
        "z": writing.quantity(order.executed),
        "L": writing.price(trade.price if trade else Decimal(0)),
        "n": money(trade.fee) if trade else "0",
        "N": MARGIN_ASSET,
        "T": order.updated_ms,
        "t": trade.trade_id if trade else 0,
        "b": money(clearing.open_value(order.account, order.symbol, Side.BUY)),
        "a": money(clearing.open_value(order.account, order.symbol, Side.SELL)),
        "m": trade.is_maker if trade else False,
        "R": request.reduce_only,
        "wt": "CONTRACT_PRICE",
        "ot": request.order_type,
        "ps": "BOTH",
        "cp": False,
        "AP": "0",
        "cr": "0",
        "pP": False,
        "si": 0,
        "ss": 0,
        "rp": money(trade.realised) if trade else "0",
        "V": request.stp.value,
        "pm": "NONE",
        "gtd": 0,
    }
    if order.status is Status.EXPIRED:
        body["er"] = "0"
    return {"e": "ORDER_TRADE_UPDATE", "E": at_ms, "T": order.updated_ms, "o": body}


def trade_lite(book: SymbolBook, order: VenueOrder, trade: AccountTrade, at_ms: int) -> Body:
    """Write the short event that goes ahead of a fill's full ones."""
    writing = book.writing
    return {
        "e": "TRADE_LITE",
        "E": at_ms,
        "T": trade.at_ms,
        "s": order.symbol,
        "q": writing.quantity(order.quantity),
        "p": writing.price(order.price),
        "m": trade.is_maker,
        "c": order.request.client_order_id,
        "S": _side(order),
        "L": writing.price(trade.price),
        "l": writing.quantity(trade.quantity),
        "t": trade.trade_id,
        "i": order.order_id,
    }


def account_update(
    clearing: UsdmClearing,
    account: Account,
    books: list[SymbolBook],
    *,
    reason: str,
    balance_change: Decimal,
    at_ms: int,
) -> Body:
    """Write what changed in a wallet, and the positions it concerns; `balance_change` is that of transfers."""
    balance = money(account.usdm.balance)
    return {
        "e": "ACCOUNT_UPDATE",
        "E": at_ms,
        "T": at_ms,
        "a": {
            "m": reason,
            "B": [{"a": MARGIN_ASSET, "wb": balance, "cw": balance, "bc": money(balance_change)}],
            "P": [
                {
                    "s": book.symbol,
                    "pa": book.writing.quantity(account.usdm.position(book.symbol).quantity),
                    "ep": f"{entry_price(account, book):.8f}",
                    "bep": f"{entry_price(account, book):.8f}",
                    "cr": money(account.usdm.realised.get(book.symbol, Decimal(0))),
                    "up": money(clearing.unrealised(account, book.symbol)),
                    "mt": "cross",
                    "iw": "0",
                    "ps": "BOTH",
                    "ma": MARGIN_ASSET,
                }
                for book in books
            ],
        },
    }


def leverage_update(book: SymbolBook, leverage: int, at_ms: int) -> Body:
    change = {"s": book.symbol, "l": leverage}
    return {"e": "ACCOUNT_CONFIG_UPDATE", "E": at_ms, "T": at_ms, "ac": change}
