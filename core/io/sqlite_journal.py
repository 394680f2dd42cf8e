"""The journal of a live engine: one writer thread commits in groups."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from core.io.journal_store import LOG_BYTES, StoredRow, StoredSnapshot, Synchronous, UnreadableFactError, seal
from core.io.stored_journal import StoredJournal, fail, failed_future
from core.journal.facts import AnyFact
from core.ports.journal import JournalError

MAX_GROUP: Final = 5_000  # entries of one commit
MAX_PENDING: Final = 200_000  # entries waiting for the disk; beyond it the disk counts as failed
LULL_S: Final = 0.02  # without a new entry: then a long write-ahead log is moved into the file
LONGEST_LOG_BYTES: Final = 32_000_000  # then at once
CLOSE_TIMEOUT_S: Final = 10.0


class _Entry(NamedTuple):
    """A row or a snapshot on its way to the disk, with who waits for it."""

    content: StoredRow | StoredSnapshot
    future: "asyncio.Future[None]"


class SqliteJournal(StoredJournal):
    """A Journal over a file. `append` is called on the loop's thread and never waits for the disk.

    After the first write error nothing more is written: every future fails at once and `failed_reason` says why.
    The file stays as it was at the last commit, so a restart folds what futures have reported, and perhaps the
    group that was on its way.
    """

    def __init__(self, path: Path, synchronous: Synchronous = Synchronous.FULL) -> None:
        super().__init__(path, synchronous)
        self._pending = 0
        self._queue: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[None] | None = None
        self._writer = threading.Thread(target=self._write_groups, name="journal-writer", daemon=True)

    def append(self, fact: AnyFact) -> asyncio.Future[None]:
        if self._failed_reason is not None:
            return failed_future(self._failed_reason)
        try:
            row = seal(self._sequence + 1, fact, self._chain)
        except UnreadableFactError as error:
            # The engine has applied a fact that the journal will not have: nothing after it may be trusted.
            self._failed_reason = f"journal {self._store.path}: {error}"
            return failed_future(self._failed_reason)
        self._sequence, self._chain = row.sequence, row.chain
        return self._enqueue(row)

    def save_snapshot(self, state: bytes) -> asyncio.Future[None]:
        if self._failed_reason is not None:
            return failed_future(self._failed_reason)
        return self._enqueue(StoredSnapshot(self._sequence, self._chain, state))

    async def close(self) -> None:
        """Write what is queued, end the thread and close the file.

        Raises JournalError where the disk does not take what is queued in time; the thread is then left behind.
        """
        self._failed_reason = self._failed_reason or f"journal {self._store.path}: it is closed"
        if self._writer.ident is not None and self._ended is None:
            self._ended = asyncio.get_running_loop().create_future()
            self._queue.put(None)
        if self._ended is not None:
            try:
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await asyncio.shield(self._ended)
            except TimeoutError:
                raise JournalError(
                    f"journal {self._store.path}: "
                    f"the disk has not taken {self._pending} rows within {CLOSE_TIMEOUT_S:g} s"
                ) from None
            self._writer.join()
        self._store.close()

    # on the loop's thread ------------------------------------------------------------------------

    def _enqueue(self, content: StoredRow | StoredSnapshot) -> asyncio.Future[None]:
        if self._pending >= MAX_PENDING:
            self._failed_reason = (
                f"journal {self._store.path}: {self._pending} rows wait for a disk that does not answer"
            )
            return failed_future(self._failed_reason)
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._writer.start()
        future = self._loop.create_future()
        self._pending += 1
        self._queue.put(_Entry(content, future))
        return future

    def _committed(self, group: list[_Entry]) -> None:
        self._pending -= len(group)
        for entry in group:
            if not entry.future.done():  # who waited may have been cancelled
                entry.future.set_result(None)

    def _lost(self, group: list[_Entry], reason: str) -> None:
        self._pending -= len(group)
        self._failed_reason = reason
        for entry in group:
            fail(entry.future, reason)

    def _writer_ended(self) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)

    # on the writer's thread ----------------------------------------------------------------------

    def _write_groups(self) -> None:
        failure: str | None = None
        is_open = True
        while is_open:
            group, is_open = self._take_group()
            if not group:
                if is_open:
                    self._store.checkpoint()
                continue
            failure = failure or self._commit(group)
            if failure is None:
                self._report(self._committed, group)
            else:
                self._report(self._lost, group, failure)
        self._report(self._writer_ended)

    def _take_group(self) -> tuple[list[_Entry], bool]:
        """Return what is queued and whether more may come; nothing where it is time to shorten the log."""
        if self._store.log_bytes > LONGEST_LOG_BYTES:
            return [], True
        group: list[_Entry] = []
        try:
            entry = self._queue.get(timeout=LULL_S if self._store.log_bytes > LOG_BYTES else None)
        except queue.Empty:
            return [], True
        with contextlib.suppress(queue.Empty):
            while entry is not None:
                group.append(entry)
                if len(group) >= MAX_GROUP:
                    return group, True
                entry = self._queue.get_nowait()
        return group, entry is not None

    def _commit(self, group: list[_Entry]) -> str | None:
        rows = [entry.content for entry in group if isinstance(entry.content, StoredRow)]
        snapshots = [entry.content for entry in group if isinstance(entry.content, StoredSnapshot)]
        try:
            self._store.write(rows, snapshots)
        except JournalError as error:
            return str(error)
        except Exception as error:  # a writer that dies silently would leave every order waiting
            return f"journal {self._store.path}: {type(error).__name__}: {error}"
        return None

    def _report(self, call: Callable[..., None], *arguments: object) -> None:
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(call, *arguments)
