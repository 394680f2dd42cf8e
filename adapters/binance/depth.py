"""The fast path of Binance's depth: raw message in, identifiers to judge, levels straight into the book.

Compiled code takes only what it knows to the last byte; all else is judged by typed messages, which are never asked
about what the venue sends in its usual form.
"""

from typing import Final

import numpy as np

from adapters.binance import depth_layout as notes
from adapters.binance.depth_objects import DECODED, DepthUpdateReader
from core.book.book import Book
from core.book.layout import BATCH_HEADER_SIZE
from core.book.step_grid import PADDING, grid_of
from core.book.warm_up import EXAMPLE
from core.types.instrument import Instrument

_FIRST_ROOM_BYTES: Final = 1 << 14
_FIRST_UPDATE_ID: Final = notes.FIRST_UPDATE_ID
_PREVIOUS_UPDATE_ID: Final = notes.PREVIOUS_UPDATE_ID
_LAST_UPDATE_ID: Final = notes.LAST_UPDATE_ID
_VENUE_NS: Final = notes.VENUE_NS


class DepthDecoder:
    """Reads the depthUpdate messages of one instrument; holds the last one until it is applied.

    `typed` decides about the messages that compiled code declines. `previous_update_id`, the one before this message
    (futures only), is -1 where the venue sends none; `venue_ns` is when the matching engine changed the book, or on
    spot, which does not say so, when the event was made.
    """

    def __init__(self, instrument: Instrument) -> None:
        """Prepare for an instrument; raise ValueError where its tick, lot or symbol cannot be held."""
        from adapters.binance.depth_kernel import decode_depth_entry  # noqa: PLC0415  # numba: only who decodes pays for it

        symbol = instrument.venue_symbol.upper().encode()
        if not 0 < len(symbol) <= notes.LONGEST_SYMBOL:
            raise ValueError(f"symbol {symbol!r} has {len(symbol)} bytes, allowed are 1 to {notes.LONGEST_SYMBOL}")
        self.instrument = instrument
        self.first_update_id = self.last_update_id = self.previous_update_id = -1
        self.venue_ns = 0
        self._decode = decode_depth_entry()
        header = np.zeros(BATCH_HEADER_SIZE, np.int64)
        header[notes.TICK_MANTISSA : notes.LOT_DECIMALS + 1] = (
            *grid_of(instrument.tick_size, f"tick size of {instrument.id}"),
            *grid_of(instrument.lot_size, f"lot size of {instrument.id}"),
        )
        header[notes.SYMBOL_LENGTH] = len(symbol)
        header[notes.SYMBOL : notes.SYMBOL + len(symbol)] = list(symbol)
        self._batch = header
        self._error = notes.MISSING_KEY
        self.typed = DepthUpdateReader(instrument)
        self._is_typed = False  # typed messages read what compiled code declined
        self._make_room(_FIRST_ROOM_BYTES)

    def decode(self, raw: bytes | memoryview) -> int:
        """Read a message, bare or of a combined stream; return 0, or an error that `describe` puts into words."""
        length = len(raw)
        if length >= self._room:
            self._make_room(2 * length)
        self._text_bytes[:length] = raw
        self._error = error = self._decode(self._text, length, self._batch)
        if error:
            return self._decode_typed(raw, error)
        values = self._notes
        self.first_update_id = values[_FIRST_UPDATE_ID]
        self.last_update_id = values[_LAST_UPDATE_ID]
        self.previous_update_id = values[_PREVIOUS_UPDATE_ID]
        self.venue_ns = values[_VENUE_NS]
        return DECODED

    def apply_to(self, book: Book, received_ns: int) -> None:
        """Apply the message decoded last; one that could not be decoded makes the book INVALID."""
        if self._error:
            if self._is_typed:
                self.typed.apply_to(book, received_ns)
            else:
                book.invalidate(describe(self._error), received_ns)
            return
        book.apply_batch(self._batch, self.last_update_id, self.venue_ns, received_ns)

    def _decode_typed(self, raw: bytes | memoryview, error: int) -> int:
        """Let typed messages decide; where they refuse as well, tell what compiled code stumbled over."""
        typed = self.typed
        self._is_typed = typed.decode(raw) == DECODED
        if not self._is_typed:
            return error
        self.first_update_id, self.last_update_id = typed.first_update_id, typed.last_update_id
        self.previous_update_id, self.venue_ns = typed.previous_update_id, typed.venue_ns
        return DECODED

    def _make_room(self, length: int) -> None:
        """Make room for messages of fewer than `length` bytes; a level takes ten bytes and two integers."""
        self._room = length
        self._text = np.zeros(length + PADDING, np.uint8)
        self._text_bytes = self._text.data
        batch = np.zeros(BATCH_HEADER_SIZE + length // 4, np.int64)
        batch[:BATCH_HEADER_SIZE] = self._batch[:BATCH_HEADER_SIZE]
        self._batch = batch
        self._notes = batch[:BATCH_HEADER_SIZE].data


def describe(error: int) -> str:
    """Return what was wrong with a message."""
    return f"message refused: {notes.ERROR_TEXTS[error]}"


def warm_up() -> None:
    """Compile the decoder on a tiny message; takes seconds without a cache, so call it in a worker thread."""
    decoder = DepthDecoder(EXAMPLE)
    decoder.decode(b'{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":1,"b":[["1.00","1.000"]],"a":[]}')
