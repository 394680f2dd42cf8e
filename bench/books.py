"""Raw depth message to the top of the book: Binance against two peers, every other venue against ccxt.pro."""

import statistics
import time
from contextlib import ExitStack
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from adapters.binance.depth import DepthDecoder, describe
from bench.market import LOT, SYMBOL, TICK, Market, make_market
from bench.peer import Peer
from bench.percentile import percentile
from bench.result import BenchError, Result
from bench.venue_books import OurVenue
from bench.venue_market import SHAPES, VenueMarket, make_venue_market
from core.book.book import Book, BookState
from core.types.instrument import AssetType, Instrument

MESSAGES: Final = 2_000
LEVELS: Final = 1_000
VENUE_MESSAGES: Final = 1_000
CHANGES: Final = 20
DEPTH: Final = 20
RETIRED: Final = "okx with checksum"  # a form that the venue does not send any more
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

    def run(self) -> tuple[list[float], Levels, Levels]:
        """Return the µs of each message and the final top of both sides."""
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
            [taken / 1_000 for taken in taken_ns],
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
    with ExitStack() as stack:
        peers = [stack.enter_context(Peer(folder, name)) for name, folder in PEERS.items()]
        micros, details = _measure(ours, market, peers, rounds)
        calm_binance = _measure_calm_binance(peers, rounds, seed)
        venues = {venue: _measure_venue(venue, peers[0], rounds, seed, CHANGES) for venue in SHAPES}
        calm = {
            venue: _measure_venue(venue, peers[0], rounds, seed, 1) for venue in SHAPES if not SHAPES[venue].is_whole
        }
    medians = {name: statistics.median(values) for name, values in micros.items()}
    measured: dict[str, Any] = {f"{name} us": round(medians[name], 3) for name in micros} | {
        "ours p99 us": round(percentile(micros["ours"], 0.99), 3),
        "messages": len(market.messages),
        "bytes a message": round(statistics.mean(map(len, market.messages))),
        "levels a side": LEVELS,
        "rounds": rounds,
        "peers": details,
    }
    retired = venues.pop(RETIRED)
    for found in venues.values():
        measured |= found.told
    measured[RETIRED] = retired.told | {"ratio": retired.ratio}
    measured["one change a side"] = {"binance": calm_binance} | {
        name: found.told | {"ratio": found.ratio} for name, found in calm.items()
    }
    ratio = {name: round(medians[name] / medians["ours"], 2) for name in PEERS}
    return Result("books", measured, ratio | {venue: found.ratio for venue, found in venues.items()})


def _measure(
    ours: Ours, market: Market, peers: list[Peer], rounds: int
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Return the µs of our messages and the medians of the peers' rounds, and what each peer does."""
    micros: dict[str, list[float]] = {name: [] for name in ("ours", *PEERS)}
    details: dict[str, str] = {}
    for peer in peers:
        details[peer.name] = peer.ask({"do": "load", "market": msgspec.to_builtins(market), "depth": DEPTH})["path"]
    check("ours", market, *ours.run()[1:])  # compiles, and is not counted; the peers warm up on loading
    for _ in range(rounds):
        for peer in peers:
            taken_us, bids, asks = ours.run()
            check("ours", market, bids, asks)
            micros["ours"] += taken_us
            answer = peer.ask({"do": "run"})
            check(peer.name, market, _levels(answer["bids"]), _levels(answer["asks"]))
            micros[peer.name].append(answer["us"])
    return micros, details


def _measure_calm_binance(peers: list[Peer], rounds: int, seed: int) -> dict[str, float]:
    """Return the µs of all sides for messages of one or two levels, and how many times better ours are."""
    market = make_market(seed, MESSAGES, LEVELS, 1, DEPTH)
    micros, _ = _measure(Ours(market), market, peers, rounds)
    medians = {name: statistics.median(values) for name, values in micros.items()}
    told = {f"{name} us": round(median, 3) for name, median in medians.items()}
    told["bytes a message"] = round(statistics.mean(map(len, market.messages)))
    return told | {f"ratio to {name}": round(medians[name] / medians["ours"], 2) for name in PEERS}


class VenueFigures(NamedTuple):
    """What was measured of one venue."""

    told: dict[str, float | str]
    ratio: float


def _measure_venue(venue: str, peer: Peer, rounds: int, seed: int, changes: int) -> VenueFigures:
    """Give a venue's messages to our handler and to ccxt.pro's, in turns."""
    market = make_venue_market(venue, seed, messages=VENUE_MESSAGES, levels=LEVELS, changes=changes, depth=DEPTH)
    ours, taken_us, theirs_us = OurVenue(market, DEPTH), list[float](), list[float]()
    path = peer.ask({"do": "load", "market": msgspec.to_builtins(market), "depth": DEPTH})["path"]
    check(f"ours of {venue}", market, *ours.run()[1:])
    for _ in range(rounds):
        taken, bids, asks = ours.run()
        check(f"ours of {venue}", market, bids, asks)
        taken_us += taken
        answer = peer.ask({"do": "run"})
        check(f"{peer.name} of {venue}", market, _levels(answer["bids"]), _levels(answer["asks"]))
        theirs_us.append(answer["us"])
    p50, theirs = statistics.median(taken_us), statistics.median(theirs_us)
    told: dict[str, float | str] = {
        f"{venue} p50 us": round(p50, 3),
        f"{venue} p99 us": round(percentile(taken_us, 0.99), 3),
        f"{venue} {peer.name} us": round(theirs, 3),
        f"{venue} bytes a message": round(statistics.mean(map(len, market.messages))),
        f"{venue} peer": path,
    }
    return VenueFigures(told, round(theirs / p50, 2))


def _levels(answer: list[list[str]]) -> Levels:
    return [(Decimal(price), Decimal(size)) for price, size in answer]


def check(name: str, market: Market | VenueMarket, bids: Levels, asks: Levels) -> None:
    for side, got, wanted in (("bids", bids, market.best_bids), ("asks", asks, market.best_asks)):
        if got != wanted:
            raise BenchError(f"{name} ends with other {side} than the market has: {got} instead of {wanted}")
