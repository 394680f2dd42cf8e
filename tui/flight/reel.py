"""A recorded session as one row of entries, unpacked block by block as they are needed."""

from bisect import bisect_right
from collections import OrderedDict
from itertools import accumulate
from typing import Final

from tui.flight.entries import Answered, Entry, Mark, MouseDone, Resized, ScreenKept
from tui.flight.session_form import Session, SessionFileError, read_entries

_UNPACKED_BLOCKS: Final = 6
_SETTLING_NS: Final = 1_000_000_000


class Reel:
    """Entries by number, from 0; `len` is how many there are."""

    def __init__(self, session: Session) -> None:
        if not session.blocks:
            raise SessionFileError(f"{session.path}: nothing was recorded before it ended")
        self.session = session
        self._first = [0, *accumulate(block.head.entries for block in session.blocks)]
        self._starts_ns = [block.head.first_ns for block in session.blocks]
        self._beginnings = [index for index, block in enumerate(session.blocks) if block.head.can_begin]
        self.marks: list[Mark] = sorted(
            (mark for block in session.blocks for mark in block.head.marks), key=lambda mark: mark.at_ns
        )
        self._unpacked: OrderedDict[int, list[Entry]] = OrderedDict()

    def __len__(self) -> int:
        return self._first[-1]

    @property
    def last_ns(self) -> int:
        return self.session.last_ns

    def entry(self, number: int) -> Entry:
        """Return an entry; raise SessionFileError where its block is damaged."""
        block = bisect_right(self._first, number) - 1
        return self._block(block)[number - self._first[block]]

    def last_before(self, at_ns: int) -> int:
        """Return the number of the last entry at or before a time; 0 where there is none."""
        block = max(0, bisect_right(self._starts_ns, at_ns) - 1)
        times = [entry.at_ns for entry in self._block(block)]
        return max(0, self._first[block] + bisect_right(times, at_ns) - 1)

    def beginning_for(self, number: int) -> int:
        """Return where to begin so that this entry is shown exactly: some frames before it."""
        at_ns = self.entry(number).at_ns
        fitting = [
            self._first[block]
            for block in self._beginnings
            if self._first[block] <= number and self._starts_ns[block] <= at_ns - _SETTLING_NS
        ]
        return fitting[-1] if fitting else 0

    def size_at(self, number: int) -> tuple[int, int]:
        """Return the terminal's size where a replay begins."""
        for at in range(number, len(self)):
            entry = self.entry(at)
            if isinstance(entry, Resized | ScreenKept):
                return entry.columns, entry.rows
        return 80, 24

    def stop_before(self, number: int) -> int:
        """Return the entry before this one that a trader sees as a step; 0 where there is none."""
        return next((at for at in range(number - 1, -1, -1) if is_step(self.entry(at))), 0)

    def stop_after(self, number: int) -> int:
        """Return the next entry that is a step; the last one where there is none."""
        return next((at for at in range(number + 1, len(self)) if is_step(self.entry(at))), len(self) - 1)

    def _block(self, index: int) -> list[Entry]:
        if index in self._unpacked:
            self._unpacked.move_to_end(index)
        else:
            self._unpacked[index] = read_entries(self.session.path, self.session.blocks[index])
            while len(self._unpacked) > _UNPACKED_BLOCKS:
                self._unpacked.popitem(last=False)
        return self._unpacked[index]


def is_step(entry: Entry) -> bool:
    """Tell whether an entry is worth a stop: not what merely goes on in between."""
    if isinstance(entry, MouseDone):
        return entry.kind != "MouseMove"
    return not isinstance(entry, Answered | ScreenKept)
