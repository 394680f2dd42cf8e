"""Recordings of Hyperliquid, whose every book message is a whole book."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from adapters.hyperliquid.coin_market import CoinMarket
from adapters.hyperliquid.market_data import MarketData
from adapters.hyperliquid.recorded import HyperliquidRules
from adapters.hyperliquid.settings import FeedSettings
from adapters.replay.clock import ReplayClock
from adapters.replay.recorded_venue import Audit, Survey
from adapters.replay.stream_venue import survey_stream
from core.book.book import Book, BookState
from core.ports.venue import MarketSink
from core.types.instrument import Instrument, InstrumentId
from core.types.market import FeedStatus, FundingRate, MarkPrice, Trade
from data.recordings.lines import Progress
from data.recordings.message import Channel, RecordedMessage, TornTail


class RecordedHyperliquid:
    """Implements `adapters.replay.recorded_venue.RecordedVenue`."""

    def __init__(self, venue: str) -> None:
        self.venue = venue

    def survey(self, path: Path, *, torn_tail: TornTail = TornTail.REFUSE, progress: Progress | None = None) -> Survey:
        return survey_stream(path, self.venue, HyperliquidRules(), torn_tail=torn_tail, progress=progress)

    def market(
        self, sink: MarketSink, instruments: Iterable[Instrument], audit: Audit | None = None
    ) -> "PlayedHyperliquid":
        del audit  # beside its books the venue says nothing that they could be compared with
        return PlayedHyperliquid(sink, instruments)


class PlayedCoin:
    """Implements `PlayedBook`; a gap is a snapshot from before the one that is there."""

    def __init__(self, market: CoinMarket) -> None:
        self.updates = 0
        self.resyncs = 0  # snapshots that made a book readable again
        self._market = market
        self._was_lost = False

    @property
    def instrument(self) -> Instrument:
        return self._market.instrument

    @property
    def instrument_id(self) -> InstrumentId:
        return self._market.instrument.id

    @property
    def book(self) -> Book:
        return self._market.book

    @property
    def gaps(self) -> int:
        return self._market.late

    def changed(self) -> None:
        """Count what became of the book."""
        if self.book.state is BookState.VALID:
            self.updates += 1
            self.resyncs += self._was_lost
            self._was_lost = False
        else:
            self._was_lost = self.updates > 0


class PlayedHyperliquid:
    """Implements `adapters.replay.recorded_venue.PlayedMarket`."""

    def __init__(self, sink: MarketSink, instruments: Iterable[Instrument]) -> None:
        self._counting = counting = _CountingSink(sink)
        self._clock = ReplayClock()
        coins = {each.venue_symbol: CoinMarket(each, counting.add_instrument(each), counting) for each in instruments}
        self.symbols: Mapping[str, PlayedCoin] = {name: PlayedCoin(coin) for name, coin in coins.items()}
        counting.played = {each.instrument_id: each for each in self.symbols.values()}
        self._data = MarketData(coins, FeedSettings(symbols=tuple(coins)), self._clock)

    @property
    def malformed(self) -> int:
        return self._data.malformed

    @property
    def trades(self) -> int:
        return self._counting.trades

    def play(self, message: RecordedMessage) -> None:
        self._clock.advance_to(message.received_ns)
        if message.channel is Channel.STREAM:
            self._data.handle(message.payload, message.received_ns)
        elif message.channel is Channel.CONNECTED:
            self._data.lost("a new connection begins")
            self._data.opened()

    def connection_lost(self, reason: str, received_ns: int) -> None:
        self._clock.advance_to(received_ns)
        self._data.lost(reason)


class _CountingSink:
    """Passes the market's news on and counts what a check reports."""

    def __init__(self, sink: MarketSink) -> None:
        self.trades = 0
        self.played: Mapping[InstrumentId, PlayedCoin] = {}
        self._sink = sink

    def add_instrument(self, instrument: Instrument) -> Book:
        return self._sink.add_instrument(instrument)

    def book_changed(self, instrument_id: InstrumentId) -> None:
        self.played[instrument_id].changed()
        self._sink.book_changed(instrument_id)

    def trade(self, trade: Trade) -> None:
        self.trades += 1
        self._sink.trade(trade)

    def funding_rate(self, funding: FundingRate) -> None:
        self._sink.funding_rate(funding)

    def mark_price(self, mark: MarkPrice) -> None:
        self._sink.mark_price(mark)

    def feed_status(self, status: FeedStatus) -> None:
        self._sink.feed_status(status)
