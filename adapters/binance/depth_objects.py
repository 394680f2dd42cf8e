"""Depth messages as objects: levels from the typed message onto the book's grid.

`adapters.binance.depth` reads most diffs with compiled code and asks `DepthUpdateReader` about all others.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from adapters.binance.grid import Grid, GridError
from adapters.binance.wire import (
    DepthSnapshot,
    DepthUpdate,
    Level,
    decode_depth_envelope,
    decode_depth_snapshot,
    decode_depth_update,
)
from adapters.streams.market_data import UNREADABLE
from core.book.book import Book, Ints
from core.book.layout import LARGEST_STEPS
from core.types.instrument import Instrument

DECODED: Final = 0
MALFORMED: Final = 1
OFF_GRID: Final = 2
ELSEWHERE: Final = 3
NS_PER_MS: Final = 1_000_000


class LevelGrid:
    """Converts prices and quantities of one instrument to arrays of ticks and lots."""

    def __init__(self, instrument: Instrument) -> None:
        self.ticks = Grid(instrument.tick_size).steps
        self.lots = Grid(instrument.lot_size).steps

    def arrays(self, levels: Sequence[Level]) -> tuple[Ints, Ints]:
        """Return ticks and lots; raise GridError for a level off the grid, at no price or beyond 18 digits."""
        ticks = [self.ticks(level.price) for level in levels]
        lots = [self.lots(level.quantity) for level in levels]
        if levels and (min(ticks) <= 0 or max(ticks) > LARGEST_STEPS or max(lots) > LARGEST_STEPS):
            raise GridError("a level has no price or is beyond 18 digits")
        return np.array(ticks, dtype=np.int64), np.array(lots, dtype=np.int64)


class DepthUpdateReader:
    """Reads diffs of one instrument; ids first, so that the synchroniser can judge before levels are applied."""

    def __init__(self, instrument: Instrument) -> None:
        self._grid = LevelGrid(instrument)
        self._symbol = instrument.venue_symbol.upper()
        self._bids = self._asks = self._grid.arrays(())
        self.first_update_id = -1
        self.last_update_id = -1
        self.previous_update_id = -1
        self.venue_ns = 0

    def decode(self, raw: bytes | memoryview) -> int:
        """Read one message, combined or bare; return DECODED, MALFORMED, OFF_GRID, or ELSEWHERE for no diff of it."""
        try:
            update = _decode(raw)
            if update.event != "depthUpdate" or update.symbol != self._symbol:
                return ELSEWHERE
            self._bids = self._grid.arrays(update.bids)
            self._asks = self._grid.arrays(update.asks)
        except GridError:
            return OFF_GRID
        except UNREADABLE:
            return MALFORMED
        self.first_update_id = update.first_update_id
        self.last_update_id = update.last_update_id
        self.previous_update_id = update.previous_update_id
        self.venue_ns = (update.event_ms if update.transaction_ms is None else update.transaction_ms) * NS_PER_MS
        return DECODED

    def apply_to(self, book: Book, received_ns: int) -> None:
        """Apply the levels of the message decoded last."""
        book.apply_delta(
            *self._bids, *self._asks,
            sequence=self.last_update_id, venue_ns=self.venue_ns, received_ns=received_ns,
        )  # fmt: skip


class SnapshotReader:
    """Reads REST snapshots of one instrument."""

    def __init__(self, instrument: Instrument) -> None:
        self._grid = LevelGrid(instrument)

    def read(self, raw: bytes) -> DepthSnapshot:
        """Decode; raise msgspec.DecodeError for anything that is no snapshot."""
        return decode_depth_snapshot(raw)

    def apply_to(self, book: Book, snapshot: DepthSnapshot, received_ns: int) -> None:
        """Replace the book; raise GridError where a level is off the grid."""
        book.apply_snapshot(
            *self._grid.arrays(snapshot.bids), *self._grid.arrays(snapshot.asks),
            sequence=snapshot.last_update_id, venue_ns=snapshot.event_ms * NS_PER_MS, received_ns=received_ns,
        )  # fmt: skip


def _decode(raw: bytes | memoryview) -> DepthUpdate:
    try:
        return decode_depth_envelope(raw).data
    except msgspec.ValidationError:  # bare
        return decode_depth_update(raw)
