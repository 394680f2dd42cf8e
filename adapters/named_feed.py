"""A venue's market data under the name that the venue was given here: two accounts at one venue have two names."""

import msgspec

from adapters.instrument_selection import named
from core.book.book import Book
from core.ports.venue import Feed, MarketSink
from core.types.instrument import Instrument, InstrumentId
from core.types.market import FeedStatus, FundingRate, MarkPrice, Trade

_replace = msgspec.structs.replace


class NamedFeed:
    """Implements `Feed` over another one that reports under the venue's own name."""

    def __init__(self, feed: Feed, name: str) -> None:
        self.venue = name
        self._feed = feed

    async def start(self, sink: MarketSink) -> None:
        await self._feed.start(_NamedSink(sink, self.venue))

    async def stop(self) -> None:
        await self._feed.stop()


class _NamedSink:
    """Put the name into what the feed reports."""

    def __init__(self, sink: MarketSink, name: str) -> None:
        self._sink = sink
        self._name = name
        self._ids: dict[InstrumentId, InstrumentId] = {}

    def add_instrument(self, instrument: Instrument) -> Book:
        mine = named(instrument, self._name)
        self._ids[instrument.id] = mine.id
        return self._sink.add_instrument(mine)

    def book_changed(self, instrument_id: InstrumentId) -> None:
        self._sink.book_changed(self._ids[instrument_id])

    def trade(self, trade: Trade) -> None:
        self._sink.trade(_replace(trade, instrument_id=self._ids[trade.instrument_id]))

    def funding_rate(self, funding: FundingRate) -> None:
        self._sink.funding_rate(_replace(funding, instrument_id=self._ids[funding.instrument_id]))

    def mark_price(self, mark: MarkPrice) -> None:
        self._sink.mark_price(_replace(mark, instrument_id=self._ids[mark.instrument_id]))

    def feed_status(self, status: FeedStatus) -> None:
        self._sink.feed_status(_replace(status, venue=self._name))
