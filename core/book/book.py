"""The level-2 book of one instrument on its integer grid."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.book import layout
from core.types.instrument import Instrument, InstrumentId
from core.types.order import Side

Ints = NDArray[np.int64]

WINDOW_TICKS: Final = 1 << 16  # covers the busy part of every market seen; what lies beyond is kept sorted
_FIRST_OVERFLOW_LEVELS: Final = 1 << 10
_INTS: Final = np.dtype(np.int64)
_empty = np.empty
_NONE_OWN: Final[Mapping[int, int]] = MappingProxyType({})


class BookState(StrEnum):
    SYNCING = "syncing"  # no snapshot yet
    VALID = "valid"
    INVALID = "invalid"  # gap, bad checksum, crossed: nobody may read prices


_VALID: Final = BookState.VALID
_BID_BEST: Final = layout.BID_HEADER + layout.BEST_KEY
_BID_BEST_LOTS: Final = layout.BID_HEADER + layout.BEST_LOTS
_ASK_BEST: Final = layout.ASK_HEADER + layout.BEST_KEY
_ASK_BEST_LOTS: Final = layout.ASK_HEADER + layout.BEST_LOTS


class Book:
    """Levels, sequence and validity. Stale is a question of age and is asked with `is_fresh`.

    `cells` and `overflow` are laid out as `core.book.layout` says, for compiled code that looks at a VALID book.
    Reading prices of a book that is not VALID gives None or empty arrays: it fails closed.
    """

    def __init__(self, instrument: Instrument, *, window_ticks: int = WINDOW_TICKS) -> None:
        """Make an empty book; `window_ticks` (a multiple of 64) is a matter of speed only."""
        if window_ticks < 64 or window_ticks % 64:
            raise ValueError(f"window_ticks is {window_ticks}, allowed are positive multiples of 64")
        from core.book import kernels  # noqa: PLC0415  # numba costs most of a second: only who makes a book pays it

        self._apply = kernels.apply_batch_entry()
        self._load = kernels.load_batch_entry()
        self._best_levels = kernels.best_levels_entry()
        self._lots_at = kernels.lots_at
        self.instrument = instrument
        self.state = BookState.SYNCING
        self.reason = "no snapshot yet"
        self.sequence = 0
        self.venue_ns = 0
        self.received_ns = 0
        self.cells = np.zeros(layout.CELLS_HEADER_SIZE + 2 * (window_ticks // 64 + window_ticks), _INTS)
        self.cells[layout.WINDOW_TICKS] = window_ticks
        self._header = self.cells[: layout.CELLS_HEADER_SIZE].data
        self.overflow = np.zeros(0, _INTS)
        self._batch = np.zeros(layout.BATCH_HEADER_SIZE, _INTS)
        self._grow_overflow(_FIRST_OVERFLOW_LEVELS)

    @property
    def instrument_id(self) -> InstrumentId:
        return self.instrument.id

    # writing: one snapshot, then deltas; `lots` 0 removes a level --------------------------------

    def apply_snapshot(
        self,
        bid_ticks: Ints,
        bid_lots: Ints,
        ask_ticks: Ints,
        ask_lots: Ints,
        *,
        sequence: int,
        venue_ns: int,
        received_ns: int,
    ) -> None:
        """Replace all levels and become VALID (INVALID where the snapshot itself is crossed)."""
        self.load_batch(self._batch_of(bid_ticks, bid_lots, ask_ticks, ask_lots), sequence, venue_ns, received_ns)

    def load_batch(self, batch: Ints, sequence: int, venue_ns: int, received_ns: int) -> None:
        """Load a snapshot that a compiled decoder left in an array of int64, as `apply_batch` takes a delta."""
        outcome = self._load(self.cells, self.overflow, batch)
        while outcome == layout.NO_ROOM:
            self._grow_overflow(max(batch[layout.BID_COUNT], batch[layout.ASK_COUNT]))
            outcome = self._load(self.cells, self.overflow, batch)
        self.state, self.reason = _VALID, ""
        self.sequence = sequence
        self.venue_ns = venue_ns
        self.received_ns = received_ns
        if outcome:
            self._fail(outcome)

    def apply_delta(
        self,
        bid_ticks: Ints,
        bid_lots: Ints,
        ask_ticks: Ints,
        ask_lots: Ints,
        *,
        sequence: int,
        venue_ns: int,
        received_ns: int,
        most_levels: int = 0,
    ) -> None:
        """Change levels; no effect unless VALID. A crossed top makes the book INVALID at once.

        With `most_levels` only so many of each side, the best ones, are kept afterwards.
        """
        batch = self._batch_of(bid_ticks, bid_lots, ask_ticks, ask_lots)
        batch[layout.MOST_LEVELS] = most_levels
        self.apply_batch(batch, sequence, venue_ns, received_ns)

    def apply_batch(self, batch: Ints, sequence: int, venue_ns: int, received_ns: int) -> None:
        """Apply a delta that a compiled decoder left in an array as `core.book.layout` describes it.

        The array has to be one of int64: its type is looked at by nobody.
        """
        if self.state is not _VALID:
            return
        outcome = self._apply(self.cells, self.overflow, batch)
        while outcome == layout.NO_ROOM:
            self._grow_overflow(self._level_room() + max(batch[layout.BID_COUNT], batch[layout.ASK_COUNT]))
            outcome = self._apply(self.cells, self.overflow, batch)
        self.sequence = sequence
        self.venue_ns = venue_ns
        self.received_ns = received_ns
        if outcome:
            self._fail(outcome)

    def invalidate(self, reason: str, received_ns: int) -> None:
        """Make the book unreadable until the next snapshot."""
        self.state = BookState.INVALID
        self.reason = reason
        self.received_ns = received_ns

    # reading ---------------------------------------------------------------------------------------

    def is_fresh(self, now_ns: int, stale_after_ns: int) -> bool:
        """Tell whether the book is VALID and was written at most `stale_after_ns` ago.

        One from the future is not: the clock was set back, and nobody knows how old it is.
        """
        return self.state is _VALID and 0 <= now_ns - self.received_ns <= stale_after_ns

    def best_bid(self) -> tuple[int, int] | None:
        """Return (ticks, lots) of the best bid, None without one or when not VALID."""
        lots = self._header[_BID_BEST_LOTS]
        return (self._header[_BID_BEST], lots) if lots and self.state is _VALID else None

    def best_ask(self) -> tuple[int, int] | None:
        """Return (ticks, lots) of the best ask, None without one or when not VALID."""
        lots = self._header[_ASK_BEST_LOTS]
        return (-self._header[_ASK_BEST], lots) if lots and self.state is _VALID else None

    def mid(self) -> Decimal | None:
        """Return the middle of the top in money, None unless both sides are there."""
        bid, ask = self.best_bid(), self.best_ask()
        if bid is None or ask is None:
            return None
        return self.instrument.tick_size * (bid[0] + ask[0]) / 2

    def top(self, depth: int) -> tuple[Ints, Ints, Ints, Ints]:
        """Return bid ticks, bid lots, ask ticks, ask lots of the best `depth` levels, best first.

        The arrays belong to the caller; a side with fewer levels gives shorter arrays.
        """
        if self.state is not _VALID:
            depth = 0
        out = _empty((4, depth), _INTS)
        found = self._best_levels(self.cells, self.overflow, out)
        if found == layout.ALL_FOUND:
            return out[0], out[1], out[2], out[3]
        bids, asks = found & 0xFFFFFFFF, found >> 32
        return out[0, :bids], out[1, :bids], out[2, :asks], out[3, :asks]

    def lots_at(self, side: Side, ticks: int) -> int:
        """Return the resting lots at one price of one side (BUY = bids), 0 where there are none."""
        if self.state is not _VALID or not 0 < ticks <= layout.LARGEST_STEPS:
            return 0
        return self._lots_at(self.cells, self.overflow, layout.BIDS if side is Side.BUY else layout.ASKS, ticks)

    def execution_price(self, side: Side, quantity: Decimal) -> Decimal | None:
        """Return the average price a taker of `quantity` would get, None where depth does not suffice."""
        if not (quantity.is_finite() and quantity > 0):
            return None
        wanted = quantity / self.instrument.lot_size
        depth, levels = 32, self._level_count()
        while True:
            price = self._average_price(side, wanted, depth)
            if price is not None or depth >= levels:
                return price
            depth *= 8

    def visible_quantity(self, side: Side, levels: int, own_lots: Mapping[int, int] = _NONE_OWN) -> Decimal:
        """Return what a taker on `side` sees in the best `levels` opposite levels, own lots at their ticks left out."""
        seen = zip(*self._opposite(side, levels), strict=True)
        return self.instrument.lots_to_quantity(sum(max(0, lots - own_lots.get(ticks, 0)) for ticks, lots in seen))

    # inside ----------------------------------------------------------------------------------------

    def _opposite(self, side: Side, depth: int) -> tuple[list[int], list[int]]:
        bid_ticks, bid_lots, ask_ticks, ask_lots = self.top(depth)
        if side is Side.BUY:
            return ask_ticks.tolist(), ask_lots.tolist()
        return bid_ticks.tolist(), bid_lots.tolist()

    def _average_price(self, side: Side, wanted_lots: Decimal, depth: int) -> Decimal | None:
        """Walk `depth` opposite levels in exact integers; the last level may be taken in part."""
        taken, value = 0, 0  # lots, ticks x lots
        for ticks, lots in zip(*self._opposite(side, depth), strict=True):
            if taken + lots >= wanted_lots:
                return self.instrument.tick_size * (value + ticks * (wanted_lots - taken)) / wanted_lots
            taken += lots
            value += ticks * lots
        return None

    def _batch_of(self, bid_ticks: Ints, bid_lots: Ints, ask_ticks: Ints, ask_lots: Ints) -> Ints:
        """Copy four arrays into the one form that the kernels read."""
        bids, asks = len(bid_ticks), len(ask_ticks)
        if len(bid_lots) != bids or len(ask_lots) != asks:
            raise ValueError(f"{self.instrument_id}: prices and lots of a side differ in number")
        for array in (bid_ticks, bid_lots, ask_ticks, ask_lots):
            if array.dtype != _INTS:
                raise TypeError(f"{self.instrument_id}: levels are {array.dtype}, allowed is int64")
        bid_start, ask_start = layout.BATCH_HEADER_SIZE, layout.BATCH_HEADER_SIZE + 2 * bids
        end = ask_start + 2 * asks
        if end > len(self._batch):
            self._batch = np.zeros(2 * end, _INTS)
        batch = self._batch
        batch[:4] = (bids, bid_start, asks, ask_start)
        batch[bid_start:ask_start:2] = bid_ticks
        batch[bid_start + 1 : ask_start : 2] = bid_lots
        batch[ask_start:end:2] = ask_ticks
        batch[ask_start + 1 : end : 2] = ask_lots
        return batch

    def _fail(self, outcome: int) -> None:
        self.state = BookState.INVALID
        if outcome == layout.CROSSED:
            bid, ask = self._header[_BID_BEST], -self._header[_ASK_BEST]
            to_price = self.instrument.ticks_to_price
            self.reason = f"crossed: best bid {to_price(bid)} is not below best ask {to_price(ask)}"
        else:
            self.reason = "a level has a price that is not positive, a negative size, or one beyond 18 digits"

    def _level_count(self) -> int:
        """Return the levels of the longer side."""
        return max(
            self._header[header + layout.WINDOW_COUNT] + self._header[header + layout.OVERFLOW_COUNT]
            for header in (layout.BID_HEADER, layout.ASK_HEADER)
        )

    def _level_room(self) -> int:
        return self._header[layout.OVERFLOW_LEVELS]

    def _grow_overflow(self, levels: int) -> None:
        """Make room for at least `levels` far levels a side and keep those there are."""
        room = self._level_room()
        new_room = max(2 * room, 1 << (int(levels) - 1).bit_length())
        old, self.overflow = self.overflow, np.zeros(4 * new_room, _INTS)
        self.overflow[: 2 * room] = old[: 2 * room]
        self.overflow[2 * new_room : 2 * (new_room + room)] = old[2 * room :]
        self._header[layout.OVERFLOW_LEVELS] = new_room
