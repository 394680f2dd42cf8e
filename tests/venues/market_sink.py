"""A sink that keeps what a feed reports and lets a test wait for a state instead of a time."""

from collections.abc import Callable

from core.book.book import Book
from core.types.instrument import Instrument, InstrumentId
from core.types.market import FeedStatus, FundingRate, MarkPrice, Trade
from tests.venues.news import News


class RecordingSink:
    def __init__(self) -> None:
        self.books: dict[str, Book] = {}
        self.trades: list[Trade] = []
        self.marks: list[MarkPrice] = []
        self.funding: list[FundingRate] = []
        self.statuses: list[FeedStatus] = []
        self.invalidated: list[tuple[str, str]] = []  # venue symbol, reason; one entry a change
        self.news = News()

    def add_instrument(self, instrument: Instrument) -> Book:
        self.books[instrument.venue_symbol] = book = Book(instrument)
        return book

    def book_changed(self, instrument_id: InstrumentId) -> None:
        for name, book in self.books.items():
            if book.instrument_id == instrument_id and book.reason and (name, book.reason) not in self.invalidated[-1:]:
                self.invalidated.append((name, book.reason))
        self.news.tell()

    def trade(self, trade: Trade) -> None:
        self.trades.append(trade)
        self.news.tell()

    def funding_rate(self, funding: FundingRate) -> None:
        self.funding.append(funding)

    def mark_price(self, mark: MarkPrice) -> None:
        self.marks.append(mark)

    def feed_status(self, status: FeedStatus) -> None:
        self.statuses.append(status)
        self.news.tell()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for a state that some report brings about."""
        await self.news.until(is_so)


def best(book: Book) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return best bid and ask as price and quantity texts."""
    bid, ask = book.best_bid(), book.best_ask()
    assert bid is not None
    assert ask is not None
    instrument = book.instrument
    (bid_price, bid_quantity), (ask_price, ask_quantity) = (
        (str(instrument.ticks_to_price(ticks)), f"{instrument.lots_to_quantity(lots):.3f}")
        for ticks, lots in (bid, ask)
    )
    return (bid_price, bid_quantity), (ask_price, ask_quantity)
