"""The journal's file: rows chained by hash and snapshots, in SQLite."""

import contextlib
import hashlib
import itertools
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from core.journal.facts import AnyFact
from core.ports.journal import JournalError, JournalRow

SCHEMA_VERSION: Final = 1
KEPT_SNAPSHOTS: Final = 3
GENESIS: Final = bytes(32)
IN_MEMORY: Final = ":memory:"
_BUSY_TIMEOUT_S: Final = 5.0
_READ_CHUNK_ROWS: Final = 1_000
_PAGE_BYTES: Final = 8_192  # an order's intent with all its checks fits in one; a file keeps the size it was born with
LOG_BYTES: Final = 4_000_000  # a write-ahead log of this length wants to be moved into the file
_INSERT_ROW: Final = "INSERT INTO rows VALUES (?, ?, ?, ?, ?)"
_ANOTHER_ROW: Final = ", (?, ?, ?, ?, ?)"
_VALUES_A_ROW: Final = 5
# hashlib gives the interpreter's lock away for more than this, and then waits for the writer's thread to return it.
_HASHED_AT_ONCE_BYTES: Final = 2_047

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS rows (
    sequence INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, chain BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS snapshots (
    sequence INTEGER PRIMARY KEY, at_chain BLOB NOT NULL, state BLOB NOT NULL, sha256 BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

_CURES: Final = {
    "SQLITE_FULL": "the disk is full; free space on it and start again",
    "SQLITE_READONLY": "the file or its folder is read-only; make both writable for this user",
    "SQLITE_CANTOPEN": "it cannot be opened; check that the folder exists and this user may write in it",
    "SQLITE_PERM": "permission denied; make the file writable for this user",
    "SQLITE_NOTADB": "it is not a SQLite database; move it away or restore it from a backup",
    "SQLITE_CORRUPT": "it is damaged; restore it from a backup",
    "SQLITE_BUSY": "another program holds it; close that program",
    "SQLITE_IOERR": "reading or writing failed; check the disk and its free space",
}


class Synchronous(StrEnum):
    """What a commit survives: FULL the machine losing power, NORMAL and OFF the process being killed."""

    FULL = "FULL"
    NORMAL = "NORMAL"
    OFF = "OFF"


class StoredRow(NamedTuple):
    """A row as it stands in the file; `chain` is SHA-256 over the previous row's chain and `body`."""

    sequence: int
    at_ns: int
    kind: str
    body: str
    chain: bytes


class StoredSnapshot(NamedTuple):
    sequence: int
    at_chain: bytes  # the chain of the row it was taken after: a snapshot of another history is seen
    state: bytes


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder: "msgspec.json.Decoder[AnyFact]" = msgspec.json.Decoder(AnyFact)


class UnreadableFactError(ValueError):
    """A fact would come back from the journal as another value, e.g. a price that is not a number."""


def seal(sequence: int, fact: AnyFact, previous_chain: bytes) -> StoredRow:
    """Make the row of a fact; raise UnreadableFactError for one that could not be restored from it."""
    kind = type(fact).__name__
    try:
        body = _encoder.encode(fact)
        restored, meant = _read_back(fact, body)
    except (msgspec.MsgspecError, UnicodeError, OverflowError, TypeError) as error:
        raise UnreadableFactError(f"{kind} cannot be journaled: {error}") from error
    if restored != meant:
        raise UnreadableFactError(f"{kind} cannot be journaled: {meant} would be read as {restored}")
    return StoredRow(sequence, fact.at_ns, kind, body.decode(), _link(previous_chain, body))


def _read_back(fact: AnyFact, body: bytes) -> tuple[AnyFact, AnyFact]:
    """Return what a restart would read, and what it ought to be.

    Checks are left out: they hold texts, words and yes or no, each of which comes back as it was, and reading fifty of
    them again for every order would take longer than all the rest of its row.
    """
    if not getattr(fact, "checks", ()):
        return _decoder.decode(body), fact
    meant = msgspec.structs.replace(fact, checks=())
    return _decoder.decode(_encoder.encode(meant)), meant


def _link(previous_chain: bytes, body: bytes) -> bytes:
    """Return SHA-256 over both."""
    digest = hashlib.sha256(previous_chain)
    for first in range(0, len(body), _HASHED_AT_ONCE_BYTES):
        digest.update(body[first : first + _HASHED_AT_ONCE_BYTES])
    return digest.digest()


class JournalStore:
    """Read and write the file; blocking, from any thread. Every failure is a JournalError.

    Parameters
    ----------
    path
        The file, made with mode 0600 where it is missing, or ``:memory:``.
    synchronous
        What each commit survives.
    """

    def __init__(self, path: Path | str, synchronous: Synchronous = Synchronous.FULL) -> None:
        self.path = path
        self.log_bytes = 0  # about what the write-ahead log took since it was last moved into the file
        self._one_at_a_time = threading.Lock()
        self._connection = _connect(path)
        self._rows_a_statement = self._connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // _VALUES_A_ROW
        try:
            self._prepare(synchronous)
            self.identity = self._read_identity()
            self.last_sequence, self.chain = self._read_head()
        except sqlite3.Error as error:
            self._connection.close()
            raise explain(path, error) from error
        except JournalError:
            self._connection.close()
            raise

    def _prepare(self, synchronous: Synchronous) -> None:
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if version > SCHEMA_VERSION:
            raise JournalError(
                f"journal {self.path}: a newer version wrote it (schema {version}; this one reads up to "
                f"{SCHEMA_VERSION}): install that version or choose another state folder"
            )
        self._connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA synchronous = {synchronous.value}")
        self._connection.execute("PRAGMA wal_autocheckpoint = 0")  # no order waits for one: see `checkpoint`
        # A statement that writes even where all is there: a read-only file is told now, not at the first order.
        self._connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")

    def _read_identity(self) -> str:
        """Return the tag of this journal, made at its birth: 6 of ``[0-9a-f]``."""
        self._connection.execute(
            "INSERT OR IGNORE INTO meta (key, value) VALUES ('identity', ?)", (secrets.token_hex(3),)
        )
        row = self._connection.execute("SELECT value FROM meta WHERE key = 'identity'").fetchone()
        return str(row[0], "utf-8")

    def _read_head(self) -> tuple[int, bytes]:
        row = self._connection.execute("SELECT sequence, chain FROM rows ORDER BY sequence DESC LIMIT 1").fetchone()
        return (0, GENESIS) if row is None else (row[0], row[1])

    def write(self, rows: Sequence[StoredRow], snapshots: Sequence[StoredSnapshot]) -> None:
        """Commit rows and snapshots together, durable on return."""
        try:
            with self._one_at_a_time:
                if not snapshots and len(rows) <= self._rows_a_statement:
                    self._insert(rows)  # one statement is a transaction of its own
                else:
                    self._write_together(rows, snapshots)
        except sqlite3.Error as error:
            raise explain(self.path, error) from error
        self.log_bytes += sum(len(row.body) for row in rows) + sum(len(each.state) for each in snapshots) + _PAGE_BYTES

    def _insert(self, rows: Sequence[StoredRow]) -> None:
        # One statement for all rows: the interpreter's lock is given away once, not once a row, and a busy loop's
        # thread makes the writer's wait each time to get it back.
        if rows:
            statement = _INSERT_ROW + _ANOTHER_ROW * (len(rows) - 1)
            self._connection.execute(statement, list(itertools.chain.from_iterable(rows)))

    def _write_together(self, rows: Sequence[StoredRow], snapshots: Sequence[StoredSnapshot]) -> None:
        with self._connection:  # commits, or takes all of it back
            self._connection.execute("BEGIN IMMEDIATE")
            for first in range(0, len(rows), self._rows_a_statement):
                self._insert(rows[first : first + self._rows_a_statement])
            for snapshot in snapshots:
                self._write_snapshot(snapshot)

    def checkpoint(self) -> None:
        """Move what the write-ahead log holds into the file, so that the log begins again at its first byte.

        Nothing is lost where the disk refuses it: the log keeps all, and the next commit meets the same disk.
        """
        self.log_bytes = 0
        with self._one_at_a_time, contextlib.suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _write_snapshot(self, snapshot: StoredSnapshot) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?)", (*snapshot, _snapshot_hash(snapshot))
        )
        self._connection.execute(
            "DELETE FROM snapshots WHERE sequence NOT IN "
            "(SELECT sequence FROM snapshots ORDER BY sequence DESC LIMIT ?)",
            (KEPT_SNAPSHOTS,),
        )

    def snapshots(self) -> Iterator[tuple[StoredSnapshot, bool]]:
        """Yield snapshots with whether they are whole and of this history, newest first."""
        query = "SELECT sequence, at_chain, state, sha256 FROM snapshots ORDER BY sequence DESC"
        for sequence, at_chain, state, said in self._fetch(query, ()):
            snapshot = StoredSnapshot(sequence, at_chain, state)
            is_whole = said == _snapshot_hash(snapshot) and at_chain == self._chain_at(sequence)
            yield snapshot, is_whole

    def rows(self, after_sequence: int) -> Iterator[JournalRow]:
        """Yield rows with a higher sequence in order; raise JournalError at a row that was changed or is missing."""
        previous = self._chain_at(after_sequence)
        if previous is None:
            raise self._broken(after_sequence, "is missing")
        sequence = after_sequence
        query = "SELECT sequence, at_ns, kind, body, chain FROM rows WHERE sequence > ? ORDER BY sequence LIMIT ?"
        while chunk := self._fetch(query, (sequence, _READ_CHUNK_ROWS)):
            for found in chunk:
                row = self._verified(sequence + 1, found, previous)
                sequence, previous = row.sequence, found[4]
                yield row

    def check_chain(self, last_sequence: int) -> None:
        """Hash the rows up to `last_sequence` without reading their facts; raise JournalError at a broken chain.

        A snapshot needs none of these rows, but what happened must stay provable: damage is told, not carried on.
        """
        previous, sequence = GENESIS, 0
        query = "SELECT sequence, body, chain FROM rows WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?"
        while chunk := self._fetch(query, (sequence, last_sequence, _READ_CHUNK_ROWS)):
            for found_sequence, body, chain in chunk:
                sequence += 1
                if found_sequence != sequence:
                    raise self._broken(sequence, "is missing")
                if not isinstance(body, bytes) or hashlib.sha256(previous + body).digest() != chain:
                    raise self._broken(sequence, "was changed after it was written")
                previous = chain

    def _verified(self, sequence: int, found: tuple[Any, ...], previous: bytes) -> JournalRow:
        found_sequence, at_ns, kind, body, chain = found
        if found_sequence != sequence:
            raise self._broken(sequence, "is missing")
        if not isinstance(chain, bytes) or not isinstance(body, bytes):
            raise self._broken(sequence, "does not hold the types it was written with")
        if hashlib.sha256(previous + body).digest() != chain:
            raise self._broken(sequence, "was changed after it was written")
        try:
            fact = _decoder.decode(body)
        except msgspec.DecodeError as error:
            raise self._broken(sequence, f"cannot be read by this version: {error}") from error
        if fact.at_ns != at_ns or type(fact).__name__.encode() != kind:
            raise self._broken(sequence, "was changed after it was written: time or kind do not match its body")
        return JournalRow(sequence, fact)

    def _chain_at(self, sequence: int) -> bytes | None:
        if sequence == 0:
            return GENESIS
        found = self._fetch("SELECT chain FROM rows WHERE sequence = ?", (sequence,))
        return found[0][0] if found else None

    def _fetch(self, query: str, parameters: tuple[int, ...]) -> list[tuple[Any, ...]]:
        # Chunks instead of an open cursor: a reader that pauses must not hold the WAL back.
        try:
            with self._one_at_a_time:
                return self._connection.execute(query, parameters).fetchall()
        except sqlite3.Error as error:
            raise explain(self.path, error) from error

    def _broken(self, sequence: int, how: str) -> JournalError:
        return JournalError(
            f"journal {self.path}: row {sequence} {how}; restore the file from a backup, "
            "or move it away to begin a new one from the venues' truth"
        )

    def close(self) -> None:
        self._connection.close()


