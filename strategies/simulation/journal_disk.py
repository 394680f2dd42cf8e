"""The journal of a simulated machine: commits take time and come in groups, a crash loses what was not committed."""

import asyncio
from asyncio import Future
from collections.abc import Callable, Iterator
from pathlib import Path

from core.io.inline_journal import newest_whole_snapshot
from core.io.journal_store import JournalStore, StoredRow, StoredSnapshot, Synchronous, UnreadableFactError, seal
from core.journal.facts import AnyFact
from core.ports.journal import JournalError, JournalRow
from strategies.simulation.chance import Dice
from strategies.simulation.timeline import Timeline

COMMIT_LOW_S, COMMIT_HIGH_S = 0.0003, 0.008


class DiskFullError(JournalError):
    """A commit could not be written."""


class Disk:
    """One file that outlives engines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_full = False
        self.store = JournalStore(path, Synchronous.OFF)

    def reopen(self) -> None:
        """Open the file as a new process would; raise JournalError where it is damaged."""
        self.store.close()
        self.store = JournalStore(self.path, Synchronous.OFF)

    def write(self, rows: list[StoredRow], snapshots: list[StoredSnapshot]) -> None:
        if self.is_full:
            raise DiskFullError(f"journal {self.path}: the disk is full")
        self.store.write(rows, snapshots)


class SlowJournal:
    """A Journal of one engine over a `Disk`: facts are durable some milliseconds after they were appended.

    Parameters
    ----------
    on_append
        Called with each fact as it is appended, before it is durable.
    on_commit
        Called before and after each commit with the facts in it.
    """

    def __init__(
        self,
        disk: Disk,
        timeline: Timeline,
        dice: Dice,
        on_append: Callable[[AnyFact], None],
        on_commit: Callable[[bool, list[AnyFact]], None],
    ) -> None:
        self._disk = disk
        self._timeline = timeline
        self._dice = dice
        self._on_append = on_append
        self._on_commit = on_commit
        self._sequence = disk.store.last_sequence
        self._chain = disk.store.chain
        self._durable_chain = disk.store.chain
        self._waiting: list[tuple[StoredRow | StoredSnapshot, AnyFact | None, Future[None]]] = []
        self._failed_reason: str | None = None
        self.is_dead = False
        self.stall_s = 0.0

    # the port ------------------------------------------------------------------------------------------

    @property
    def identity(self) -> str:
        return "sim"

    @property
    def failed_reason(self) -> str | None:
        return self._failed_reason

    def append(self, fact: AnyFact) -> "Future[None]":
        durable = asyncio.get_running_loop().create_future()
        if self.is_dead:
            return durable
        if self._failed_reason is not None:
            return _failed(durable, self._failed_reason)
        try:
            row = seal(self._sequence + 1, fact, self._chain)
        except UnreadableFactError as error:
            self._failed_reason = str(error)
            return _failed(durable, str(error))
        self._sequence, self._chain = row.sequence, row.chain
        self._on_append(fact)
        self._queue(row, fact, durable)
        return durable

    def save_snapshot(self, state: bytes) -> "Future[None]":
        durable = asyncio.get_running_loop().create_future()
        if not self.is_dead and self._failed_reason is None:
            self._queue(StoredSnapshot(self._sequence, self._chain, state), None, durable)
        return durable

    def load_snapshot(self) -> tuple[int, bytes] | None:
        return newest_whole_snapshot(self._disk.store)

    def rows(self, after_sequence: int) -> Iterator[JournalRow]:
        return self._disk.store.rows(after_sequence)

    def digest(self) -> str:
        return self._durable_chain.hex()

    async def close(self) -> None:
        self.is_dead = True

    # what the world does to it -------------------------------------------------------------------------

    @property
    def waiting_facts(self) -> list[AnyFact]:
        return [fact for _, fact, _ in self._waiting if fact is not None]

    def die(self, dice: Dice) -> None:
        """End without a word; of what was not committed yet the first part may have reached the disk all the same."""
        if self.is_dead:
            return
        self.is_dead = True
        survived = self._waiting[: dice.whole(0, len(self._waiting))]
        if survived and not self._disk.is_full and self._failed_reason is None:
            self._write(survived)

    def commit_now(self) -> None:
        """Write what waits; tell those who wait for it."""
        if self.is_dead or not self._waiting:
            return
        facts = self.waiting_facts
        self._on_commit(False, facts)
        if self.is_dead:
            return
        group, self._waiting = self._waiting, []
        try:
            self._write(group)
        except JournalError as error:
            self._failed_reason = str(error)
            for _, _, durable in group:
                _failed(durable, str(error))
            return
        self._on_commit(True, facts)
        if self.is_dead:
            return
        for _, _, durable in group:
            if not durable.done():
                durable.set_result(None)

    def run_freely(self) -> None:
        """Let commits take no longer than usual."""
        self.stall_s = 0.0

    def _queue(self, row: StoredRow | StoredSnapshot, fact: AnyFact | None, durable: "Future[None]") -> None:
        if not self._waiting:
            self._timeline.after(self.stall_s + self._dice.between(COMMIT_LOW_S, COMMIT_HIGH_S), self.commit_now)
        self._waiting.append((row, fact, durable))

    def _write(self, group: list[tuple[StoredRow | StoredSnapshot, AnyFact | None, "Future[None]"]]) -> None:
        rows = [row for row, _, _ in group if isinstance(row, StoredRow)]
        snapshots = [row for row, _, _ in group if isinstance(row, StoredSnapshot)]
        self._disk.write(rows, snapshots)
        if rows:
            self._durable_chain = rows[-1].chain


def _failed(durable: "Future[None]", reason: str) -> "Future[None]":
    if not durable.done():
        durable.set_exception(JournalError(reason))
        durable.exception()
    return durable
