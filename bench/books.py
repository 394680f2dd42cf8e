"""Raw depth message to the top of the book, both sides, against ccxt.pro and nautilus_trader."""

import statistics
import time
from contextlib import ExitStack
from decimal import Decimal
from typing import Any, Final

import msgspec
import numpy as np

from adapters.binance.depth import DepthDecoder, describe
from bench.market import LOT, SYMBOL, TICK, Market, make_market
from bench.peer import Peer
from bench.result import BenchError, Result
from core.book.book import Book, BookState
from core.types.instrument import AssetType, Instrument

MESSAGES: Final = 2_000
LEVELS: Final = 1_000
CHANGES: Final = 20
DEPTH: Final = 20
PEERS: Final = {"ccxt.pro": "ccxt", "nautilus_trader": "nautilus"}

Levels = list[tuple[Decimal, Decimal]]


class Ours:
    """The path of a live feed: decode, look at the ids, apply, read the top."""

    def __init__(self, market: Market) -> None:
        self.instrument = Instrument(
            venue="binanceusdm",
            symbol="BTC/USDT:USDT",
            venue_symbol=SYMBOL,
            asset_type=AssetType.PERPETUAL,
            base="BTC",
            quote="USDT",
            tick_size=TICK,
            lot_size=LOT,
            min_quantity=LOT,
            min_notional=Decimal(0),
        )
        self._market = market
        self._messages = [message.encode() for message in market.messages]

    def run(self) -> tuple[float, Levels, Levels]:
        """Return the median of µs a message and the final top of both sides."""
        book, decoder = Book(self.instrument), DepthDecoder(self.instrument)
        market, convert = self._market, self.columns
        last_id = market.last_update_id
        book.apply_snapshot(*convert(market.bids), *convert(market.asks), sequence=last_id, venue_ns=0, received_ns=0)
        clock = time.perf_counter_ns
        taken_ns: list[int] = []
        started_ns = clock()
        for raw in self._messages:
            error = decoder.decode(raw)
            if error or decoder.previous_update_id != book.sequence:
                raise BenchError(f"ours refused a message: {describe(error) if error else 'gap'}")
            decoder.apply_to(book, started_ns)
            book.top(DEPTH)
            now_ns = clock()
            taken_ns.append(now_ns - started_ns)
            started_ns = now_ns
        if book.state is not BookState.VALID:
            raise BenchError(f"our book is {book.state}: {book.reason}")
        bid_ticks, bid_lots, ask_ticks, ask_lots = (column.tolist() for column in book.top(DEPTH))
        to_price, to_size = self.instrument.ticks_to_price, self.instrument.lots_to_quantity
        return (
            statistics.median(taken_ns) / 1_000,
            [(to_price(t), to_size(n)) for t, n in zip(bid_ticks, bid_lots, strict=True)],
            [(to_price(t), to_size(n)) for t, n in zip(ask_ticks, ask_lots, strict=True)],
        )

    def columns(self, levels: list[tuple[str, str]]) -> tuple[Any, Any]:
        ticks = [self.instrument.price_to_ticks(Decimal(price)) for price, _ in levels]
        lots = [self.instrument.quantity_to_lots(Decimal(size)) for _, size in levels]
        return np.array(ticks, np.int64), np.array(lots, np.int64)


def run(rounds: int, seed: int) -> Result:
    """Give all sides the same messages, in turns, and compare their final tops before any figure is told."""
    market = make_market(seed, MESSAGES, LEVELS, CHANGES, DEPTH)
    ours = Ours(market)
    micros: dict[str, list[float]] = {name: [] for name in ("ours", *PEERS)}
    details: dict[str, str] = {}
    with ExitStack() as stack:
        peers = [stack.enter_context(Peer(folder, name)) for name, folder in PEERS.items()]
        for peer in peers:
            loaded = peer.ask({"do": "load", "market": msgspec.to_builtins(market), "depth": DEPTH})
            details[peer.name] = loaded["path"]
        check("ours", market, *ours.run()[1:])  # compiles, and is not counted; the peers warm up on loading
        for _ in range(rounds):
            for peer in peers:
                median_us, bids, asks = ours.run()
                check("ours", market, bids, asks)
                micros["ours"].append(median_us)
                answer = peer.ask({"do": "run"})
                check(peer.name, market, _levels(answer["bids"]), _levels(answer["asks"]))
                micros[peer.name].append(answer["us"])
    medians = {name: statistics.median(values) for name, values in micros.items()}
    measured = {f"{name} us": round(value, 3) for name, value in medians.items()} | {
        "messages": len(market.messages),
        "bytes a message": round(statistics.mean(map(len, market.messages))),
        "levels a side": LEVELS,
        "rounds": rounds,
        "peers": details,
    }
    return Result("books", measured, {name: round(medians[name] / medians["ours"], 2) for name in PEERS})


def _levels(answer: list[list[str]]) -> Levels:
    return [(Decimal(price), Decimal(size)) for price, size in answer]


def check(name: str, market: Market, bids: Levels, asks: Levels) -> None:
    for side, got, wanted in (("bids", bids, market.best_bids), ("asks", asks, market.best_asks)):
        if got != wanted:
            raise BenchError(f"{name} ends with other {side} than the market has: {got} instead of {wanted}")
