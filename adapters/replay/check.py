"""Check a recording against itself: the books built here against the best prices and checksums the venue recorded."""

import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from adapters.binance.grid import Grid
from adapters.binance.wire import BookTicker
from adapters.replay.recorded_venue import PlayedBook
from adapters.replay.venues import recorded_venue
from core.book.book import Book, BookState
from core.book.warm_up import warm_up
from core.types.instrument import Instrument, InstrumentId
from core.types.market import FeedStatus, FundingRate, MarkPrice, Trade
from data.recordings.lines import Progress
from data.recordings.message import TornTail
from data.recordings.reader import read_recording

# how many update ids a ticker and its diff may lie apart in the stream
_REMEMBERED: Final = 4096

Top = tuple[int, int, int, int]  # bid ticks, bid lots, ask ticks, ask lots


class SymbolReport(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to one book; `gaps` are places where the stream did not continue."""

    updates: int
    gaps: int
    resyncs: int
    state: str
    reason: str
    tick_size: str
    lot_size: str


class TopOfBookCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Best prices and sizes compared with the venue's book ticker where both stand at one update id."""

    compared: int
    mismatched: int
    first_mismatch: str | None = None


class ChecksumCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Checksums of the venue compared with those of the books built here, message by message."""

    compared: int
    mismatched: int
    first_mismatch: str | None = None


class Checks(msgspec.Struct, frozen=True):
    top_of_book: TopOfBookCheck
    checksum: ChecksumCheck


class HandlingTime(msgspec.Struct, frozen=True):
    """Wall time of handling one message, in microseconds."""

    p50: float
    p99: float


class CheckReport(msgspec.Struct, frozen=True, kw_only=True):
    """Result of a check; `inferred` tells that tick and lot sizes were guessed from the recorded numbers."""

    venue: str
    messages: int
    trades: int
    malformed: int
    inferred: bool
    symbols: dict[str, SymbolReport]
    checks: Checks
    handling_us: HandlingTime

    @property
    def is_clean(self) -> bool:
        """Tell whether nothing is wrong: no gap, no mismatch, nothing unreadable."""
        gaps = any(symbol.gaps for symbol in self.symbols.values())
        mismatched = self.checks.top_of_book.mismatched + self.checks.checksum.mismatched
        return not (gaps or self.malformed or mismatched)


class _TopOfBookAudit:
    """Compares at equal update ids, whichever of ticker and diff comes first."""

    def __init__(self, instruments: tuple[Instrument, ...]) -> None:
        self.compared = 0
        self.mismatched = 0
        self.first_mismatch: str | None = None
        self._grids = {i.id: (Grid(i.tick_size).steps, Grid(i.lot_size).steps) for i in instruments}
        self._tops: dict[InstrumentId, OrderedDict[int, Top]] = {i.id: OrderedDict() for i in instruments}
        self._tickers: dict[InstrumentId, OrderedDict[int, Top]] = {i.id: OrderedDict() for i in instruments}

    def depth_applied(self, market: PlayedBook) -> None:
        book = market.book
        if book.state is not BookState.VALID:
            return
        bid, ask = book.best_bid(), book.best_ask()
        if bid is None or ask is None:
            return
        self._meet(market.instrument_id, book.sequence, (*bid, *ask), self._tickers, self._tops)

    def book_ticker(self, instrument_id: InstrumentId, ticker: BookTicker) -> None:
        ticks, lots = self._grids[instrument_id]
        top = (ticks(ticker.bid_price), lots(ticker.bid_quantity), ticks(ticker.ask_price), lots(ticker.ask_quantity))
        self._meet(instrument_id, ticker.update_id, top, self._tops, self._tickers)

    def _meet(
        self,
        instrument_id: InstrumentId,
        update_id: int,
        top: Top,
        others: dict[InstrumentId, OrderedDict[int, Top]],
        own: dict[InstrumentId, OrderedDict[int, Top]],
    ) -> None:
        other = others[instrument_id].pop(update_id, None)
        if other is None:
            remembered = own[instrument_id]
            remembered[update_id] = top
            if len(remembered) > _REMEMBERED:
                remembered.popitem(last=False)
            return
        self.compared += 1
        if top != other:
            self.mismatched += 1
            self.first_mismatch = self.first_mismatch or f"{instrument_id} at update {update_id}: {top} against {other}"


class _Audit(_TopOfBookAudit):
    """Counts checksums too."""

    def __init__(self, instruments: tuple[Instrument, ...]) -> None:
        super().__init__(instruments)
        self.checksums = 0
        self.wrong_checksums = 0
        self.first_wrong_checksum: str | None = None

    def checksum_compared(self, instrument_id: InstrumentId, sequence: int, *, is_equal: bool) -> None:
        self.checksums += 1
        if not is_equal:
            self.wrong_checksums += 1
            self.first_wrong_checksum = self.first_wrong_checksum or f"{instrument_id} at book message {sequence}"

    def checks(self) -> Checks:
        return Checks(
            TopOfBookCheck(compared=self.compared, mismatched=self.mismatched, first_mismatch=self.first_mismatch),
            ChecksumCheck(
                compared=self.checksums, mismatched=self.wrong_checksums, first_mismatch=self.first_wrong_checksum
            ),
        )


class _Books:
    """A sink that keeps books and passes trades on."""

    def __init__(self, on_trade: Callable[[Trade], None] | None) -> None:
        self._on_trade = on_trade

    def add_instrument(self, instrument: Instrument) -> Book:
        return Book(instrument)

    def book_changed(self, instrument_id: InstrumentId) -> None: ...

    def trade(self, trade: Trade) -> None:
        if self._on_trade is not None:
            self._on_trade(trade)

    def funding_rate(self, funding: FundingRate) -> None: ...

    def mark_price(self, mark: MarkPrice) -> None: ...

    def feed_status(self, status: FeedStatus) -> None: ...


def check_recording(
    path: Path,
    venue: str,
    *,
    on_trade: Callable[[Trade], None] | None = None,
    torn_tail: TornTail = TornTail.REFUSE,
    progress: Progress | None = None,
    wall_ns: Callable[[], int] = time.perf_counter_ns,
) -> CheckReport:
    """Play a recording through the live handler at full speed and compare its books with what the venue said itself.

    Parameters
    ----------
    on_trade
        Takes every public trade, e.g. to build bars.
    progress
        Called with ``(bytes read, bytes to read)``; the recording is read twice, once for its instruments.
    wall_ns
        Steady time in nanoseconds, for `handling_us` only.

    Raises
    ------
    RecordingError
        The recording is broken; the text names file, line and what was expected.
    """
    warm_up()
    recorded = recorded_venue(venue)
    survey = recorded.survey(path, torn_tail=torn_tail, progress=_half(progress, 0))
    audit = _Audit(survey.instruments)
    market = recorded.market(_Books(on_trade), survey.instruments, audit)
    times_ns: list[int] = []
    for message in read_recording(path, torn_tail=torn_tail, progress=_half(progress, 1)):
        began_ns = wall_ns()
        market.play(message)
        times_ns.append(wall_ns() - began_ns)
    p50, p99 = (round(float(value) / 1000, 3) for value in np.percentile(times_ns, (50, 99)))
    return CheckReport(
        venue=venue,
        messages=len(times_ns),
        trades=market.trades,
        malformed=market.malformed,
        inferred=survey.inferred,
        symbols={symbol.instrument.symbol: _symbol_report(symbol) for symbol in market.symbols.values()},
        checks=audit.checks(),
        handling_us=HandlingTime(p50, p99),
    )


def _half(progress: Progress | None, readings_before: int) -> Progress | None:
    """Make one of two readings count half."""
    if progress is None:
        return None
    return lambda read, total: progress(read + readings_before * total, 2 * total)


def _symbol_report(symbol: PlayedBook) -> SymbolReport:
    return SymbolReport(
        updates=symbol.updates,
        gaps=symbol.gaps,
        resyncs=symbol.resyncs,
        state=symbol.book.state.value,
        reason="" if symbol.book.state is BookState.VALID else symbol.book.reason,
        tick_size=f"{symbol.instrument.tick_size:f}",
        lot_size=f"{symbol.instrument.lot_size:f}",
    )
