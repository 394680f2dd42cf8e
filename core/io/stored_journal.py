"""What every journal over a file has: where its head stands, how it is read, and how it says that it failed."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

from core.io.journal_store import JournalStore, Synchronous
from core.ports.journal import JournalError, JournalRow

_log = logging.getLogger(__name__)


class StoredJournal:
    """The reading half of a Journal; how facts get into the store is what journals differ in."""

    def __init__(self, path: Path | str, synchronous: Synchronous) -> None:
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

    def load_snapshot(self) -> tuple[int, bytes] | None:
        """Return the newest snapshot that is whole; raise JournalError where a row before it is damaged."""
        store = self._store
        for snapshot, is_whole in store.snapshots():
            if is_whole:
                store.check_chain(snapshot.sequence)
                return snapshot.sequence, snapshot.state
            _log.warning(
                "journal %s: snapshot at row %d is damaged; trying an older one", store.path, snapshot.sequence
            )
        return None

    def rows(self, after_sequence: int) -> Iterator[JournalRow]:
        """Yield the durable rows after `after_sequence`; raise JournalError at a broken chain."""
        return self._store.rows(after_sequence)

    def digest(self) -> str:
        return self._chain.hex()


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
