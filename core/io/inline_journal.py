"""The journal without a thread: for virtual time, where a commit takes none."""

import asyncio
from pathlib import Path

from core.io.journal_store import IN_MEMORY, LOG_BYTES, StoredSnapshot, Synchronous, UnreadableFactError, seal
from core.io.stored_journal import StoredJournal, failed_future
from core.journal.facts import AnyFact
from core.ports.journal import JournalError


class InlineJournal(StoredJournal):
    """A Journal that commits each fact before `append` returns, with the same rows and digest as `SqliteJournal`."""

    def __init__(self, path: Path | str = IN_MEMORY, synchronous: Synchronous = Synchronous.OFF) -> None:
        super().__init__(path, synchronous)

    def append(self, fact: AnyFact) -> asyncio.Future[None]:
        if self._failed_reason is not None:
            return failed_future(self._failed_reason)
        try:
            row = seal(self._sequence + 1, fact, self._chain)
            self._store.write((row,), ())
            if self._store.log_bytes > LOG_BYTES:
                self._store.checkpoint()
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

    async def close(self) -> None:
        self._failed_reason = self._failed_reason or f"journal {self._store.path}: it is closed"
        self._store.close()


def _done_future() -> asyncio.Future[None]:
    future = asyncio.get_running_loop().create_future()
    future.set_result(None)
    return future
