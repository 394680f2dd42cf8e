"""ccxt.pro's watch_order_book over a real websocket: a task a symbol that notes each book it is handed."""

import asyncio
import time
from pathlib import Path

import ccxt.pro


async def watch(question):
    exchange = _exchange(question)
    symbols = [f"B{book:02}/USDT:USDT" for book in range(question["books"])]
    seen = {symbol: [] for symbol in symbols}
    began = []

    async def follow(symbol):
        noted = seen[symbol]
        while True:
            book = await exchange.watch_order_book(symbol)
            noted.append((book["nonce"], time.monotonic_ns()))
            if not began:
                began.extend((time.process_time(), waited_s()))
            if book["nonce"] >= question["last"]:
                return book["bids"][: question["depth"]], book["asks"][: question["depth"]]

    tops = await asyncio.wait_for(asyncio.gather(*map(follow, symbols)), question["patience_s"])
    cpu_s, without_core_s = time.process_time() - began[0], waited_s() - began[1]
    await exchange.close()
    return {
        "books": list(seen.values()),
        "cpu_s": cpu_s,
        "waited_s": without_core_s,
        "tops": [[[[repr(price), repr(size)] for price, size in side] for side in top] for top in tops],
    }


def waited_s():
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def _exchange(question):
    exchange = ccxt.pro.binanceusdm({"enableRateLimit": False})
    host = f"127.0.0.1:{question['port']}"
    exchange.urls["api"]["ws"]["linear"] = f"ws://{host}/ws"
    exchange.urls["api"]["fapiPublic"] = f"http://{host}/fapi/v1"
    exchange.set_markets([
        exchange.safe_market_structure({
            "id": f"B{book:02}USDT", "lowercaseId": f"b{book:02}usdt", "symbol": f"B{book:02}/USDT:USDT",
            "base": f"B{book:02}", "quote": "USDT", "settle": "USDT", "type": "swap", "swap": True, "contract": True,
            "linear": True, "active": True,
        })
        for book in range(question["books"])
    ])  # fmt: skip
    return exchange
