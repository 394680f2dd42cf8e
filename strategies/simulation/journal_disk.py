"""The journal of a simulated machine: commits take time and come in groups, a crash loses what was not committed."""

import asyncio
import sqlite3
from asyncio import Future
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from core.io.journal_store import StoredRow, StoredSnapshot, Synchronous, UnreadableFactError, seal
from core.io.stored_journal import StoredJournal, fail
from core.journal.facts import AnyFact
from core.ports.journal import JournalError
from strategies.simulation.chance import Dice
from strategies.simulation.timeline import Timeline

COMMIT_LOW_S, COMMIT_HIGH_S = 0.0003, 0.008
LONGEST_TAIL = 300


class Disk:
    """One file that outlives engines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_full = False

    def tear_tail(self, dice: Dice) -> None:
        """Leave half-written pages behind the last commit, as a machine that loses power does."""
        with self.path.with_name(f"{self.path.name}-wal").open("ab") as file:
            file.write(bytes(dice.whole(0, 255) for _ in range(dice.whole(1, LONGEST_TAIL))))

    def flip_bit(self, dice: Dice) -> Callable[[], None] | None:
        """Change one bit of one row; return what undoes it, None where there is no row."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            rows = connection.execute("SELECT sequence, CAST(body AS BLOB) FROM rows").fetchall()
            if not rows:
                return None
            sequence, body = dice.pick(rows)
            place = dice.whole(0, len(body) - 1)
            changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
            self._write_body(connection, sequence, changed)

        def undo() -> None:
            with closing(sqlite3.connect(self.path)) as connection, connection:
                self._write_body(connection, sequence, body)

        return undo

    @staticmethod
    def _write_body(connection: sqlite3.Connection, sequence: int, body: bytes) -> None:
        connection.execute("UPDATE rows SET body = CAST(? AS TEXT) WHERE sequence = ?", (body, sequence))


class SlowJournal(StoredJournal):
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
        super().__init__(disk.path, Synchronous.OFF)
        self._disk = disk
        self._timeline = timeline
        self._dice = dice
        self._on_append = on_append
        self._on_commit = on_commit
        self._waiting: list[tuple[StoredRow | StoredSnapshot, AnyFact | None, Future[None]]] = []
        self.is_dead = False
        self.stall_s = 0.0

    # the port ------------------------------------------------------------------------------------------

    def append(self, fact: AnyFact) -> "Future[None]":
        durable = asyncio.get_running_loop().create_future()
        if self.is_dead:
            return durable
        if self._failed_reason is not None:
            fail(durable, self._failed_reason)
            return durable
        try:
            row = seal(self._sequence + 1, fact, self._chain)
        except UnreadableFactError as error:
            self._failed_reason = str(error)
            fail(durable, str(error))
            return durable
        self._sequence, self._chain = row.sequence, row.chain
        self._on_append(fact)
        self._queue(row, fact, durable)
        return durable

    def save_snapshot(self, state: bytes) -> "Future[None]":
        durable = asyncio.get_running_loop().create_future()
        if not self.is_dead and self._failed_reason is None:
            self._queue(StoredSnapshot(self._sequence, self._chain, state), None, durable)
        return durable

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
        self._store.close()

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
                fail(durable, str(error))
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
        if self._disk.is_full:
            raise JournalError(f"journal {self._disk.path}: the disk is full")
        self._store.write(rows, snapshots)
