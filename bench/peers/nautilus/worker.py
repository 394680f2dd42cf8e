"""nautilus_trader's depth path: the Binance adapter's typed decoder, its deltas, its order book.

The book gives all of its levels or the best one. All of them as Python objects would cost it most of its time, so the
timed part reads the best bid and ask, price and size, and the top 20 is read once at the end, to be compared.
"""

import json
import statistics
import sys
import time

import msgspec
import nautilus_trader
from nautilus_trader.adapters.binance.common.schemas.market import BinanceOrderBookMsg
from nautilus_trader.model.book import OrderBook
from nautilus_trader.model.enums import BookType
from nautilus_trader.model.identifiers import InstrumentId

INSTRUMENT = InstrumentId.from_str("BTCUSDT-PERP.BINANCE")


class Worker:
    def __init__(self, question):
        self.market, self.depth = question["market"], question["depth"]
        self.messages = [message.encode() for message in self.market["messages"]]
        self.decoder = msgspec.json.Decoder(BinanceOrderBookMsg)

    def reset(self):
        book = OrderBook(INSTRUMENT, BookType.L2_MBP)
        update = {"e": "depthUpdate", "E": 0, "s": "BTCUSDT", "U": 0, "u": self.market["last_update_id"]}
        raw = json.dumps({"stream": "", "data": update | {"b": self.market["bids"], "a": self.market["asks"]}})
        book.apply_deltas(self.decoder.decode(raw).data.parse_to_order_book_deltas(INSTRUMENT, 0, snapshot=True))
        return book

    def run(self):
        book, decode = self.reset(), self.decoder.decode
        clock, taken_ns = time.perf_counter_ns, []
        started_ns = clock()
        for raw in self.messages:
            book.apply_deltas(decode(raw).data.parse_to_order_book_deltas(INSTRUMENT, started_ns))
            best = book.best_bid_price(), book.best_bid_size(), book.best_ask_price(), book.best_ask_size()
            now_ns = clock()
            taken_ns.append(now_ns - started_ns)
            started_ns = now_ns
        bids, asks = book.bids()[: self.depth], book.asks()[: self.depth]
        if (bids[0].price, asks[0].price) != (best[0], best[2]):
            raise RuntimeError("nautilus_trader's best levels are not the first of its levels")
        return {"us": statistics.median(taken_ns) / 1_000, "bids": levels(bids), "asks": levels(asks)}


def levels(side):
    return [[str(level.price), str(level.orders()[0].size)] for level in side]


worker = None
for line in sys.stdin:
    question = json.loads(line)
    if question["do"] == "load":
        worker = Worker(question)
        worker.run()
        path = f"nautilus_trader {nautilus_trader.__version__}: adapter's decoder and deltas, apply_deltas, best only"
        answer = {"path": path}
    else:
        answer = worker.run()
    print(json.dumps(answer), flush=True)
