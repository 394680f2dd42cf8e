"""What the engine asks of a running strategy, and what it offers one.

The engine calls `prepare` once in a worker thread, then `handle_start`, then the other handlers in the order of events,
all within the strategy's time budget, and `handle_stop` at the end. A handler never blocks and never touches the wire:
it reads through the context and enqueues.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.bars.bar import Bar
from core.bars.timeframe import Timeframe
from core.types.instrument import Instrument, InstrumentId
from core.types.job import JobEnd, JobProposal
from core.types.market import Trade
from core.types.order import Fill, Order, Side
from core.types.signal import Signal

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class BookReader(Protocol):
    """The reading half of `core.book.book.Book`."""

    @property
    def received_ns(self) -> int: ...

    def best_bid(self) -> tuple[int, int] | None: ...

    def best_ask(self) -> tuple[int, int] | None: ...

    def mid(self) -> Decimal | None: ...

    def top(self, depth: int) -> tuple[Ints, Ints, Ints, Ints]: ...

    def lots_at(self, side: Side, ticks: int) -> int: ...

    def execution_price(self, side: Side, quantity: Decimal) -> Decimal | None: ...

    def visible_quantity(self, side: Side, levels: int) -> Decimal: ...


class BarReader(Protocol):
    """The reading half of `core.bars.series.BarSeries`: closed bars, oldest first."""

    def __len__(self) -> int: ...

    def last(self) -> Bar | None: ...

    def bars(self, count: int | None = None) -> list[Bar]: ...

    def open_times_ns(self) -> Ints: ...

    def columns(self) -> Floats: ...

    def closes(self) -> Floats: ...


class StrategyOrders(Protocol):
    """The orders and positions a strategy sees: its own, and nobody else's."""

    def position(self, instrument_id: InstrumentId) -> Decimal:
        """Return the signed position from fills of the strategy's orders and jobs, 0 where there is none."""
        ...

    def entry_price(self, instrument_id: InstrumentId) -> Decimal | None:
        """Return the average cost of the position, None where there is none or it is unknown."""
        ...

    def open_orders(self, instrument_id: InstrumentId) -> Sequence[Order]:
        """Return own orders that may still change the position.

        That is in-doubt ones too, and those reported filled whose fills have not come.
        """
        ...

    def submit(self, signal: Signal) -> str | None:
        """Enqueue a signal and return the client order id, None where it is not taken (stopped, queue full).

        The queue is worked off before the next event: by then the order is among `open_orders`, or has ended.
        Each id returned comes back in `handle_order` with a final status; what risk refuses comes back REJECTED.
        """
        ...

    def cancel(self, client_order_id: str) -> None:
        """Enqueue the cancel of an own order; no effect on a final or unknown one."""
        ...

    def amend(
        self, client_order_id: str, *, limit_price: Decimal | None = None, quantity: Decimal | None = None
    ) -> None:
        """Enqueue another price, another total quantity, or both, for an own limit order that rests.

        It passes the risk gate. `handle_order` tells when it is settled: the order's intent holds the terms that
        hold then. Where the venue cannot amend, the order is cancelled and another one, whose intent says `replaces`,
        is sent for what is left.
        """
        ...


class StrategyContext(StrategyOrders, Protocol):
    """Everything a strategy can reach."""

    @property
    def now_ns(self) -> int:
        """Return the time of the event being handled, UTC."""
        ...

    def instrument(self, instrument_id: InstrumentId) -> Instrument | None: ...

    def usd_per_quote(self, instrument_id: InstrumentId) -> Decimal | None:
        """Return what one unit of the instrument's quote currency is worth in US dollars, None where unknown."""
        ...

    def book(self, instrument_id: InstrumentId) -> BookReader | None:
        """Return the book while it is valid and fresh, None otherwise."""
        ...

    def bars(self, instrument_id: InstrumentId, timeframe: Timeframe) -> BarReader | None:
        """Return closed bars, None for what the strategy did not declare."""
        ...

    def submit_job(self, proposal: JobProposal) -> str | None:
        """Enqueue a job and return its id, None where it is not taken (stopped, queue full).

        Each id returned comes back in `handle_job`, whether the job started or not.
        """
        ...

    def open_jobs(self) -> int:
        """Return how many own jobs wait or run, those just enqueued included."""
        ...

    def log(self, text: str) -> None:
        """Write a line into the engine's log under the strategy's name."""
        ...


class RunningStrategy(Protocol):
    """A strategy with its parameters, as the engine drives it."""

    @property
    def name(self) -> str: ...

    @property
    def instruments(self) -> tuple[InstrumentId, ...]: ...

    @property
    def timeframe(self) -> Timeframe: ...

    @property
    def history_bars(self) -> int:
        """Return how many closed bars the context's series should hold before `handle_start`."""
        ...

    @property
    def wants_trades(self) -> bool: ...

    @property
    def wants_books(self) -> bool: ...

    def parameter_texts(self) -> dict[str, str]: ...

    def prepare(self) -> None:
        """Import and compile what is needed; takes seconds, called in a worker thread."""
        ...

    def handle_start(self, ctx: StrategyContext) -> None: ...

    def handle_bar(self, ctx: StrategyContext, bar: Bar) -> None:
        """Take a bar that closed, or one given out again with a higher revision; it is in the series already."""
        ...

    def handle_trade(self, ctx: StrategyContext, trade: Trade) -> None: ...

    def handle_book(self, ctx: StrategyContext, instrument_id: InstrumentId) -> None: ...

    def handle_fill(self, ctx: StrategyContext, fill: Fill) -> None:
        """Take a fill of an own order; the context's position includes it already."""
        ...

    def handle_order(self, ctx: StrategyContext, order: Order) -> None:
        """Take a changed own order; a final status may come before the last fill."""
        ...

    def handle_job(self, ctx: StrategyContext, end: JobEnd) -> None:
        """Take the end of an own job; the context's positions include its legs already."""
        ...

    def handle_stop(self, ctx: StrategyContext) -> None: ...
