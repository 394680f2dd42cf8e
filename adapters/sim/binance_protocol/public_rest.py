"""Public endpoints of both markets: rules, books, trades, candles, tickers, funding."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from adapters.sim.binance_protocol.api_error import invalid_value
from adapters.sim.binance_protocol.candles import INTERVAL_MINUTES, MINUTE_MS, NS_PER_MS, Candle
from adapters.sim.binance_protocol.config import HOUR_S, Limits
from adapters.sim.binance_protocol.endpoint import Call, Endpoint
from adapters.sim.binance_protocol.market_kind import MarketKind, decimals_of, money
from adapters.sim.binance_protocol.order_filters import spot_filters, usdm_filters
from adapters.sim.binance_protocol.order_reading import SPOT_TYPES, USDM_TYPES
from adapters.sim.binance_protocol.orders import Stp
from adapters.sim.binance_protocol.params import Params
from adapters.sim.binance_protocol.symbol_book import SymbolBook
from adapters.sim.binance_protocol.trades import AggregateTrade, PublicTrade
from core.types.order import Side

Body = dict[str, object]
_PERPETUAL_UNTIL_MS: Final = 4133404800000
_DEPTHS: Final = {MarketKind.SPOT: (5_000, 100), MarketKind.USDM: (1_000, 500)}  # most, usual


def endpoints(kind: MarketKind) -> list[Endpoint]:
    base = "/api/v3" if kind is MarketKind.SPOT else "/fapi/v1"
    spot = kind is MarketKind.SPOT
    found = [
        Endpoint("GET", f"{base}/ping", lambda _: {}),
        Endpoint("GET", f"{base}/time", lambda call: {"serverTime": call.exchange.server_ms()}),
        Endpoint("GET", f"{base}/exchangeInfo", _exchange_info, 20 if spot else 1),
        Endpoint("GET", f"{base}/depth", _depth, _spot_depth_weight if spot else _usdm_depth_weight),
        Endpoint("GET", f"{base}/trades", _trades, 25 if spot else 5),
        Endpoint("GET", f"{base}/historicalTrades", _trades, 25 if spot else 20),
        Endpoint("GET", f"{base}/aggTrades", _aggregates, 4 if spot else 20),
        Endpoint("GET", f"{base}/klines", _klines, 2 if spot else 5),
        Endpoint("GET", f"{base}/ticker/bookTicker", _book_tickers, _one_or(2, 4 if spot else 5)),
        Endpoint("GET", f"{base}/ticker/price", _prices, _one_or(2, 4) if spot else _one_or(1, 2)),
        Endpoint("GET", f"{base}/ticker/24hr", _days, _one_or(2, 80) if spot else _one_or(1, 40)),
    ]
    if not spot:
        found += [
            Endpoint("GET", f"{base}/premiumIndex", _premium, _one_or(1, 10)),
            Endpoint("GET", f"{base}/fundingInfo", _funding_info, 0),
            Endpoint("GET", f"{base}/fundingRate", _funding_rates, 1),
            Endpoint("GET", "/fapi/v2/ticker/price", _prices, _one_or(1, 2)),
        ]
    return found


def _one_or(one: int, every: int) -> Callable[[Params], int]:
    """Return the weight of an endpoint that costs more where no symbol is named."""
    return lambda params: one if params.text("symbol") else every


def _spot_depth_weight(params: Params) -> int:
    limit = params.integer("limit") or 100
    return 5 if limit <= 100 else 25 if limit <= 500 else 50 if limit <= 1_000 else 250


def _usdm_depth_weight(params: Params) -> int:
    limit = params.integer("limit") or 500
    return 2 if limit <= 50 else 5 if limit <= 100 else 10 if limit <= 500 else 20


def _one_or_all(call: Call, rows: list[Body]) -> object:
    return rows[0] if call.params.text("symbol") else rows


# rules ---------------------------------------------------------------------------------------------------


def _exchange_info(call: Call) -> Body:
    kind = call.market.kind
    limits = call.exchange.config.limits(kind)
    body: Body = {
        "timezone": "UTC",
        "serverTime": call.exchange.server_ms(),
        "rateLimits": _rate_limits(kind, limits),
        "exchangeFilters": [],
    }
    if kind is MarketKind.SPOT:
        return {**body, "symbols": [_spot_symbol(book) for book in call.books()]}
    return {
        **body,
        "futuresType": "U_MARGINED",
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": [_usdm_symbol(book) for book in call.books()],
    }


def _rate_limits(kind: MarketKind, limits: Limits) -> list[Body]:
    rows = [
        ("REQUEST_WEIGHT", "MINUTE", 1, limits.weight_1m),
        ("ORDERS", "SECOND", 10, limits.orders_10s),
        ("ORDERS", "DAY" if kind is MarketKind.SPOT else "MINUTE", 1, limits.orders_long),
    ]
    names = ("rateLimitType", "interval", "intervalNum", "limit")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _spot_symbol(book: SymbolBook) -> Body:
    rules = book.instrument
    return {
        "symbol": book.symbol,
        "status": "TRADING",
        "baseAsset": rules.base,
        "baseAssetPrecision": 8,
        "quoteAsset": rules.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": list(SPOT_TYPES),
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": spot_filters(book),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": Stp.EXPIRE_MAKER.value,
        "allowedSelfTradePreventionModes": [mode.value for mode in Stp],
    }


def _usdm_symbol(book: SymbolBook) -> Body:
    rules = book.instrument
    return {
        "symbol": book.symbol,
        "pair": book.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": _PERPETUAL_UNTIL_MS,
        "onboardDate": 1569398400000,
        "status": "TRADING",
        "maintMarginPercent": f"{rules.maintenance_rate * 100:.4f}",
        "requiredMarginPercent": f"{100 / rules.max_leverage:.4f}",
        "baseAsset": rules.base,
        "quoteAsset": rules.quote,
        "marginAsset": rules.quote,
        "pricePrecision": decimals_of(rules.tick_size),
        "quantityPrecision": decimals_of(rules.lot_size),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": ["PoW"],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10000,
        "filters": usdm_filters(book),
        "orderTypes": list(USDM_TYPES),
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
        "permissionSets": ["GRID", "COPY"],
    }


# books and trades ----------------------------------------------------------------------------------------


def _depth(call: Call) -> Body:
    book, kind = call.book(), call.market.kind
    most, usual = _DEPTHS[kind]
    update_id, bids, asks = book.depth.snapshot(call.params.count("limit", usual, most))
    body: Body = {"lastUpdateId": update_id}
    if kind is MarketKind.USDM:
        now_ms = call.market.now_ms()
        body |= {"E": now_ms, "T": now_ms}
    return {**body, "bids": book.level_texts(bids), "asks": book.level_texts(asks)}


def _trades(call: Call) -> list[Body]:
    book = call.book()
    limit = call.params.count("limit", 500, 1_000)
    first = call.params.integer("fromId")
    trades = list(book.log.trades)
    chosen = trades[-limit:] if first is None else [trade for trade in trades if trade.trade_id >= first][:limit]
    is_spot = call.market.kind is MarketKind.SPOT
    return [_trade(book, trade, is_spot=is_spot) for trade in chosen]


def _trade(book: SymbolBook, trade: PublicTrade, *, is_spot: bool) -> Body:
    return {
        "id": trade.trade_id,
        "price": book.writing.price(trade.price),
        "qty": book.writing.quantity(trade.quantity),
        "quoteQty": money(trade.price * trade.quantity),
        "time": trade.at_ms,
        "isBuyerMaker": trade.buyer_is_maker,
        **({"isBestMatch": True} if is_spot else {}),
    }


def _aggregates(call: Call) -> list[Body]:
    book, params = call.book(), call.params
    limit = params.count("limit", 500, 1_000)
    first, start_ms, end_ms = params.integer("fromId"), params.integer("startTime"), params.integer("endTime")
    found: list[AggregateTrade] = [
        trade
        for trade in book.log.aggregates
        if (first is None or trade.aggregate_id >= first)
        and (start_ms is None or trade.at_ms >= start_ms)
        and (end_ms is None or trade.at_ms <= end_ms)
    ]
    is_from_start = first is not None or start_ms is not None
    chosen = found[:limit] if is_from_start else found[-limit:]
    best_match: Body = {"M": True} if call.market.kind is MarketKind.SPOT else {}
    return [
        {
            "a": trade.aggregate_id, "p": book.writing.price(trade.price), "q": book.writing.quantity(trade.quantity),
            "f": trade.first_id, "l": trade.last_id, "T": trade.at_ms, "m": trade.buyer_is_maker, **best_match,
        }
        for trade in chosen
    ]  # fmt: skip


def _klines(call: Call) -> list[list[object]]:
    book, params = call.book(), call.params
    interval = params.required("interval")
    if interval not in INTERVAL_MINUTES:
        raise invalid_value("interval")
    minutes = INTERVAL_MINUTES[interval]
    start_ms, end_ms = params.integer("startTime"), params.integer("endTime")
    limit = params.count("limit", 500, 1_000 if call.market.kind is MarketKind.SPOT else 1_500)
    found = [
        candle
        for candle in book.candles.read(minutes)
        if (start_ms is None or candle.open_ms >= start_ms) and (end_ms is None or candle.open_ms <= end_ms)
    ]
    chosen = found[:limit] if start_ms is not None else found[-limit:]
    return [_kline(book, candle, minutes) for candle in chosen]


def _kline(book: SymbolBook, candle: Candle, minutes: int) -> list[object]:
    writing = book.writing
    prices = [writing.price(price) for price in (candle.open, candle.high, candle.low, candle.close)]
    close_ms = candle.open_ms + minutes * MINUTE_MS - 1
    taken = (writing.quantity(candle.taker_volume), money(candle.taker_quote_volume))
    volume = (writing.quantity(candle.volume), close_ms, money(candle.quote_volume), candle.trades)
    return [candle.open_ms, *prices, *volume, *taken, "0"]


# tickers -------------------------------------------------------------------------------------------------


def _book_tickers(call: Call) -> object:
    return _one_or_all(call, [_book_ticker(call, book) for book in call.books()])


def _book_ticker(call: Call, book: SymbolBook) -> Body:
    bid, ask = book.best(Side.BUY), book.best(Side.SELL)
    book.depth.absorb()
    body: Body = {
        "symbol": book.symbol, "bidPrice": bid[0], "bidQty": bid[1], "askPrice": ask[0], "askQty": ask[1],
    }  # fmt: skip
    if call.market.kind is MarketKind.USDM:
        body |= {"time": call.market.now_ms(), "lastUpdateId": book.depth.update_id}
    return body


def _prices(call: Call) -> object:
    is_usdm = call.market.kind is MarketKind.USDM
    time: Body = {"time": call.market.now_ms()} if is_usdm else {}
    rows: list[Body] = [
        {"symbol": book.symbol, "price": book.writing.price(book.candles.last_price), **time} for book in call.books()
    ]
    return _one_or_all(call, rows)


def _days(call: Call) -> object:
    return _one_or_all(call, [_day(call, book) for book in call.books()])


def _day(call: Call, book: SymbolBook) -> Body:
    day, writing, now_ms = book.candles.last(24 * 60), book.writing, call.market.now_ms()
    change, last = day.close - day.open, book.log.trades[-1] if book.log.trades else None
    mean = day.quote_volume / day.volume if day.volume else day.close
    body: Body = {
        "symbol": book.symbol,
        "priceChange": writing.price(change),
        "priceChangePercent": f"{change / day.open * 100:.3f}",
        "weightedAvgPrice": writing.price(mean),
        "lastPrice": writing.price(day.close),
        "lastQty": writing.quantity(last.quantity if last else Decimal(0)),
        "openPrice": writing.price(day.open),
        "highPrice": writing.price(day.high),
        "lowPrice": writing.price(day.low),
        "volume": writing.quantity(day.volume),
        "quoteVolume": money(day.quote_volume),
        "openTime": now_ms - 24 * 60 * MINUTE_MS,
        "closeTime": now_ms,
        "firstId": day.first_id,
        "lastId": day.last_id,
        "count": day.trades,
    }
    if call.market.kind is MarketKind.SPOT:
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        body |= {"bidPrice": bid[0], "bidQty": bid[1], "askPrice": ask[0], "askQty": ask[1]}
        body["prevClosePrice"] = writing.price(day.open)
    return body


# funding -------------------------------------------------------------------------------------------------


def _premium(call: Call) -> object:
    return _one_or_all(call, [_premium_of(call, book) for book in call.books()])


def _premium_of(call: Call, book: SymbolBook) -> Body:
    funding = book.sim.funding
    assert funding is not None
    index = f"{funding.index:.8f}"
    return {
        "symbol": book.symbol,
        "markPrice": money(book.mark),
        "indexPrice": index,
        "estimatedSettlePrice": index,
        "lastFundingRate": f"{funding.rate:.8f}",
        "interestRate": "0.00010000",
        "nextFundingTime": funding.next_funding_ns // NS_PER_MS,
        "time": call.market.now_ms(),
    }


def _funding_info(call: Call) -> list[Body]:
    return [
        {
            "symbol": book.symbol,
            "adjustedFundingRateCap": "0.00750000",
            "adjustedFundingRateFloor": "-0.00750000",
            "fundingIntervalHours": call.exchange.config.funding_interval_s // HOUR_S,
            "disclaimer": False,
        }
        for book in call.books()
    ]


def _funding_rates(call: Call) -> list[Body]:
    params = call.params
    limit = params.count("limit", 100, 1_000)
    start_ms, end_ms = params.integer("startTime") or 0, params.integer("endTime")
    rows: list[Body] = [
        {"symbol": book.symbol, "fundingTime": due_ms, "fundingRate": f"{rate:.8f}", "markPrice": money(mark)}
        for book in call.books()
        for due_ms, rate, mark in book.settled
        if start_ms <= due_ms and (end_ms is None or due_ms <= end_ms)
    ]
    return rows[-limit:]
