"""The market as the engine knows it: instruments, books, tapes, marks, funding and feed states."""

from collections.abc import Callable
from decimal import Decimal

from core.book.book import Book, BookState
from core.ledger.marks import MarkBoard
from core.market.clock_offsets import ClockOffsets
from core.market.day_prices import DayPrices
from core.market.tape import Tape
from core.ports.clock import Clock
from core.risk.volatility import VolatilityBoard
from core.types.instrument import Instrument, InstrumentId
from core.types.market import FeedState, FeedStatus, FundingRate, MarkPrice, Trade


class Market:
    """Take what feeds report (a `MarketSink`) and answer what readers ask. Reads never raise."""

    def __init__(
        self,
        clock: Clock,
        *,
        stale_after_ns: int,
        volatility_window_s: float,
        on_trade: Callable[[Trade], None],
        on_book: Callable[[InstrumentId], None],
    ) -> None:
        self._clock = clock
        self._stale_after_ns = stale_after_ns
        self._on_trade = on_trade
        self._on_book = on_book
        self._on_instrument: Callable[[InstrumentId], object] | None = None
        self._on_feed: Callable[[FeedState | None, FeedStatus], None] | None = None
        self.instruments: dict[InstrumentId, Instrument] = {}
        self.books: dict[InstrumentId, Book] = {}
        self.tapes: dict[InstrumentId, Tape] = {}
        self.funding: dict[InstrumentId, FundingRate] = {}
        self.mark_prices: dict[InstrumentId, MarkPrice] = {}
        self.marks = MarkBoard()
        self.volatility = VolatilityBoard(volatility_window_s)
        self.day_prices = DayPrices()
        self.feeds: dict[str, FeedStatus] = {}
        self._heard_ns: dict[InstrumentId, int] = {}  # by the steady clock: a step of the other makes no book younger
        self._feed_heard_ns: dict[str, int] = {}  # by the steady clock, as all that was heard
        self._funding_heard_ns: dict[InstrumentId, int] = {}
        self._clock_offsets = ClockOffsets()

    def on_instrument(self, callback: Callable[[InstrumentId], object]) -> None:
        """Call back whenever an instrument's rules become known or fresh."""
        self._on_instrument = callback

    def on_feed(self, callback: Callable[[FeedState | None, FeedStatus], None]) -> None:
        """Call back with the state before, None for the first, whenever a feed's state changes."""
        self._on_feed = callback

    # what feeds report ---------------------------------------------------------------------------

    def add_instrument(self, instrument: Instrument) -> Book:
        self.instruments[instrument.id] = instrument
        book = self.books.get(instrument.id)
        if book is None or _grid(book.instrument) != _grid(instrument):
            book = Book(instrument)
            self.books[instrument.id] = book
            self.tapes.pop(instrument.id, None)  # its ticks and lots are those of another grid
        else:
            book.instrument = instrument
        if self._on_instrument is not None:
            self._on_instrument(instrument.id)
        return book

    def book_changed(self, instrument_id: InstrumentId) -> None:
        book = self.books[instrument_id]
        self._heard_ns[instrument_id] = heard_ns = self._steady_ns(book.received_ns)
        if book.state is BookState.VALID:  # one taken back has a time of its own, not the venue's
            self._clock_offsets.note(
                instrument_id.venue, sent_ns=book.venue_ns, received_ns=book.received_ns, steady_ns=heard_ns
            )
        self._on_book(instrument_id)

    def trade(self, trade: Trade) -> None:
        tape = self.tapes.get(trade.instrument_id)
        if tape is None:
            tape = self.tapes[trade.instrument_id] = Tape()
        tape.add(trade)
        self._on_trade(trade)

    def funding_rate(self, funding: FundingRate) -> None:
        self.funding[funding.instrument_id] = funding
        self._funding_heard_ns[funding.instrument_id] = self._steady_ns(funding.received_ns)

    def mark_price(self, mark: MarkPrice) -> None:
        self.mark_prices[mark.instrument_id] = mark
        instrument = self.instruments.get(mark.instrument_id)
        if instrument is not None and not self.is_fresh(mark.instrument_id):
            # Only without a readable book: two sources in turn would make every profit flicker.
            self.marks.set_mark(instrument, Decimal(repr(mark.mark)), self._steady_ns(mark.received_ns))

    def feed_status(self, status: FeedStatus) -> None:
        known = self.feeds.get(status.venue)
        self.feeds[status.venue] = status
        self._feed_heard_ns[status.venue] = self._steady_ns(status.at_ns)
        if status.clock_ahead_ns is not None:
            self._clock_offsets.note(
                status.venue,
                sent_ns=status.at_ns - status.clock_ahead_ns,
                received_ns=status.at_ns,
                steady_ns=self._clock.monotonic_ns(),
            )
        before = None if known is None else known.state
        if before is FeedState.UP and status.state is not FeedState.UP:
            for instrument_id, tape in self.tapes.items():
                if instrument_id.venue == status.venue:
                    tape.cut()
        if before is not status.state and self._on_feed is not None:
            self._on_feed(before, status)

    # what readers ask ----------------------------------------------------------------------------

    def last_trade(self, instrument_id: InstrumentId) -> Trade | None:
        """Return the newest public trade, None before the first."""
        tape = self.tapes.get(instrument_id)
        return None if tape is None else tape.last

    def take_mark(self, instrument_id: InstrumentId) -> Decimal | None:
        """Value the instrument at the middle of its book from now on; return it, None where the book is unreadable."""
        book = self.books.get(instrument_id)
        mid = None if book is None else book.mid()
        heard_ns = self._heard_ns.get(instrument_id)
        if book is not None and mid is not None and heard_ns is not None:
            self.marks.set_mark(book.instrument, mid, heard_ns)
            self.volatility.update(instrument_id, float(mid), heard_ns)
            self.day_prices.note(instrument_id, mid, self._clock.utc_ns())
        return mid

    def volatility_pct(self, instrument_id: InstrumentId) -> float | None:
        """Return the short-term volatility, None while there are too few prices."""
        return self.volatility.percent(instrument_id, self._clock.monotonic_ns())

    def window_price(self, instrument_id: InstrumentId) -> Decimal | None:
        """Return the mean price of the volatility's window, None while there are too few prices."""
        return self.volatility.mean_price(instrument_id, self._clock.monotonic_ns())

    def is_open(self, instrument_id: InstrumentId) -> bool:
        instrument = self.instruments.get(instrument_id)
        return instrument is not None and instrument.market_hours.is_open(self._clock.utc_ns())

    def validity(self, instrument_id: InstrumentId) -> str:
        """Return valid, stale, invalid, syncing or closed, as the screen says it."""
        book = self.books.get(instrument_id)
        if book is None:
            return BookState.SYNCING.value
        if not self.is_open(instrument_id):
            return "closed"
        if book.state is not BookState.VALID:
            return book.state.value
        return "valid" if self.is_fresh(instrument_id) else "stale"

    def is_fresh(self, instrument_id: InstrumentId) -> bool:
        book, age_ns = self.books.get(instrument_id), self.age_ns(instrument_id)
        if book is None or book.state is not BookState.VALID or age_ns is None or age_ns > self._stale_after_ns:
            return False
        feed = self.feeds.get(instrument_id.venue)
        return feed is not None and feed.state is FeedState.UP

    def clock_offset_ms(self, venue: str) -> float | None:
        """Return how far our clock is ahead of a venue's; None where neither its books nor its feed told lately."""
        return self._clock_offsets.offset_ms(venue, self._clock.monotonic_ns())

    def age_ns(self, instrument_id: InstrumentId) -> int | None:
        """Return how long ago the book was heard of, None before the first time."""
        heard_ns = self._heard_ns.get(instrument_id)
        return None if heard_ns is None else self._clock.monotonic_ns() - heard_ns

    def funding_age_ns(self, instrument_id: InstrumentId) -> int | None:
        """Return how long ago the funding rate was heard of, None before the first time."""
        heard_ns = self._funding_heard_ns.get(instrument_id)
        return None if heard_ns is None else self._clock.monotonic_ns() - heard_ns

    def venue_age_ns(self, venue: str) -> int | None:
        """Return how long ago a venue's feed told its state or one of its books, None before the first time."""
        heard_ns = [self._feed_heard_ns.get(venue), *(self._heard_ns.get(key) for key in self.of_venue(venue))]
        newest_ns = max((each for each in heard_ns if each is not None), default=None)
        return None if newest_ns is None else self._clock.monotonic_ns() - newest_ns

    def _steady_ns(self, received_ns: int) -> int:
        """Return when something that is told now came in, by the steady clock."""
        return self._clock.monotonic_ns() - max(0, self._clock.utc_ns() - received_ns)

    def of_venue(self, venue: str) -> list[InstrumentId]:
        return [instrument_id for instrument_id in self.instruments if instrument_id.venue == venue]


def _grid(instrument: Instrument) -> tuple[Decimal, Decimal]:
    return instrument.tick_size, instrument.lot_size
