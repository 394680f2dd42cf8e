"""ccxt.pro's depth path of other venues than Binance: its JSON parser, then `handle_message`, as live."""

import statistics
import time

import ccxt.pro
from ccxt.async_support.base.ws.client import json_parser

# class, the venue's name of the market, ccxt's, the subscription by which ccxt knows how deep a book is
VENUES = {
    "kraken": ("kraken", "BTC/USD", "BTC/USD", "orderbook@BTC/USD", {"limit": 100}),
    "okx": ("okx", "BTC-USDT", "BTC/USDT", "books:BTC/USDT", True),
    "coinbase": ("coinbase", "BTC-USD", "BTC/USD", "level2::BTC/USD", {}),
    "hyperliquid": ("hyperliquid", "BTC", "BTC/USDC:USDC", "orderbook:BTC/USDC:USDC", True),
}


class VenueWorker:
    def __init__(self, question):
        market, self.depth = question["market"], question["depth"]
        name, market_id, self.symbol, self.subscription, self.told = VENUES[market["venue"].partition(" ")[0]]
        self.snapshot, self.messages = market["snapshot"].encode(), [text.encode() for text in market["messages"]]
        self.exchange = exchange = getattr(ccxt.pro, name)()
        base, _, quote = self.symbol.partition(":")[0].partition("/")
        is_swap = ":" in self.symbol
        exchange.set_markets([exchange.safe_market_structure({
            "id": market_id, "symbol": self.symbol, "base": base, "quote": quote, "active": True, "baseName": base,
            "type": "swap" if is_swap else "spot", "swap": is_swap, "spot": not is_swap, "contract": is_swap,
            **({"settle": quote, "linear": True} if is_swap else {}),
        })])  # fmt: skip
        self.client = exchange.client("wss://venue.invalid")
        self.path = f"{json_parser.__name__}.loads, {name}.handle_message, slices of {self.depth}"

    def run(self):
        exchange, client, loads, depth = self.exchange, self.client, json_parser.loads, self.depth
        handle, symbol = exchange.handle_message, self.symbol
        exchange.orderbooks.pop(symbol, None)
        client.subscriptions = {self.subscription: self.told}
        handle(client, loads(self.snapshot))
        book = exchange.orderbooks[symbol]
        clock, taken_ns = time.perf_counter_ns, []
        started_ns = clock()
        for raw in self.messages:
            handle(client, loads(raw))
            bids, asks = book["bids"][:depth], book["asks"][:depth]
            now_ns = clock()
            taken_ns.append(now_ns - started_ns)
            started_ns = now_ns
        if exchange.orderbooks.get(symbol) is not book:
            raise RuntimeError("ccxt.pro refused a message")
        return {
            "us": statistics.median(taken_ns) / 1_000,
            "bids": [[repr(price), repr(size)] for price, size, *_ in bids],
            "asks": [[repr(price), repr(size)] for price, size, *_ in asks],
        }
