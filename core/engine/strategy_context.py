"""What one running strategy can reach: its own positions and orders, readable books, a queue for its wishes."""

from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from core.bars.timeframe import Timeframe
from core.engine.bar_store import BarStore
from core.engine.fold import EngineFold
from core.market.market import Market
from core.ports.strategy import BarReader, BookReader
from core.types.instrument import Instrument, InstrumentId
from core.types.job import JobProposal
from core.types.order import Order
from core.types.signal import Signal

MAX_QUEUED: Final = 100


class QueuedSignal(msgspec.Struct, frozen=True):
    client_order_id: str
    signal: Signal


class QueuedCancel(msgspec.Struct, frozen=True):
    client_order_id: str


class QueuedAmend(msgspec.Struct, frozen=True):
    client_order_id: str
    limit_price: Decimal | None
    quantity: Decimal | None


class QueuedJob(msgspec.Struct, frozen=True):
    job_id: str
    proposal: JobProposal


class EngineContext:
    """A `StrategyContext`. Submitting only enqueues: the engine works the queue off after the callback."""

    def __init__(
        self,
        *,
        source: str,
        watched: tuple[tuple[InstrumentId, Timeframe], ...],
        fold: EngineFold,
        market: Market,
        bars: BarStore,
        next_order_id: Callable[[], str],
        live_jobs: Callable[[], int],
        now_ns: Callable[[], int],
        log: Callable[[str], None],
    ) -> None:
        self._source = source
        self._watched = watched
        self._fold = fold
        self._market = market
        self._bars = bars
        self._next_order_id = next_order_id
        self._live_jobs = live_jobs
        self._now_ns = now_ns
        self._log = log
        self.queue: deque[QueuedSignal | QueuedCancel | QueuedAmend | QueuedJob] = deque()
        self.is_open = True

    @property
    def now_ns(self) -> int:
        return self._now_ns()

    def instrument(self, instrument_id: InstrumentId) -> Instrument | None:
        return self._market.instruments.get(instrument_id)

    def usd_per_quote(self, instrument_id: InstrumentId) -> Decimal | None:
        instrument = self._market.instruments.get(instrument_id)
        rate = None if instrument is None else self._market.marks.asset_usd(instrument.venue, instrument.quote)
        return None if rate is None else rate.price

    def book(self, instrument_id: InstrumentId) -> BookReader | None:
        return self._market.books[instrument_id] if self._market.is_fresh(instrument_id) else None

    def bars(self, instrument_id: InstrumentId, timeframe: Timeframe) -> BarReader | None:
        if (instrument_id, timeframe) not in self._watched:
            return None
        return self._bars.series(instrument_id, timeframe)

    def position(self, instrument_id: InstrumentId) -> Decimal:
        position = self._fold.source_positions.of(self._source, instrument_id)
        return Decimal(0) if position is None else position.quantity

    def entry_price(self, instrument_id: InstrumentId) -> Decimal | None:
        position = self._fold.source_positions.of(self._source, instrument_id)
        return None if position is None else position.average_price(Decimal(1))

    def open_orders(self, instrument_id: InstrumentId) -> Sequence[Order]:
        return [order for order in self._fold.orders.live(instrument_id) if order.intent.source == self._source]

    def submit(self, signal: Signal) -> str | None:
        if not self.is_open or len(self.queue) >= MAX_QUEUED:
            return None
        client_order_id = self._next_order_id()
        self.queue.append(QueuedSignal(client_order_id, signal))
        return client_order_id

    def cancel(self, client_order_id: str) -> None:
        order = self._fold.orders.get(client_order_id)
        if self.is_open and order is not None and order.intent.source == self._source:
            self.queue.append(QueuedCancel(client_order_id))

    def amend(
        self, client_order_id: str, *, limit_price: Decimal | None = None, quantity: Decimal | None = None
    ) -> None:
        order = self._fold.orders.get(client_order_id)
        is_own = order is not None and order.intent.source == self._source
        if self.is_open and is_own and len(self.queue) < MAX_QUEUED:
            self.queue.append(QueuedAmend(client_order_id, limit_price, quantity))

    def submit_job(self, proposal: JobProposal) -> str | None:
        if not self.is_open or len(self.queue) >= MAX_QUEUED:
            return None
        job_id = f"job-{self._next_order_id()}"
        self.queue.append(QueuedJob(job_id, proposal))
        return job_id

    def open_jobs(self) -> int:
        return self._live_jobs() + sum(isinstance(wish, QueuedJob) for wish in self.queue)

    def log(self, text: str) -> None:
        self._log(text)
