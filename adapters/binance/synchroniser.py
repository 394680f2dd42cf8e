"""Which diffs of the book may be applied, and when: Binance's update-id rule as a state machine.

A diff covers the updates after `previous` up to `last`. Spot names the first update it holds (``U``), so `previous`
is ``U - 1``; USD-M names the last update before it (``pu``), because its ids are shared by all symbols.

====================  ==========================================  ==========================================
state                 event                                       what follows
====================  ==========================================  ==========================================
BUFFERING             diff                                        kept
BUFFERING             snapshot L, first diff past L has           diffs up to L dropped, the rest applied:
                      previous ≤ L, the rest chains               LIVE
BUFFERING             snapshot L, first diff past L has           refused, fetch again (an update between
                      previous > L, or the rest has a hole        snapshot and stream was never seen)
LIVE, none applied    diff with last ≤ L                          dropped: the snapshot holds it
LIVE, none applied    diff with previous ≤ L < last               applied
LIVE                  diff with previous == last applied          applied
LIVE                  any other diff: gap, repeat, reordering     GAP: BUFFERING from this diff on
====================  ==========================================  ==========================================

Binance words the USD-M start as ``U ≤ L ≤ u``. ``pu ≤ L`` accepts the same diffs and also the one that begins right
after a snapshot taken in a quiet moment, where ``pu == L < U``: nothing lies between.
"""

from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

# a snapshot takes seconds; at ten diffs a second this is minutes, and a bound on memory
BUFFER_LIMIT: Final = 2_000


class Diff(NamedTuple):
    """Ids of one diff with the message it came in."""

    previous_update_id: int
    last_update_id: int
    received_ns: int
    raw: bytes


class SyncState(StrEnum):
    BUFFERING = "buffering"
    LIVE = "live"


class DiffAction(StrEnum):
    KEEP = "keep"  # buffered until a snapshot
    DROP = "drop"  # already in the snapshot
    APPLY = "apply"
    GAP = "gap"  # the book is wrong from here on; the diff is buffered for the next snapshot


class SnapshotAction(StrEnum):
    APPLY = "apply"
    REFUSE = "refuse"  # older than the stream seen so far: fetch again
    IGNORE = "ignore"  # the book is live and needs none


class SnapshotVerdict(NamedTuple):
    action: SnapshotAction
    diffs: Sequence[Diff] = ()  # to apply after the snapshot, in order
    reason: str = ""


class DepthSynchroniser:
    """Decides for one symbol; touches no book."""

    def __init__(self) -> None:
        self.state = SyncState.BUFFERING
        self.gap_reason = ""
        self._buffer: deque[Diff] = deque(maxlen=BUFFER_LIMIT)
        self._last_update_id = -1
        self._chained = False  # LIVE, and a diff was applied after the snapshot
        self.gaps = 0  # places where the stream did not continue, buffered ones included

    @property
    def last_update_id(self) -> int:
        """Return the update the book stands at, -1 before the first snapshot."""
        return self._last_update_id

    @property
    def buffered(self) -> int:
        return len(self._buffer)

    def reset(self) -> None:
        """Forget stream and buffer, as after a lost connection or a damaged book."""
        self.state = SyncState.BUFFERING
        self._buffer.clear()
        self._chained = False

    def follows(self, previous_update_id: int, last_update_id: int) -> bool:
        """Take a diff that continues the one applied before it; False leaves any other to `on_diff`.

        Nearly all diffs are such, and this is the shortest way to DiffAction.APPLY.
        """
        if not self._chained or previous_update_id != self._last_update_id:
            return False
        self._last_update_id = last_update_id
        return True

    def on_diff(self, diff: Diff) -> DiffAction:
        if self.state is SyncState.BUFFERING:
            if self._buffer and self._buffer[-1].last_update_id != diff.previous_update_id:
                self.gaps += 1
            self._buffer.append(diff)
            return DiffAction.KEEP
        if not self._chained and diff.last_update_id <= self._last_update_id:
            return DiffAction.DROP
        if not self._continues(diff):
            self.gap_reason = (
                f"update ids: a diff after {diff.previous_update_id} up to {diff.last_update_id} "
                f"does not continue {self._last_update_id}"
            )
            self.reset()
            self.gaps += 1
            self._buffer.append(diff)
            return DiffAction.GAP
        self._chained = True
        self._last_update_id = diff.last_update_id
        return DiffAction.APPLY

    def on_snapshot(self, last_update_id: int) -> SnapshotVerdict:
        if self.state is SyncState.LIVE:
            return SnapshotVerdict(SnapshotAction.IGNORE)
        diffs = [diff for diff in self._buffer if diff.last_update_id > last_update_id]
        stands_at = last_update_id
        for index, diff in enumerate(diffs):
            if not (diff.previous_update_id <= stands_at if index == 0 else diff.previous_update_id == stands_at):
                return self._refuse(last_update_id, diff)
            stands_at = diff.last_update_id
        self._buffer.clear()
        self.state = SyncState.LIVE
        self._last_update_id = stands_at
        self._chained = bool(diffs)
        return SnapshotVerdict(SnapshotAction.APPLY, diffs)

    def _continues(self, diff: Diff) -> bool:
        if self._chained:
            return diff.previous_update_id == self._last_update_id
        return diff.previous_update_id <= self._last_update_id

    def _refuse(self, last_update_id: int, diff: Diff) -> SnapshotVerdict:
        # only a snapshot at or past `diff.previous_update_id` can ever fit: what came before the hole is of no use
        while self._buffer and self._buffer[0] is not diff:
            self._buffer.popleft()
        reason = f"snapshot at {last_update_id} is older than the buffered diff after {diff.previous_update_id}"
        return SnapshotVerdict(SnapshotAction.REFUSE, (), reason)
