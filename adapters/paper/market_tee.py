"""A sink in front of the engine's own: what a feed says also reaches the paper venues it concerns."""

from collections.abc import Mapping

from adapters.paper.execution import PaperExecution
from core.book.book import Book
from core.ports.venue import MarketSink
from core.types.instrument import Instrument, InstrumentId
from core.types.market import FeedStatus, FundingRate, MarkPrice, Trade


class MarketTee:
    """Pass everything on to `sink` first, then to the paper venue of the same name, if there is one."""

    def __init__(self, sink: MarketSink, papers: Mapping[str, PaperExecution]) -> None:
        self._sink = sink
        self._papers = papers

    def add_instrument(self, instrument: Instrument) -> Book:
        book = self._sink.add_instrument(instrument)
        paper = self._papers.get(instrument.venue)
        if paper is not None:
            paper.add_instrument(instrument, book)
        return book

    def book_changed(self, instrument_id: InstrumentId) -> None:
        self._sink.book_changed(instrument_id)
        paper = self._papers.get(instrument_id.venue)
        if paper is not None:
            paper.on_book(instrument_id)

    def trade(self, trade: Trade) -> None:
        self._sink.trade(trade)
        paper = self._papers.get(trade.instrument_id.venue)
        if paper is not None:
            paper.on_trade(trade)

    def funding_rate(self, funding: FundingRate) -> None:
        self._sink.funding_rate(funding)
        paper = self._papers.get(funding.instrument_id.venue)
        if paper is not None:
            paper.on_funding(funding)

    def mark_price(self, mark: MarkPrice) -> None:
        self._sink.mark_price(mark)
        paper = self._papers.get(mark.instrument_id.venue)
        if paper is not None:
            paper.on_mark(mark)

    def feed_status(self, status: FeedStatus) -> None:
        self._sink.feed_status(status)
