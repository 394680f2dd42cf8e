"""The live feed of Hyperliquid: one websocket for all coins, REST for the rules."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from adapters.hyperliquid.coin_market import CoinMarket
from adapters.hyperliquid.info import Info, recorded_address
from adapters.hyperliquid.instruments import VENUE, Universe
from adapters.hyperliquid.market_data import MarketData
from adapters.hyperliquid.settings import FeedSettings
from adapters.hyperliquid.stream import Stream, Subscription
from adapters.hyperliquid.universe_reader import read_universe
from adapters.network.backoff import Backoff
from core.book.book import Book
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.venue import MarketSink
from core.types.market import FeedState, FeedStatus
from data.recordings.recorder import Recorder

T = TypeVar("T")


class HyperliquidFeed:
    """Keeps books, trades, marks and funding of its symbols flowing into a sink; needs no keys and never gives up.

    Parameters
    ----------
    recorder
        Writes everything received, in the form replay reads; closed by whoever made it.
    """

    def __init__(
        self,
        settings: FeedSettings,
        info: Info,
        stream: Stream,
        clock: Clock,
        randomness: Randomness,
        *,
        recorder: Recorder | None = None,
    ) -> None:
        self._settings = settings
        self._info = info
        self._stream = stream
        self._clock = clock
        self._randomness = randomness
        self._recorder = recorder
        self._sink: MarketSink | None = None
        self._market_data: MarketData | None = None

    @property
    def venue(self) -> str:
        return VENUE

    @property
    def malformed(self) -> int:
        return 0 if self._market_data is None else self._market_data.malformed

    async def start(self, sink: MarketSink) -> None:
        """Learn the instruments and begin; raise UnknownSymbolError for a symbol the venue does not trade."""
        self._sink = sink
        self._report(FeedState.CONNECTING, "reading instruments")
        universe: Universe = await read_universe(self._ask, self._settings.symbols)
        picked = universe.select(self._settings.symbols)
        coins = {
            listing.coin: CoinMarket(listing.instrument, sink.add_instrument(listing.instrument), sink)
            for listing in picked
        }
        self._market_data = MarketData(coins, self._settings, self._clock)
        self._stream.start(self)

    async def stop(self) -> None:
        await self._stream.stop()

    def book_of(self, symbol: str) -> Book | None:
        """Return the book of a unified symbol that is followed."""
        coins = () if self._market_data is None else self._market_data.coins.values()
        return next((coin.book for coin in coins if coin.instrument.symbol == symbol), None)

    # what the stream asks and tells -----------------------------------------------------------------

    def subscriptions(self) -> list[Subscription]:
        return self._data.subscriptions()

    def opened(self) -> None:
        if self._recorder is not None:
            # here and not before the handshake: from this moment on trades are news, in a replay too
            self._recorder.connected(self._clock.utc_ns(), self._stream.url)
        self._data.opened()

    def handle(self, raw: bytes, received_ns: int) -> None:
        if self._recorder is not None:
            self._recorder.stream_message(received_ns, raw)
        self._data.handle(raw, received_ns)

    def check(self, resubscribe: Callable[[Subscription], None]) -> str | None:
        fault = self._data.check(resubscribe)
        if fault is None:
            self._report_progress(self._data)
        return fault

    def lost(self, reason: str) -> None:
        self._data.lost(reason)
        self._report(FeedState.DOWN, reason)

    # inside ------------------------------------------------------------------------------------------

    @property
    def _data(self) -> MarketData:
        assert self._market_data is not None, "the stream runs only after start"
        return self._market_data

    async def _ask(self, question: Mapping[str, object], decode: Callable[[bytes], T]) -> T:
        stream = self._settings.stream
        backoff = Backoff(self._randomness, first_s=stream.first_backoff_s, cap_s=stream.backoff_cap_s)
        return await self._info.ask_patiently(
            question, self._recorded(question, decode), backoff, lambda text: self._report(FeedState.CONNECTING, text)
        )

    def _recorded(self, question: Mapping[str, object], decode: Callable[[bytes], T]) -> Callable[[bytes], T]:
        """Return what decodes an answer and writes the one that could be."""
        recorder, address = self._recorder, recorded_address(self._info.url, question)
        if recorder is None or address is None:
            return decode

        def decode_and_write(body: bytes) -> T:
            decoded = decode(body)
            recorder.rest_answer(self._clock.utc_ns(), address, body)
            return decoded

        return decode_and_write

    def _report_progress(self, data: MarketData) -> None:
        latencies = sorted(coin.latency_ns for coin in data.coins.values() if coin.latency_ns is not None)
        latency_ns = latencies[len(latencies) // 2] if latencies else None
        detail = f"{data.live} of {len(data.coins)} books live"
        if data.malformed:
            detail += f"; {data.malformed} unreadable messages, the last: {data.last_error}"
        self._report(FeedState.UP, detail, latency_ns)

    def _report(self, state: FeedState, detail: str, latency_ns: int | None = None) -> None:
        if self._sink is not None:
            self._sink.feed_status(FeedStatus(self.venue, state, detail, latency_ns, self._clock.utc_ns()))
