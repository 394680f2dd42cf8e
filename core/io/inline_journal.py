"""The journal without a thread: for virtual time, where a commit takes none."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

from core.io.journal_store import IN_MEMORY, JournalStore, StoredSnapshot, Synchronous, UnreadableFactError, seal
from core.journal.facts import AnyFact
from core.ports.journal import JournalError, JournalRow

_log = logging.getLogger(__name__)


class InlineJournal:
    """A Journal that commits each fact before `append` returns, with the same rows and digest as `SqliteJournal`."""

    def __init__(self, path: Path | str = IN_MEMORY, synchronous: Synchronous = Synchronous.OFF) -> None:
        self._store = JournalStore(path, synchronous)
        self._sequence = self._store.last_sequence
        self._chain = self._store.chain
        self._failed_reason: str | None = None

    @property
    def identity(self) -> str:
        return self._store.identity

    @property
    def failed_reason(self) -> str | None:
        return self._failed_reason

    def append(self, fact: AnyFact) -> asyncio.Future[None]:
        if self._failed_reason is not None:
            return failed_future(self._failed_reason)
        try:
            row = seal(self._sequence + 1, fact, self._chain)
            self._store.write((row,), ())
        except (JournalError, UnreadableFactError) as error:
            return self._fail(error)
        self._sequence, self._chain = row.sequence, row.chain
        return _done_future()

    def save_snapshot(self, state: bytes) -> asyncio.Future[None]:
        if self._failed_reason is not None:
            return failed_future(self._failed_reason)
        try:
            self._store.write((), (StoredSnapshot(self._sequence, self._chain, state),))
        except JournalError as error:
            return self._fail(error)
        return _done_future()

    def _fail(self, error: Exception) -> asyncio.Future[None]:
        self._failed_reason = str(error)
        return failed_future(self._failed_reason)

    def load_snapshot(self) -> tuple[int, bytes] | None:
        return newest_whole_snapshot(self._store)

    def rows(self, after_sequence: int) -> Iterator[JournalRow]:
        return self._store.rows(after_sequence)

    def digest(self) -> str:
        return self._chain.hex()

    async def close(self) -> None:
        self._failed_reason = self._failed_reason or f"journal {self._store.path}: it is closed"
        self._store.close()


def newest_whole_snapshot(store: JournalStore) -> tuple[int, bytes] | None:
    """Return the newest snapshot that is whole; older ones cost only a longer fold."""
    for snapshot, is_whole in store.snapshots():
        if is_whole:
            return snapshot.sequence, snapshot.state
        _log.warning("journal %s: snapshot at row %d is damaged; trying an older one", store.path, snapshot.sequence)
    return None


def failed_future(reason: str) -> asyncio.Future[None]:
    """Return a future that raises JournalError; nobody has to await it."""
    future = asyncio.get_running_loop().create_future()
    fail(future, reason)
    return future


def fail(future: asyncio.Future[None], reason: str) -> None:
    """End a future with JournalError, without a complaint where nobody awaits it: `failed_reason` tells the rest."""
    if not future.done():
        future.set_exception(JournalError(reason))
        future.exception()


def _done_future() -> asyncio.Future[None]:
    future = asyncio.get_running_loop().create_future()
    future.set_result(None)
    return future
