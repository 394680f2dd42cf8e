"""The simulated market: every venue moved by one seed, one step at a time."""

import asyncio
import logging
from typing import Final

from numpy.random import Generator

from adapters.exchange_hours import load_market_hours
from adapters.random_streams import stream
from adapters.sim.config import SimConfig, VenueConfig
from adapters.sim.execution import SimExecution
from adapters.sim.fair_price import FairPrices
from adapters.sim.feed import SimFeed
from adapters.sim.history import HistoryBar, minutes_before
from adapters.sim.instruments import STOCK_CALENDAR, Listing, listings
from adapters.sim.sim_book import SimBook
from adapters.sim.sim_venue import SimVenue
from adapters.venue_desk.order_wire import OrderWire
from adapters.venue_store.store import VenueStore, VenueStoreError
from core.ports.clock import Clock
from core.types.instrument import ALWAYS_OPEN, AssetType, InstrumentId, MarketHours

_ANCHORS: Final = "sim"
_ROUNDING_NS: Final = 1_000
_TURNS_A_SLICE: Final = 4  # worked off before other work gets its turn
_MOST_BEHIND_NS: Final = 10_000_000_000  # a longer stall is a pause of the market, not caught up
_log = logging.getLogger(__name__)


class SimMarket:
    """Run all simulated venues; hand out the feed and the execution side of each by venue name.

    The market begins at the first start of any feed or execution side and goes on until `stop`.
    Its flow depends on the seed (and the count of runs in the store) alone.
    """

    def __init__(self, config: SimConfig, clock: Clock, store: VenueStore) -> None:
        self.config = config
        self._clock = clock
        self._store = store
        self._step_s = config.step_ns / 1e9
        self._steps_a_second = max(1, round(1_000_000_000 / config.step_ns))
        self.steps = 0
        self._base_ns = 0
        self._turn = 0
        self._last_at_ns = 0
        self._timer: asyncio.TimerHandle | None = None
        self._stock_hours: asyncio.Task[None] | None = None
        self._started_ns = 0
        self._start_prices: dict[InstrumentId, float] = {}
        self._past: dict[InstrumentId, list[HistoryBar]] = {}
        self._run = store.begin_run()
        self._anchors = store.anchors(_ANCHORS)
        self._fair_prices = FairPrices(stream(config.seed, self._run, "fair"), self._anchors)
        self._venues = {name: SimVenue(name, self._ready) for name in config.venues}
        self._turns = tuple(self._venues.values())
        self._feeds = {name: self._make_feed(name) for name in config.venues}
        self._executions = {name: self._make_execution(name) for name in config.venues}

    def _make_feed(self, name: str) -> SimFeed:
        random, chance = self._stream(f"feed-latency/{name}"), self._stream(f"feed-faults/{name}")
        return SimFeed(self._venues[name], self._clock, self._settings(name), random, chance)

    def _make_execution(self, name: str) -> SimExecution:
        settings = self._settings(name)
        random = self._stream(f"execution/{name}")
        wire = OrderWire(name, self._clock, settings.latency, settings.faults, random)
        return SimExecution(self._venues[name], self._clock, wire, self._store, settings.starting_cash)

    def _stream(self, name: str) -> Generator:
        return stream(self.config.seed, self._run, name)

    def _settings(self, name: str) -> VenueConfig:
        return self.config.venues[name]

    @property
    def venues(self) -> tuple[str, ...]:
        return tuple(self._venues)

    def feed(self, venue: str) -> SimFeed:
        return self._feeds[venue]

    def execution(self, venue: str) -> SimExecution:
        return self._executions[venue]

    def book(self, instrument_id: InstrumentId) -> SimBook:
        """Return the market's own book, for tests and oracles."""
        return self._venues[instrument_id.venue].books[instrument_id.symbol]

    def lists(self, instrument_id: InstrumentId) -> bool:
        """Tell whether the market runs and has this instrument."""
        venue = self._venues.get(instrument_id.venue)
        return venue is not None and instrument_id.symbol in venue.books

    def now_ns(self) -> int:
        return self._clock.utc_ns()

    def history(self, instrument_id: InstrumentId) -> list[HistoryBar]:
        """Return minutes up to now, oldest first: an invented past before the start, then what traded.

        The last minute is the running one. The venue must be ready.
        """
        book = self.book(instrument_id)
        past = self._past.get(instrument_id)
        if past is None:
            past = self._past[instrument_id] = minutes_before(
                book.listing,
                self._started_ns,
                self.config.history_minutes,
                self.config.seed,
                self._run,
                price_now=self._start_prices[instrument_id],
            )
        return past + book.tape.minutes()

    # life ----------------------------------------------------------------------------------------------

    async def _ready(self, venue: str) -> None:
        """Start the market at the first call; a stock venue also waits for its opening hours."""
        if self._timer is None and self._started_ns == 0:
            self._begin()
        listed = self._listings()[venue]
        if any(listing.instrument.asset_type is AssetType.STOCK for listing in listed):
            if self._stock_hours is None:
                self._stock_hours = asyncio.ensure_future(self._open_stocks())
            await asyncio.shield(self._stock_hours)

    def _begin(self) -> None:
        self._started_ns = self._last_at_ns = self._clock.utc_ns()
        for name, listed in self._listings().items():
            self._list(name, [item for item in listed if item.instrument.asset_type is not AssetType.STOCK])
        self._base_ns = self._clock.monotonic_ns() + self.config.step_ns
        self._arm()

    async def _open_stocks(self) -> None:
        hours = ALWAYS_OPEN
        if not self.config.stock_always_open:
            loop = asyncio.get_running_loop()
            hours = await loop.run_in_executor(None, load_market_hours, STOCK_CALENDAR, self._started_ns)
        for name, listed in self._listings(hours).items():
            self._list(name, [item for item in listed if item.instrument.asset_type is AssetType.STOCK])

    def _listings(self, hours: MarketHours = ALWAYS_OPEN) -> dict[str, list[Listing]]:
        symbols = self.config.symbols
        everything = listings(self.config.funding_interval_s, hours)
        return {
            name: [item for item in everything[name] if symbols is None or item.instrument.symbol in symbols]
            for name in self._venues
        }

    def _list(self, venue: str, listed: list[Listing]) -> None:
        for listing in listed:
            book = SimBook(
                listing,
                self._fair_prices,
                self._stream,
                # Public trade ids go on rising over restarts.
                first_trade_id=(self._run << 32) + 1,
                basis_bps=self._anchors.get(_basis_anchor(listing.instrument.id)),
                at_ns=self._started_ns,
            )
            self._venues[venue].books[listing.instrument.symbol] = book
            self._start_prices[listing.instrument.id] = book.local_price

    async def stop(self) -> None:
        """Stop time; prices are kept for the next start."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._save_anchors()
        if self._stock_hours is not None and not self._stock_hours.done():
            self._stock_hours.cancel()

    # time ----------------------------------------------------------------------------------------------

    # Venues take turns within a step: no two move at one instant, and no turn keeps the loop long.

    def _next_due_ns(self) -> int:
        turns = len(self._turns)
        return self._base_ns + self.steps * self.config.step_ns + self._turn * self.config.step_ns // turns

    def _arm(self) -> None:
        delay_ns = max(0, self._next_due_ns() - self._clock.monotonic_ns())
        self._timer = asyncio.get_running_loop().call_later(delay_ns / 1e9, self._advance)

    def _advance(self) -> None:
        """Work off due turns in a bounded slice; what was missed in a long stall never happens."""
        for _ in range(_TURNS_A_SLICE):
            now_ns = self._clock.monotonic_ns()
            late_ns = now_ns - self._next_due_ns()
            if late_ns < -_ROUNDING_NS:
                break
            if late_ns > _MOST_BEHIND_NS:
                missed = late_ns // self.config.step_ns
                self._base_ns += missed * self.config.step_ns
                late_ns -= missed * self.config.step_ns
                _log.warning("simulated market: stalled, %d steps left out", missed)
            self._take_turn(max(self._last_at_ns, self._clock.utc_ns() - max(0, late_ns)))
        self._arm()

    def _take_turn(self, at_ns: int) -> None:
        self._last_at_ns = at_ns
        if self._turn == 0:
            self._fair_prices.advance(self._step_s)
        venue = self._turns[self._turn]
        venue.step(self._step_s, at_ns)
        if self.steps % self._steps_a_second == self._steps_a_second - 1:
            venue.second(at_ns)
        self._turn += 1
        if self._turn == len(self._turns):
            self._turn = 0
            self.steps += 1
            if self.steps % self._steps_a_second == 0:
                self._save_anchors()

    def _save_anchors(self) -> None:
        anchors = dict(self._fair_prices.prices)
        for venue in self._turns:
            for book in venue.books.values():
                anchors[_basis_anchor(book.instrument.id)] = book.basis_bps
        try:
            self._store.save_anchors(_ANCHORS, anchors)
        except VenueStoreError as error:
            _log.warning("price anchors not saved: %s", error)


def _basis_anchor(instrument_id: InstrumentId) -> str:
    return f"basis/{instrument_id}"
