"""A whole engine over one feed, with a strategy that is shown every change of a book, and venues where it trades."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bench.books import Levels
from core.bars.bar import Bar
from core.bars.timeframe import Timeframe
from core.engine.assembly import EnginePorts, assemble
from core.engine.engine import Engine
from core.engine.settings import EngineSettings
from core.io.journal_store import Synchronous
from core.io.order_ids import OrderIds
from core.io.sqlite_journal import SqliteJournal
from core.io.system_clock import SystemClock
from core.io.time_budget import TimeBudget
from core.ports.history import NoHistory
from core.ports.strategy import RunningStrategy, StrategyContext
from core.ports.venue import ExecutionVenue, Feed
from core.risk.limits import RiskLimits
from core.types.instrument import InstrumentId
from core.types.job import JobEnd
from core.types.market import Trade
from core.types.order import Fill, Order

BUDGET_S: Final = 5.0  # of wall time: a busy machine must not end the strategy
SECOND_S: Final = 1.0


class Watcher:
    """A `RunningStrategy` that hands every change of a book on."""

    name = "watcher"
    timeframe = Timeframe.M1
    history_bars = 0
    wants_trades = False
    wants_books = True

    def __init__(self, instruments: tuple[InstrumentId, ...], on_book: Callable[[InstrumentId], None]) -> None:
        self.instruments = instruments
        self._on_book = on_book

    def parameter_texts(self) -> dict[str, str]:
        return {}

    def prepare(self) -> None: ...

    def handle_start(self, ctx: StrategyContext) -> None: ...

    def handle_bar(self, ctx: StrategyContext, bar: Bar) -> None: ...

    def handle_trade(self, ctx: StrategyContext, trade: Trade) -> None: ...

    def handle_book(self, ctx: StrategyContext, instrument_id: InstrumentId) -> None:
        book = ctx.book(instrument_id)
        if book is not None and book.best_bid() is not None:
            self._on_book(instrument_id)

    def handle_fill(self, ctx: StrategyContext, fill: Fill) -> None: ...

    def handle_order(self, ctx: StrategyContext, order: Order) -> None: ...

    def handle_job(self, ctx: StrategyContext, end: JobEnd) -> None: ...

    def handle_stop(self, ctx: StrategyContext) -> None: ...


class WatchingEngine:
    """Tells `on_book` the symbol and the sequence of each book that a strategy is shown."""

    def __init__(
        self,
        feed: Feed,
        symbols: list[str],
        folder: Path,
        on_book: Callable[[str, int], None],
        *,
        executions: Sequence[ExecutionVenue] = (),
        others: Sequence[RunningStrategy] = (),
        limits: RiskLimits | None = None,
    ) -> None:
        folder.mkdir(exist_ok=True)
        self._others = others
        self._on_book = on_book
        self._instruments = {symbol: InstrumentId(feed.venue, symbol) for symbol in symbols}
        self._journal = SqliteJournal(folder / "journal.sqlite", Synchronous.FULL)
        self._engine = assemble(
            EngineSettings(version="bench", limits=limits or RiskLimits()),
            EnginePorts(
                clock=SystemClock(),
                journal=self._journal,
                make_ids=OrderIds,
                history=NoHistory(),
                budget=TimeBudget(BUDGET_S),
                run_blocking=_at_once,
                call_soon=asyncio.get_running_loop().call_soon,
                feeds=lambda: [feed],
                executions=lambda: list(executions),
                make_strategy=_no_other,
            ),
        )

        self._books = self._engine.parts.market.books

    async def start(self) -> None:
        await self._engine.connect()
        self._seconds = asyncio.ensure_future(self._every_second())
        await self._engine.trade([Watcher(tuple(self._instruments.values()), self._note), *self._others])

    async def stop(self) -> None:
        self._seconds.cancel()
        await self._engine.stop("done", cancel_orders=False)
        await self._journal.close()

    @property
    def access(self) -> Engine:
        """Return the engine itself, as front ends reach it."""
        return self._engine

    @property
    def last_words(self) -> str:
        """Return what the engine said last, for a run that went wrong."""
        return "; ".join(line.text for line in list(self._engine.parts.log.lines)[-3:])

    def top(self, symbol: str, depth: int) -> tuple[Levels, Levels]:
        book = self._books[self._instruments[symbol]]
        bid_ticks, bid_lots, ask_ticks, ask_lots = (column.tolist() for column in book.top(depth))
        price, size = book.instrument.ticks_to_price, book.instrument.lots_to_quantity
        return (
            [(price(ticks), size(lots)) for ticks, lots in zip(bid_ticks, bid_lots, strict=True)],
            [(price(ticks), size(lots)) for ticks, lots in zip(ask_ticks, ask_lots, strict=True)],
        )

    def _note(self, instrument_id: InstrumentId) -> None:
        self._on_book(instrument_id.symbol, self._books[instrument_id].sequence)

    async def _every_second(self) -> None:
        while True:
            await asyncio.sleep(SECOND_S)
            self._engine.second()


async def _at_once(work: Callable[[], None]) -> None:
    work()


def _no_other(name: str, parameters: dict[str, str]) -> RunningStrategy:
    raise ValueError(f"there is no strategy {name!r} with {parameters}")
