"""Reads one instrument's book messages with compiled code; what that does not understand is read by somebody else."""

from typing import Final

import numpy as np

from adapters.streams import message_layout as codes
from adapters.streams.message_grammar import Object, can_be_text, program_of
from core.book.layout import BATCH_HEADER_SIZE
from core.book.step_grid import PADDING, grid_of
from core.types.instrument import Instrument

_READ: Final = codes.READ
_FIRST_ROOM_BYTES: Final = 1 << 13
_LONGEST_BYTES: Final = 1 << 18  # what is longer is a snapshot, or nothing that comes often


class MessageReader:
    """Holds the message read last: its levels in `batch`, what else it says in `notes`.

    Parameters
    ----------
    grammar
        The shape of the messages, the venue's name of the instrument included.
    """

    def __init__(self, instrument: Instrument, grammar: Object, *, is_uncrossed: bool = False) -> None:
        """Prepare for an instrument; raise ValueError where its tick or lot cannot be held."""
        from adapters.streams.message_kernel import read_message_entry  # noqa: PLC0415  # numba: only who reads pays for it

        self._read = read_message_entry()
        self._program = program_of(grammar, is_uncrossed=is_uncrossed)
        header = np.zeros(BATCH_HEADER_SIZE, np.int64)
        header[codes.TICK_MANTISSA : codes.LOT_DECIMALS + 1] = (
            *grid_of(instrument.tick_size, f"tick size of {instrument.id}"),
            *grid_of(instrument.lot_size, f"lot size of {instrument.id}"),
        )
        self.batch = header
        self._make_room(_FIRST_ROOM_BYTES)

    def read(self, raw: bytes) -> bool:
        """Read a message; return False, with nothing to be used, for one that is not understood whole."""
        length = len(raw)
        if length >= self._room:
            if length > _LONGEST_BYTES:
                return False
            self._make_room(2 * length)
        self._text_bytes[:length] = raw
        return self._read(self._text, length, self.batch, self._program) == _READ

    def _make_room(self, length: int) -> None:
        """Make room for messages of fewer than `length` bytes; a level takes ten bytes and two integers."""
        self._room = length
        self._text = np.zeros(length + PADDING, np.uint8)
        self._text_bytes = self._text.data
        side = length // 4
        batch = np.zeros(BATCH_HEADER_SIZE + 2 * side, np.int64)
        batch[:BATCH_HEADER_SIZE] = self.batch[:BATCH_HEADER_SIZE]
        batch[codes.ASK_ROOM] = BATCH_HEADER_SIZE + side
        self.batch = batch
        self.notes = batch[:BATCH_HEADER_SIZE].data


def reader_of(instrument: Instrument, grammar: Object, *, is_uncrossed: bool = False) -> MessageReader | None:
    """Return a reader, None for an instrument whose name or grid compiled code cannot hold: it is read otherwise."""
    if not can_be_text(instrument.venue_symbol):
        return None
    try:
        return MessageReader(instrument, grammar, is_uncrossed=is_uncrossed)
    except ValueError:
        return None
