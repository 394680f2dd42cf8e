"""Paper trading over somebody else's feed: real books and trades, invented fills, a truth of its own.

Assumptions, beside those of `core.matching.against_book`:

- The book as this process sees it when an order arrives is the book the order meets; it is older than
  the venue's by the feed's latency, while entry and response latency are added on top.
- An order that arrives at a book that is invalid or stale is rejected; one that rests there waits.
- Trades printed while the book is invalid fill nothing; the first valid book after it does.
- Funding is paid on the position held when the feed shows the next interval, at the last rate before.
"""

from decimal import Decimal

from adapters.paper.config import PaperConfig
from adapters.random_streams import stream
from adapters.venue_desk.desk import VenueDesk
from adapters.venue_desk.desk_execution import DeskExecution, limit_ticks, match_kind
from adapters.venue_desk.order_wire import OrderWire
from adapters.venue_store.store import VenueStore
from core.book.book import Book, BookState
from core.matching.against_book import AgainstBook, Filled, PaperEvent
from core.matching.events import Cancelled, Rejected
from core.ports.clock import Clock
from core.types.instrument import Instrument, InstrumentId
from core.types.market import FundingRate, MarkPrice, Trade
from core.types.order import Order, OrderIntent, OrderStatus, Side


class PaperExecution(DeskExecution):
    """Trade on paper at one venue; `MarketTee` feeds it."""

    def __init__(self, venue: str, store: VenueStore, clock: Clock, config: PaperConfig) -> None:
        random = stream(config.seed, 0, f"paper/{venue}")
        super().__init__(venue, clock, OrderWire(venue, clock, config.latency, config.faults, random))
        self._store = store
        self._config = config
        self._books: dict[str, Book] = {}
        self._matchers: dict[str, AgainstBook] = {}
        self._waiting: dict[str, list[int]] = {}  # own orders of an earlier run, until their book is valid
        self._marks: dict[str, Decimal] = {}
        self._funding: dict[str, FundingRate] = {}

    # what the feed says ------------------------------------------------------------------------------------

    def add_instrument(self, instrument: Instrument, book: Book) -> None:
        self._books[instrument.symbol] = book
        self._matchers.setdefault(instrument.symbol, AgainstBook())
        if self._desk is not None:
            self._desk.list_instrument(instrument)

    def on_trade(self, trade: Trade) -> None:
        symbol = trade.instrument_id.symbol
        matcher, book = self._matchers.get(symbol), self._books.get(symbol)
        if matcher is None or book is None or not matcher.has_orders or book.state is not BookState.VALID:
            return
        aggressor = Side.SELL if trade.buyer_is_maker else Side.BUY
        self._book(symbol, matcher.on_trade(trade.price_ticks, trade.quantity_lots, aggressor))

    def on_book(self, instrument_id: InstrumentId) -> None:
        symbol = instrument_id.symbol
        matcher, book = self._matchers.get(symbol), self._books.get(symbol)
        if matcher is None or book is None or book.state is not BookState.VALID:
            return
        if symbol in self._waiting:
            self._place_waiting(symbol, matcher, book)
        if matcher.has_orders:
            self._book(symbol, matcher.on_book(book))

    def on_mark(self, mark: MarkPrice) -> None:
        self._marks[mark.instrument_id.symbol] = Decimal(repr(mark.mark))

    def on_funding(self, funding: FundingRate) -> None:
        symbol = funding.instrument_id.symbol
        last = self._funding.get(symbol)
        self._funding[symbol] = funding
        has_ended = last is not None and last.next_funding_ns < funding.next_funding_ns
        mark = self._mark_of(symbol)
        if last is None or not has_ended or mark is None or self._desk is None:
            return
        at_ns = self._clock.utc_ns()
        self._pay_funding(symbol, mark, last.rate, due_ns=last.next_funding_ns, at_ns=at_ns)

    def _mark_of(self, symbol: str) -> Decimal | None:
        mark = self._marks.get(symbol)
        if mark is not None:
            return mark
        book = self._books.get(symbol)
        return book.mid() if book is not None else None

    # where own orders meet the market ------------------------------------------------------------------------

    async def _open_desk(self) -> VenueDesk:
        instruments = {symbol: book.instrument for symbol, book in self._books.items()}
        return VenueDesk(self.venue, self._store, instruments, self._config.starting_cash, self._mark_of)

    def _rejoin(self, order: Order, at_ns: int) -> None:
        if order.intent.limit_price is None:
            self._take_off(order, OrderStatus.CANCELLED, "a market order does not rest", at_ns)
            return
        self._waiting.setdefault(order.intent.symbol, []).append(self._adopt(order))

    def _place_waiting(self, symbol: str, matcher: AgainstBook, book: Book) -> None:
        for own_id in self._waiting.pop(symbol):
            order = self._own.get(own_id)
            if order is None:
                continue
            quantity = order.remaining_quantity
            if order.intent.reduce_only:
                quantity = min(quantity, abs(self.desk.position(symbol).quantity))
            ticks = limit_ticks(book.instrument, order.intent)
            lots = int(book.instrument.floor_quantity(quantity) / book.instrument.lot_size)
            if ticks is not None and lots:
                matcher.rest(own_id, order.intent.side, ticks, lots, book)

    def _unready(self, symbol: str) -> str | None:
        book = self._books[symbol]
        if book.state is not BookState.VALID:
            return f"book invalid: {book.reason}"
        now_ns = self._clock.utc_ns()
        if not book.is_fresh(now_ns, self._config.stale_after_ns):
            return f"book stale: {(now_ns - book.received_ns) / 1e9:.1f} s old"
        return None

    def _reference_price(self, instrument: Instrument, intent: OrderIntent) -> Decimal | None:
        book = self._books[intent.symbol]
        price = book.execution_price(intent.side, intent.quantity)
        if price is not None:
            return price
        best = book.best_ask() if intent.side is Side.BUY else book.best_bid()
        return None if best is None else instrument.ticks_to_price(best[0])

    def _would_take(self, symbol: str, intent: OrderIntent, ticks: int) -> bool:
        book = self._books[symbol]
        best = book.best_ask() if intent.side is Side.BUY else book.best_bid()
        return best is not None and intent.side.sign * (ticks - best[0]) >= 0

    def _enter(self, own_id: int, order: Order, ticks: int | None, lots: int, at_ns: int) -> None:
        symbol, kind = order.intent.symbol, match_kind(order.intent)
        book = self._books[symbol]
        events = self._matchers[symbol].submit(own_id, order.intent.side, ticks, lots, kind=kind, book=book)
        self._book_events(symbol, events, at_ns)

    def _shrink(self, symbol: str, own_id: int, lots: int) -> None:
        self._matchers[symbol].shrink(own_id, lots)

    def _withdraw(self, symbol: str, own_id: int) -> None:
        waiting, matcher = self._waiting.get(symbol), self._matchers.get(symbol)
        if waiting is not None and own_id in waiting:
            waiting.remove(own_id)
        if matcher is not None:
            matcher.cancel(own_id)

    # bookings --------------------------------------------------------------------------------------------------

    def _book(self, symbol: str, events: list[PaperEvent]) -> None:
        if events:
            at_ns = self._clock.utc_ns()
            self._happened(lambda: self._book_events(symbol, events, at_ns))

    def _book_events(self, symbol: str, events: list[PaperEvent], at_ns: int) -> None:
        for event in events:
            if type(event) is Filled:
                # An own order that this very run of events took off can no longer be filled.
                if event.order_id in self._own:
                    left, liquidity = event.left, event.liquidity
                    self._fill_own(event.order_id, event.ticks, event.lots, left=left, liquidity=liquidity, at_ns=at_ns)
            elif type(event) is Cancelled:
                self._end_own(event.order_id, OrderStatus.CANCELLED, event.reason, at_ns)
            elif type(event) is Rejected:
                self._end_own(event.order_id, OrderStatus.REJECTED, event.reason, at_ns)
        self._drop_unsafe(symbol, at_ns)
