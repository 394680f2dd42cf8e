"""One simulated venue: its books, and who is told when they move."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

from adapters.sim.sim_book import SimBook
from core.matching.events import MatchEvent

StepListener = Callable[[int], None]
EventListener = Callable[[SimBook, list[MatchEvent], int], None]


class SimVenue:
    """Hold the books of one venue; feed and execution hang themselves in as listeners."""

    def __init__(self, venue: str, ready: Callable[[str], Awaitable[None]]) -> None:
        self.venue = venue
        self.books: dict[str, SimBook] = {}
        self.on_step: StepListener | None = None
        self.on_second: StepListener | None = None
        self.on_events: EventListener | None = None
        self.on_funding: Callable[[str, Decimal, float, int, int], None] | None = None
        self._ready = ready

    async def ready(self) -> None:
        """Wait until the market runs and this venue's instruments are known."""
        await self._ready(self.venue)

    def is_open(self, at_ns: int) -> bool:
        return any(book.instrument.market_hours.is_open(at_ns) for book in self.books.values())

    def step(self, step_s: float, at_ns: int) -> None:
        """Advance every book by one step and tell feed and execution."""
        for book in self.books.values():
            events = book.step(step_s, at_ns, is_open=book.instrument.market_hours.is_open(at_ns))
            if events and self.on_events is not None:
                self.on_events(book, events, at_ns)
        if self.on_step is not None:
            self.on_step(at_ns)

    def second(self, at_ns: int) -> None:
        """Do what is due once a second: funding and marks."""
        for symbol, book in self.books.items():
            book.sample_funding(1.0)
            settled = book.funding.settle(at_ns) if book.funding else None
            if settled is not None and self.on_funding is not None:
                due_ns, rate = settled
                mark = self.mark(symbol)
                assert mark is not None
                self.on_funding(symbol, mark, rate, due_ns, at_ns)
        if self.on_second is not None:
            self.on_second(at_ns)

    def mark(self, symbol: str) -> Decimal | None:
        """Return the price positions are valued at: the mark of a perpetual, else the middle of the book."""
        book = self.books.get(symbol)
        if book is None:
            return None
        value = book.funding.mark if book.funding else book.mid()
        return None if value is None else Decimal(repr(round(value, 6)))
