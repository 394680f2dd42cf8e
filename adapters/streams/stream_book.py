"""One symbol's book as its venue's stream keeps it, and what happened to it."""

from collections.abc import Callable
from typing import Final

import numpy as np

from adapters.streams.message_reader import MessageReader
from core.book.book import Book, BookState, Ints
from core.book.layout import MOST_LEVELS
from core.types.instrument import Instrument, InstrumentId

Levels = tuple[Ints, Ints]  # ticks, lots
_VALID: Final = BookState.VALID  # looked up once: a member of an enum costs as much as a call
NO_LEVELS: Final[Levels] = (np.empty(0, np.int64), np.empty(0, np.int64))


class StreamBook:
    """A book that begins with a snapshot on the stream; whatever breaks it makes it unreadable until the next one.

    Parameters
    ----------
    resync
        Called with the venue's symbol, once for each time the book needs a new snapshot.
    depth
        Levels a side that the venue keeps up to date; what falls behind them is dropped. None: all.
    """

    def __init__(
        self, instrument: Instrument, book: Book, *, resync: Callable[[str], None], depth: int | None = None
    ) -> None:
        self.instrument = instrument
        self.instrument_id: InstrumentId = instrument.id
        self.book = book
        self.depth = depth
        self.updates = 0
        self.gaps = 0  # places where the stream did not continue
        self.resyncs = 0  # snapshots after the first
        self.damaged = 0
        self.latency_ns: int | None = None
        self.last_ns = 0  # of the last message that the book took
        self._resync = resync
        self.is_live = False  # whether the stream continues what the book holds
        self._was_live = False

    def load(self, bids: Levels, asks: Levels, *, sequence: int, venue_ns: int, received_ns: int) -> None:
        """Replace the book by a snapshot."""
        self.updates += 1
        self.resyncs += self._was_live
        self.is_live = self._was_live = True
        self.book.apply_snapshot(*bids, *asks, sequence=sequence, venue_ns=venue_ns, received_ns=received_ns)
        self._took(venue_ns, received_ns)

    def change(self, bids: Levels, asks: Levels, *, sequence: int, venue_ns: int, received_ns: int) -> None:
        """Apply a change; one of a book that waits for its snapshot has no effect."""
        self.updates += 1
        if not self.is_live:
            return
        self.book.apply_delta(
            *bids, *asks,
            sequence=sequence, venue_ns=venue_ns, received_ns=received_ns, most_levels=self.depth or 0,
        )  # fmt: skip
        self._took(venue_ns, received_ns)

    def change_by(self, reader: MessageReader, sequence: int, venue_ns: int, received_ns: int) -> None:
        """Apply a change that a compiled reader holds, as `change` does, by the shortest way."""
        self.updates += 1
        if not self.is_live:
            return
        book = self.book
        reader.notes[MOST_LEVELS] = self.depth or 0
        book.apply_batch(reader.batch, sequence, venue_ns, received_ns)
        self.last_ns = received_ns
        if venue_ns:
            self.latency_ns = received_ns - venue_ns
        if book.state is not _VALID:
            self.damage(book.reason, received_ns)

    def gap(self, reason: str, received_ns: int) -> None:
        """Make the book unreadable because the stream left something out."""
        self.gaps += 1
        self._fail(reason, received_ns)

    def damage(self, reason: str, received_ns: int) -> None:
        """Make the book unreadable because of what the venue sent: unreadable, off the grid, another checksum."""
        self.damaged += 1
        self._fail(reason, received_ns)

    def forget(self, reason: str, received_ns: int) -> None:
        """Make the book unreadable, as after a lost connection: the next one brings a snapshot by itself."""
        self.is_live = False
        self.book.invalidate(reason, received_ns)

    def _took(self, venue_ns: int, received_ns: int) -> None:
        self.last_ns = received_ns
        if venue_ns:
            self.latency_ns = received_ns - venue_ns
        if self.book.state is not _VALID:
            self.damage(self.book.reason, received_ns)

    def _fail(self, reason: str, received_ns: int) -> None:
        was_live = self.is_live
        self.forget(reason, received_ns)
        if was_live:
            self._resync(self.instrument.venue_symbol)
