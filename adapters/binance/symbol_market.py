"""One symbol's book and the rule that keeps it true."""

from collections.abc import Callable
from typing import Final, Protocol

from adapters.binance.depth import DepthDecoder, describe
from adapters.binance.depth_layout import DECODED
from adapters.binance.depth_objects import SnapshotReader
from adapters.binance.grid import GridError
from adapters.binance.market import BinanceMarket
from adapters.binance.synchroniser import (
    DepthSynchroniser,
    Diff,
    DiffAction,
    SnapshotAction,
    SnapshotVerdict,
    SyncState,
)
from adapters.streams.market_data import UNREADABLE
from core.book.book import Book, BookState
from core.types.instrument import Instrument, InstrumentId

_VALID: Final = BookState.VALID  # looked up once: a member of an enum costs as much as a call


class DepthReader(Protocol):
    """What reads diffs: the object form or the compiled one."""

    @property
    def first_update_id(self) -> int: ...

    @property
    def last_update_id(self) -> int: ...

    @property
    def previous_update_id(self) -> int: ...

    @property
    def venue_ns(self) -> int: ...

    def decode(self, raw: bytes) -> int: ...

    def apply_to(self, book: Book, received_ns: int) -> None: ...


class SymbolMarket:
    """Book, diffs and snapshots of one symbol; asks for a snapshot whenever the book needs one.

    Parameters
    ----------
    request_snapshot
        Called with the venue's symbol; may be called again while a request is under way.
    on_applied
        Called after each diff that was applied, whatever state it left the book in.
    """

    def __init__(
        self,
        instrument: Instrument,
        market: BinanceMarket,
        book: Book,
        *,
        request_snapshot: Callable[[str], None],
        on_applied: Callable[["SymbolMarket"], None] | None,
        reader: DepthReader | None = None,
    ) -> None:
        self.instrument = instrument
        self.instrument_id: InstrumentId = instrument.id
        self.book = book
        self.synchroniser = DepthSynchroniser()
        self.updates = 0
        self.applied = 0
        self.resyncs = 0
        self.refused_snapshots = 0
        self.damaged = 0
        self.latency_ns: int | None = None
        self.last_diff_ns = 0
        self._is_spot = market is BinanceMarket.SPOT
        self._was_live = False
        self._request_snapshot = request_snapshot
        self._on_applied = on_applied
        self._reader: DepthReader = DepthDecoder(instrument) if reader is None else reader
        self._snapshots = SnapshotReader(instrument)

    @property
    def gaps(self) -> int:
        return self.synchroniser.gaps

    def on_depth(self, raw: bytes, received_ns: int) -> bool:
        """Take one diff; return False where it cannot be read."""
        self.updates += 1
        reader = self._reader
        code = reader.decode(raw)
        if code != DECODED:
            self.damage(describe(code), received_ns)
            return False
        previous = reader.first_update_id - 1 if self._is_spot else reader.previous_update_id
        last = reader.last_update_id
        if previous >= last:
            self.damage(f"a diff after {previous} up to {last} covers nothing", received_ns)
            return False
        self.latency_ns = received_ns - reader.venue_ns
        self.last_diff_ns = received_ns
        if self.synchroniser.follows(previous, last):
            self._apply(received_ns)
            return True
        action = self.synchroniser.on_diff(Diff(previous, last, received_ns, raw))
        if action is DiffAction.APPLY:
            self._apply(received_ns)
        elif action is DiffAction.GAP:
            self.book.invalidate(self.synchroniser.gap_reason, received_ns)
            self._request_snapshot(self.instrument.venue_symbol)
        elif action is DiffAction.KEEP and self.synchroniser.buffered == 1:
            self._request_snapshot(self.instrument.venue_symbol)
        return True

    def on_snapshot(self, raw: bytes, received_ns: int) -> SnapshotVerdict:
        """Take a REST snapshot; the book changes only where the verdict is APPLY."""
        try:
            snapshot = self._snapshots.read(raw)
        except UNREADABLE as error:
            return self._refuse(f"snapshot cannot be read: {error}")
        verdict = self.synchroniser.on_snapshot(snapshot.last_update_id)
        if verdict.action is SnapshotAction.REFUSE:
            return self._refuse(verdict.reason)
        if verdict.action is SnapshotAction.IGNORE:
            return verdict
        try:
            self._snapshots.apply_to(self.book, snapshot, received_ns)
        except GridError as error:
            self.damage(f"snapshot: {error}", received_ns)
            return self._refuse(str(error))
        self._replay(verdict, received_ns)
        return verdict

    def damage(self, reason: str, received_ns: int) -> None:
        """Make the book unreadable and begin anew with a snapshot."""
        self.damaged += 1
        self.forget(reason, received_ns)
        self._request_snapshot(self.instrument.venue_symbol)

    def forget(self, reason: str, received_ns: int) -> None:
        """Make the book unreadable and forget the stream, as after a lost connection."""
        self.synchroniser.reset()
        self.book.invalidate(reason, received_ns)

    def _replay(self, verdict: SnapshotVerdict, received_ns: int) -> None:
        if self._was_live:
            self.resyncs += 1
        self._was_live = True
        if self.book.state is not BookState.VALID:
            self.damage(self.book.reason, received_ns)
        for diff in verdict.diffs:
            if self.synchroniser.state is SyncState.BUFFERING:
                return
            if self._reader.decode(diff.raw) != DECODED:
                self.damage("buffered depth message cannot be read", received_ns)
                return
            self._apply(diff.received_ns)

    def _apply(self, received_ns: int) -> None:
        self._reader.apply_to(self.book, received_ns)
        self.applied += 1
        if self._on_applied is not None:
            self._on_applied(self)
        if self.book.state is not _VALID:
            self.damage(self.book.reason, received_ns)

    def _refuse(self, reason: str) -> SnapshotVerdict:
        self.refused_snapshots += 1
        return SnapshotVerdict(SnapshotAction.REFUSE, (), reason)
