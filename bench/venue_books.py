"""Our path of a live feed at the other venues: the handler that the feed calls, and the top of the book behind it."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Final, Protocol

from adapters.coinbase.market_data import CoinbaseMarketData
from adapters.hyperliquid.coin_market import CoinMarket
from adapters.hyperliquid.market_data import MarketData
from adapters.hyperliquid.settings import FeedSettings
from adapters.kraken.market_data import KrakenMarketData
from adapters.okx.market_data import OkxMarketData
from adapters.streams.market_data import ChecksumObserver
from bench.result import BenchError
from bench.venue_market import SHAPES, TICK, VenueMarket
from core.book.book import Book, BookState
from core.io.system_clock import SystemClock
from core.ports.venue import MarketSink
from core.types.instrument import AssetType, Instrument, InstrumentId
from core.types.market import FeedStatus, FundingRate, MarkPrice, Trade

Levels = list[tuple[Decimal, Decimal]]
# unified symbol, the venue's, quote
_NAMES: Final = {
    "kraken": ("BTC/USD", "BTC/USD", "USD"),
    "okx": ("BTC/USDT", "BTC-USDT", "USDT"),
    "coinbase": ("BTC/USD", "BTC-USD", "USD"),
    "hyperliquid": ("BTC/USDC:USDC", "BTC", "USDC"),
}


def _refused(venue_symbol: str) -> None:
    raise BenchError(f"ours refused a message of {venue_symbol}")


class Handler(Protocol):
    """What a venue's feed gives each message to; `handle_typed` leaves out the compiled reader."""

    def handle(self, raw: bytes, received_ns: int) -> None: ...

    def handle_typed(self, raw: bytes, received_ns: int) -> None: ...


class BookSink:
    """Keeps the book and listens to nothing else."""

    def __init__(self) -> None:
        self.book: Book | None = None

    def add_instrument(self, instrument: Instrument) -> Book:
        self.book = Book(instrument)
        return self.book

    def book_changed(self, instrument_id: InstrumentId) -> None: ...

    def trade(self, trade: Trade) -> None: ...

    def funding_rate(self, funding: FundingRate) -> None: ...

    def mark_price(self, mark: MarkPrice) -> None: ...

    def feed_status(self, status: FeedStatus) -> None: ...


def instrument_of(venue: str) -> Instrument:
    """Return the instrument of `bench.venue_market` at a venue."""
    lot, venue = SHAPES[venue].lot, venue.partition(" ")[0]
    symbol, venue_symbol, quote = _NAMES[venue]
    return Instrument(
        venue=venue,
        symbol=symbol,
        venue_symbol=venue_symbol,
        asset_type=AssetType.PERPETUAL if ":" in symbol else AssetType.CRYPTO_SPOT,
        base="BTC",
        quote=quote,
        tick_size=TICK,
        lot_size=lot,
        min_quantity=lot,
        min_notional=Decimal(0),
    )


def handler_of(
    venue: str,
    instrument: Instrument,
    sink: MarketSink,
    *,
    resync: Callable[[str], None] = _refused,
    observer: ChecksumObserver | None = None,
) -> Handler:
    """Return what the venue's feed calls with each message."""
    if venue == "hyperliquid":
        coin = instrument.venue_symbol
        coins = {coin: CoinMarket(instrument, sink.add_instrument(instrument), sink)}
        return MarketData(coins, FeedSettings(symbols=(coin,)), SystemClock())
    if venue == "kraken":
        return KrakenMarketData(sink, [instrument], resync=resync, depth=SHAPES[venue].visible, observer=observer)
    handler = CoinbaseMarketData if venue == "coinbase" else OkxMarketData
    return handler(sink, [instrument], resync=resync, observer=observer)


class OurVenue:
    """One venue's messages through our handler, again and again."""

    def __init__(self, market: VenueMarket, depth: int) -> None:
        self._market = market
        self._depth = depth
        self._instrument = instrument_of(market.venue)
        self._messages = [message.encode() for message in market.messages]

    def run(self) -> tuple[list[float], Levels, Levels]:
        """Return the µs of each message, and the final top of both sides."""
        sink = BookSink()
        handle, depth = handler_of(self._market.venue, self._instrument, sink).handle, self._depth
        assert sink.book is not None
        book = sink.book
        handle(self._market.snapshot.encode(), 1)
        clock, taken_ns = time.perf_counter_ns, list[int]()
        started_ns = clock()
        for raw in self._messages:
            handle(raw, started_ns)
            book.top(depth)
            now_ns = clock()
            taken_ns.append(now_ns - started_ns)
            started_ns = now_ns
        if book.state is not BookState.VALID:
            raise BenchError(f"our book of {self._market.venue} is {book.state}: {book.reason}")
        bid_ticks, bid_lots, ask_ticks, ask_lots = (column.tolist() for column in book.top(depth))
        to_price, to_size = self._instrument.ticks_to_price, self._instrument.lots_to_quantity
        return (
            [taken / 1_000 for taken in taken_ns],
            [(to_price(t), to_size(n)) for t, n in zip(bid_ticks, bid_lots, strict=True)],
            [(to_price(t), to_size(n)) for t, n in zip(ask_ticks, ask_lots, strict=True)],
        )
