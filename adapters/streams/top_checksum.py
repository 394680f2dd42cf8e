"""The checksum of a book's best levels, counted by compiled code."""

import numpy as np

from adapters.streams import checksum_layout as layout
from core.book.book import Book
from core.book.step_grid import grid_of
from core.types.instrument import Instrument


class TopChecksum:
    """Counts CRC-32 of the best `depth` levels a side.

    Written are bare counts of ticks and lots, asks before bids; or with `is_alternating` decimals without needless
    zeros, bid and ask in turn, with colons between.
    """

    def __init__(self, instrument: Instrument, depth: int, *, is_alternating: bool) -> None:
        from adapters.streams.checksum_kernel import top_checksum_entry  # noqa: PLC0415  # numba: only who counts pays for it

        self._reader = top_checksum_entry()
        self._out = np.zeros((5, max(depth, layout.FORM_SIZE)), np.int64)
        self._text = np.zeros(2 * depth * layout.LEVEL_BYTES, np.uint8)
        self._out[0, : layout.FORM_SIZE] = (
            depth,
            int(is_alternating),
            *grid_of(instrument.tick_size, f"tick size of {instrument.id}"),
            *grid_of(instrument.lot_size, f"lot size of {instrument.id}"),
        )

    def of(self, book: Book) -> int:
        """Return the checksum of a VALID book."""
        return self._reader(book.cells, book.overflow, self._out, self._text)
