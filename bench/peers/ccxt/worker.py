"""ccxt.pro's depth path: its JSON parser, its handler, its order book; the top as slices of its sides."""

import asyncio
import json
import statistics
import sys
import time

import ccxt
import ccxt.pro
from ccxt.async_support.base.ws.client import json_parser
from venues import VenueWorker
from watching import watch

URL = "wss://fstream.binance.com/ws"
SYMBOL = "BTC/USDT:USDT"


class Worker:
    def __init__(self, question):
        self.market, self.depth = question["market"], question["depth"]
        self.messages = [message.encode() for message in self.market["messages"]]
        self.exchange = exchange = ccxt.pro.binanceusdm()
        exchange.set_markets([exchange.safe_market_structure({
            "id": "BTCUSDT", "lowercaseId": "btcusdt", "symbol": SYMBOL, "base": "BTC", "quote": "USDT",
            "settle": "USDT", "type": "swap", "swap": True, "contract": True, "linear": True, "active": True,
        })])  # fmt: skip
        self.client = exchange.client(URL)
        self.path = f"{json_parser.__name__}.loads, handle_order_book, slices of {self.depth}"

    def reset(self):
        snapshot = {
            side: [[float(price), float(size)] for price, size in self.market[side]] for side in ("bids", "asks")
        }
        book = self.exchange.order_book(snapshot | {"symbol": SYMBOL, "nonce": self.market["last_update_id"]})
        self.exchange.orderbooks[SYMBOL] = book
        return book

    def run(self):
        book, loads = self.reset(), json_parser.loads
        handle, client, depth = self.exchange.handle_order_book, self.client, self.depth
        clock, taken_ns = time.perf_counter_ns, []
        started_ns = clock()
        for raw in self.messages:
            handle(client, loads(raw)["data"])
            bids, asks = book["bids"][:depth], book["asks"][:depth]
            now_ns = clock()
            taken_ns.append(now_ns - started_ns)
            started_ns = now_ns
        if self.exchange.orderbooks.get(SYMBOL) is not book:
            raise RuntimeError("ccxt.pro refused a message")
        return {
            "us": statistics.median(taken_ns) / 1_000,
            "bids": [[repr(price), repr(size)] for price, size in bids],
            "asks": [[repr(price), repr(size)] for price, size in asks],
        }


async def main():
    worker = None
    for line in sys.stdin:
        question = json.loads(line)
        if question["do"] == "load":
            if worker is not None:
                await worker.exchange.close()
            worker = (VenueWorker if "venue" in question["market"] else Worker)(question)
            worker.run()
            answer = {"path": f"ccxt {ccxt.__version__}: {worker.path}"}
        elif question["do"] == "watch":
            answer = await watch(question)
        else:
            answer = worker.run()
        print(json.dumps(answer), flush=True)
    if worker is not None:
        await worker.exchange.close()


asyncio.run(main())
