"""Answers of Binance as tests make them."""

import json

from adapters.binance.market import BinanceMarket


def exchange_information(market: BinanceMarket, bases: tuple[str, ...] = ("BTC",)) -> bytes:
    """Return an exchangeInfo of `bases` against USDT, one halted symbol and on USD-M a delivery contract."""
    symbols = [_symbol(market, base) for base in bases]
    symbols.append(_symbol(market, "OLD") | {"status": "BREAK"})
    if market is BinanceMarket.USDM:
        symbols.append(_symbol(market, bases[0]) | {"symbol": "BTCUSDT_240927", "contractType": "CURRENT_QUARTER"})
    return json.dumps({"serverTime": 1, "symbols": symbols}).encode()


def _symbol(market: BinanceMarket, base: str) -> dict[str, object]:
    symbol: dict[str, object] = {
        "symbol": f"{base}USDT",
        "status": "TRADING",
        "baseAsset": base,
        "quoteAsset": "USDT",
        "filters": [
            {"filterType": "PRICE_FILTER", "tickSize": "0.10000000"},
            {"filterType": "LOT_SIZE", "stepSize": "0.00100000", "minQty": "0.00200000"},
            {"filterType": "MIN_NOTIONAL", "notional": "100"},
            {"filterType": "SOMETHING_NEW", "x": 1},
        ],
    }
    if market is BinanceMarket.USDM:
        symbol |= {"marginAsset": "USDT", "contractType": "PERPETUAL"}
    return symbol
