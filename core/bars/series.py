"""The newest bars of one instrument and timeframe, in arrays."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from core.bars.bar import Bar, as_floats
from core.bars.timeframe import Timeframe
from core.types.instrument import Instrument

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DEFAULT_CAPACITY = 2_000

_OPEN_NS, _OPEN, _HIGH, _LOW, _CLOSE, _VOLUME, _BUY, _TRADES, _REVISION, _COMPLETE = range(10)
_COLUMNS = 10
_PRICES = 5  # rows of the float form: open, high, low, close, volume


class BarSeries:
    """Bars sorted by time, at most `capacity`, oldest dropped first.

    Arrays given out are read-only views of what is kept. A view is good until the next `put`; copy what is kept longer.
    """

    def __init__(self, instrument: Instrument, timeframe: Timeframe, capacity: int = DEFAULT_CAPACITY) -> None:
        if capacity < 1:
            raise ValueError(f"a bar series of {capacity} bars is not allowed: at least 1")
        self.instrument = instrument
        self.timeframe = timeframe
        self.capacity = capacity
        # Twice the room: bars are appended in place and moved to the front only once every `capacity` bars.
        self._grid: Ints = np.zeros((_COLUMNS, 2 * capacity), np.int64)
        self._floats: Floats = np.zeros((_PRICES, 2 * capacity), np.float64)
        self._start = 0
        self._end = 0

    def __len__(self) -> int:
        return self._end - self._start

    def put(self, bar: Bar) -> None:
        """Keep a bar: append it, replace the one of the same time, or insert it where it belongs.

        A bar older than everything kept in a full series is dropped; an incomplete bar never replaces a complete one.
        """
        self._check(bar)
        times = self._grid[_OPEN_NS, self._start : self._end]
        place = self._start + int(np.searchsorted(times, bar.open_ns))
        if place < self._end and self._grid[_OPEN_NS, place] == bar.open_ns:
            if bar.is_complete or not self._grid[_COMPLETE, place]:
                self._write(place, bar)
            return
        if place == self._start and len(self) == self.capacity:
            return
        self._write(self._make_room(place), bar)

    def preload(self, history: Iterable[Bar]) -> None:
        """Keep bars of history; those already kept from live trades stay as they are unless incomplete."""
        kept = self.bars()
        for bar in history:
            self.put(bar)
        for bar in kept:
            self.put(bar)

    def last(self) -> Bar | None:
        """Return the newest bar, None without one."""
        return self._read(self._end - 1) if len(self) else None

    def bars(self, count: int | None = None) -> list[Bar]:
        """Return the newest `count` bars (all without a count), oldest first."""
        start = self._start if count is None else max(self._start, self._end - max(count, 0))
        return [self._read(place) for place in range(start, self._end)]

    def open_times_ns(self) -> Ints:
        """Return the bars' start times; shape (bars,)."""
        view = self._grid[_OPEN_NS, self._start : self._end]
        view.flags.writeable = False
        return view

    def columns(self) -> Floats:
        """Return open, high, low, close in money and volume in base units; shape (5, bars)."""
        view = self._floats[:, self._start : self._end]
        view.flags.writeable = False
        return view

    def closes(self) -> Floats:
        """Return the closing prices; shape (bars,)."""
        return self.columns()[3]

    def _check(self, bar: Bar) -> None:
        if bar.instrument_id != self.instrument.id or bar.timeframe is not self.timeframe:
            raise ValueError(
                f"a {bar.timeframe} bar of {bar.instrument_id} does not belong into the {self.timeframe} series "
                f"of {self.instrument.id}"
            )
        if bar.open_ns % self.timeframe.ns:
            raise ValueError(f"a {bar.timeframe} bar of {bar.instrument_id} cannot begin at {bar.open_ns} ns")

    def _make_room(self, place: int) -> int:
        """Open a gap at `place`, dropping the oldest bar of a full series, and return where the gap is."""
        if len(self) == self.capacity:
            self._start += 1
        if self._end == 2 * self.capacity:
            place -= self._start
            self._move_to_front()
        self._grid[:, place + 1 : self._end + 1] = self._grid[:, place : self._end].copy()
        self._floats[:, place + 1 : self._end + 1] = self._floats[:, place : self._end].copy()
        self._end += 1
        return place

    def _move_to_front(self) -> None:
        kept = len(self)
        self._grid[:, :kept] = self._grid[:, self._start : self._end].copy()
        self._floats[:, :kept] = self._floats[:, self._start : self._end].copy()
        self._start, self._end = 0, kept

    def _write(self, place: int, bar: Bar) -> None:
        ticks = (bar.open_ticks, bar.high_ticks, bar.low_ticks, bar.close_ticks)
        self._grid[:, place] = (
            bar.open_ns, *ticks, bar.volume_lots, bar.buy_lots, bar.trade_count, bar.revision, bar.is_complete,
        )  # fmt: skip
        self._floats[:, place] = as_floats(bar, self.instrument)

    def _read(self, place: int) -> Bar:
        cells: list[int] = self._grid[:, place].tolist()
        return Bar(
            instrument_id=self.instrument.id,
            timeframe=self.timeframe,
            open_ns=cells[_OPEN_NS],
            open_ticks=cells[_OPEN],
            high_ticks=cells[_HIGH],
            low_ticks=cells[_LOW],
            close_ticks=cells[_CLOSE],
            volume_lots=cells[_VOLUME],
            buy_lots=cells[_BUY],
            trade_count=cells[_TRADES],
            revision=cells[_REVISION],
            is_complete=bool(cells[_COMPLETE]),
        )
