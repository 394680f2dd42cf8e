"""Bars of one timeframe from the trades of one instrument.

A trade belongs to the bar of its venue time, whenever it arrives. A bar closes as soon as a trade of a later bar
arrives, or the clock passes its end by `SETTLE_NS`. It stays open to correction for `GRACE_NS` after its end: a
trade that comes late is put in and the bar is given out again with a higher revision. A trade later than that is
dropped and counted. A bar that began before the feed did, or during a gap in it, is not complete. The result does
not depend on the order in which trades arrive within the grace: open and close are the prices of the first and the
last by (venue time, trade id). No trade, no bar.
"""

from collections import deque

from core.bars.bar import Bar
from core.bars.timeframe import Timeframe
from core.types.instrument import InstrumentId
from core.types.market import Trade

GRACE_NS = 60_000_000_000
SETTLE_NS = 500_000_000


class _Accumulator:
    """A bar in the making."""

    __slots__ = (
        "buy_lots", "close_ticks", "first", "high_ticks", "is_complete", "last", "low_ticks", "open_ns", "open_ticks",
        "revision", "trade_count", "volume_lots",
    )  # fmt: skip

    def __init__(self, open_ns: int, trade: Trade, revision: int) -> None:
        self.open_ns = open_ns
        self.revision = revision
        self.is_complete = True
        self.first = self.last = (trade.venue_ns, trade.trade_id)
        self.open_ticks = self.high_ticks = self.low_ticks = self.close_ticks = trade.price_ticks
        self.volume_lots = self.buy_lots = self.trade_count = 0
        self.add(trade)

    def add(self, trade: Trade) -> None:
        ticks, lots = trade.price_ticks, trade.quantity_lots
        place = (trade.venue_ns, trade.trade_id)
        if place >= self.last:
            self.last, self.close_ticks = place, ticks
        elif place < self.first:
            self.first, self.open_ticks = place, ticks
        if ticks > self.high_ticks:
            self.high_ticks = ticks
        elif ticks < self.low_ticks:
            self.low_ticks = ticks
        self.volume_lots += lots
        self.trade_count += 1
        if not trade.buyer_is_maker:
            self.buy_lots += lots


class BarBuilder:
    """Give out bars as they close, and again as they are corrected. Trades come already admitted, each once."""

    def __init__(self, instrument_id: InstrumentId, timeframe: Timeframe, grace_ns: int = GRACE_NS) -> None:
        self.late_dropped = 0
        self.begun_ns: int | None = None  # of the first trade: what was before it is not known from here
        self._instrument_id = instrument_id
        self._timeframe = timeframe
        self._length_ns = timeframe.ns
        self._grace_ns = grace_ns
        self._running: _Accumulator | None = None
        self._closed: deque[_Accumulator] = deque()  # still open to correction, oldest first
        self._watermark_ns = -1  # no bar that ends at or before it can be running
        self._missing_until_ns: int | None = None  # bars that begin before it lack trades; None before the first trade

    def add(self, trade: Trade) -> tuple[Bar, ...]:
        """Take one trade and return the bar that closed or was corrected by it, mostly none."""
        running = self._running
        if self.begun_ns is None:
            self.begun_ns = trade.venue_ns
        if self._missing_until_ns is None:
            self._missing_until_ns = trade.venue_ns
        if running is not None and 0 <= trade.venue_ns - running.open_ns < self._length_ns:
            running.add(trade)
            return ()
        open_ns = trade.venue_ns - trade.venue_ns % self._length_ns
        if open_ns + self._length_ns <= self._watermark_ns or (running is not None and open_ns < running.open_ns):
            return self._correct(open_ns, trade)
        closed = self._close_running()
        self._running = self._begin(open_ns, trade, revision=0)
        self._watermark_ns = max(self._watermark_ns, open_ns)
        return closed

    def advance(self, now_ns: int) -> tuple[Bar, ...]:
        """Take the time and return the bar whose end has passed, if one was running."""
        if self._running is None or now_ns < self._running.open_ns + self._length_ns + SETTLE_NS:
            return ()
        self._watermark_ns = max(self._watermark_ns, now_ns - SETTLE_NS)
        return self._close_running()

    def note_gap(self, resumed_ns: int) -> None:
        """Say that trades before `resumed_ns` may be missing, e.g. after a reconnection."""
        self._missing_until_ns = max(resumed_ns, self._missing_until_ns or 0)
        if self._running is not None:
            self._running.is_complete = False

    def running(self) -> Bar | None:
        """Return the bar in the making, None while there is none."""
        return None if self._running is None else self._bar(self._running)

    def _begin(self, open_ns: int, trade: Trade, revision: int) -> _Accumulator:
        made = _Accumulator(open_ns, trade, revision)
        made.is_complete = self._missing_until_ns is not None and open_ns >= self._missing_until_ns
        return made

    def _close_running(self) -> tuple[Bar, ...]:
        done, self._running = self._running, None
        if done is None:
            return ()
        self._watermark_ns = max(self._watermark_ns, done.open_ns + self._length_ns)
        self._closed.append(done)
        self._forget()
        return (self._bar(done),)

    def _correct(self, open_ns: int, trade: Trade) -> tuple[Bar, ...]:
        if open_ns + self._length_ns + self._grace_ns <= self._watermark_ns:
            self.late_dropped += 1
            return ()
        place = len(self._closed)
        while place and self._closed[place - 1].open_ns > open_ns:
            place -= 1
        if place and self._closed[place - 1].open_ns == open_ns:
            corrected = self._closed[place - 1]
            corrected.add(trade)
            corrected.revision += 1
        else:
            corrected = self._begin(open_ns, trade, revision=1)  # an interval that had seemed empty
            self._closed.insert(place, corrected)
        return (self._bar(corrected),)

    def _forget(self) -> None:
        horizon_ns = self._watermark_ns - self._grace_ns - self._length_ns
        while self._closed and self._closed[0].open_ns <= horizon_ns:
            self._closed.popleft()

    def _bar(self, made: _Accumulator) -> Bar:
        return Bar(
            instrument_id=self._instrument_id,
            timeframe=self._timeframe,
            open_ns=made.open_ns,
            open_ticks=made.open_ticks,
            high_ticks=made.high_ticks,
            low_ticks=made.low_ticks,
            close_ticks=made.close_ticks,
            volume_lots=made.volume_lots,
            buy_lots=made.buy_lots,
            trade_count=made.trade_count,
            revision=made.revision,
            is_complete=made.is_complete,
        )
