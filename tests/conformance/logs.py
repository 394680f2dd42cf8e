"""Sinks that keep what they are told, hold it against the venue's own book, and let a test wait for it."""

from decimal import Decimal

from core.book.book import Book, BookState
from core.types.instrument import Instrument, InstrumentId
from core.types.market import FeedState, FeedStatus, FundingRate, MarkPrice, Trade
from tests.venues.news import News

Level = tuple[Decimal, Decimal]  # price, quantity
Levels = tuple[tuple[Level, ...], tuple[Level, ...]]  # bids and asks, best first


class MarketLog:
    """A `MarketSink`. `wrong` are valid books that the venue never had, or not any more when a newer one was shown."""

    def __init__(self) -> None:
        self.books: dict[str, Book] = {}  # by unified symbol
        self.trades: list[Trade] = []
        self.statuses: list[FeedStatus] = []
        self._moments: dict[Levels, list[int]] = {}  # when the venue had a book
        self._newest = 0
        self._shown = 0  # the moment of the book that was shown last
        self.wrong: list[Levels] = []
        self.unreadable = 0  # changes after which a book could not be read
        self.depth = 0  # levels a side that are held against the truths; 0: none
        self.watched = ""
        self.news = News()

    def add_instrument(self, instrument: Instrument) -> Book:
        book = self.books[instrument.symbol] = Book(instrument)
        return book

    def book_changed(self, instrument_id: InstrumentId) -> None:
        book = self.books[instrument_id.symbol]
        if instrument_id.symbol == self.watched:
            if book.state is not BookState.VALID:
                self.unreadable += 1
            elif self.depth:
                self._compare(levels_of(book, self.depth))
        self.news.tell()

    def note_truth(self, levels: Levels) -> None:
        """Take note of the book that the venue has now."""
        self._newest += 1
        self._moments.setdefault(levels, []).append(self._newest)

    def _compare(self, levels: Levels) -> None:
        possible = [moment for moment in self._moments.get(levels, ()) if moment >= self._shown]
        if possible:
            self._shown = possible[0]
        else:
            self.wrong.append(levels)

    def trade(self, trade: Trade) -> None:
        self.trades.append(trade)
        self.news.tell()

    def funding_rate(self, funding: FundingRate) -> None:
        self.news.tell()

    def mark_price(self, mark: MarkPrice) -> None:
        self.news.tell()

    def feed_status(self, status: FeedStatus) -> None:
        self.statuses.append(status)
        self.news.tell()

    @property
    def state(self) -> FeedState:
        return self.statuses[-1].state


def levels_of(book: Book, depth: int) -> Levels:
    """Return what a book shows, in money."""
    rules = book.instrument
    bid_ticks, bid_lots, ask_ticks, ask_lots = (column.tolist() for column in book.top(depth))
    bids, asks = (
        tuple((rules.ticks_to_price(ticks), rules.lots_to_quantity(lots)) for ticks, lots in zip(*side, strict=True))
        for side in ((bid_ticks, bid_lots), (ask_ticks, ask_lots))
    )
    return bids, asks