def explain(path: Path | str, error: sqlite3.Error) -> JournalError:
    """Say what SQLite said, and what to do about it."""
    return JournalError(f"journal {path}: {with_cure(error)}")


def with_cure(error: sqlite3.Error) -> str:
    """Say what to do about what SQLite said, and what that was."""
    name = getattr(error, "sqlite_errorname", "")
    cure = next((cure for key, cure in _CURES.items() if name.startswith(key)), None)
    said = f"{error} ({name})" if name else str(error)
    return f"{cure} [{said}]" if cure else said


def _connect(path: Path | str) -> sqlite3.Connection:
    if path != IN_MEMORY:
        _make_private_file(Path(path))
    try:
        connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, check_same_thread=False, isolation_level=None)
    except sqlite3.Error as error:
        raise explain(path, error) from error
    # Text as bytes: a flipped bit must reach the hash check, not fail as bad UTF-8 before it.
    connection.text_factory = bytes
    return connection


def _make_private_file(path: Path) -> None:
    try:
        is_new = not path.exists()
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        if is_new:
            _sync_folder(path.parent)
    except OSError as error:
        raise JournalError(
            f"journal {path}: it cannot be opened for writing: {error.strerror}; "
            "check that the folder exists, has free space and is writable for this user"
        ) from error


def _sync_folder(folder: Path) -> None:
    """Make the new file's name as durable as what will be written into it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _snapshot_hash(snapshot: StoredSnapshot) -> bytes:
    return hashlib.sha256(b"%d:" % snapshot.sequence + snapshot.at_chain + snapshot.state).digest()
