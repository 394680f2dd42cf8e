"""Read a journal file, whole or damaged, beside a running engine, without writing a byte of it."""

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

KNOWN_SCHEMA: Final = 1
CHUNK_ROWS: Final = 2_000
BUSY_TIMEOUT_S: Final = 5.0

_ROWS: Final = (
    "SELECT sequence, at_ns, kind, body, chain FROM rows WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?"
)


class UnreadableFileError(Exception):
    """The file, or a part of it, cannot be read; the text says where and why."""


class StoredRow(NamedTuple):
    """A row as SQLite hands it over: no value has been trusted yet."""

    sequence: int
    at_ns: object
    kind: object
    body: object
    chain: object


class StoredSnapshot(NamedTuple):
    """A snapshot; it is whole where `flaw` is None."""

    sequence: int
    state: bytes
    flaw: str | None


class JournalFile:
    """Rows and snapshots up to the row that was the newest when it was opened. A context manager.

    Raises
    ------
    UnreadableFileError
        Where the file is no journal, or one of a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Without a write-ahead log nobody has it open: reading it as immutable leaves no file beside it.
        has_log = path.with_name(f"{path.name}-wal").exists()
        mode = "mode=ro" if has_log else "mode=ro&immutable=1"
        try:
            self._connection = sqlite3.connect(
                f"file:{quote(str(path.absolute()))}?{mode}", uri=True, timeout=BUSY_TIMEOUT_S
            )
        except sqlite3.Error as error:
            raise UnreadableFileError(f"{path} cannot be opened: {error}") from error
        # Text as bytes: a flipped bit must reach the hash check, not fail as bad UTF-8 before it.
        self._connection.text_factory = bytes
        try:
            self._look_at_the_head()
        except sqlite3.Error as error:
            self._connection.close()
            raise UnreadableFileError(f"{path} is no journal: {error}") from error
        except UnreadableFileError:
            self._connection.close()
            raise

    def _look_at_the_head(self) -> None:
        schema = int(self._one("PRAGMA user_version")[0])
        if schema > KNOWN_SCHEMA:
            raise UnreadableFileError(f"{self.path} is of schema {schema}; this auditor knows up to {KNOWN_SCHEMA}")
        # Each for itself: asked for both at once, SQLite walks through the whole table.
        self.first_sequence = int(self._one("SELECT min(sequence) FROM rows")[0] or 0)
        self.last_sequence = int(self._one("SELECT max(sequence) FROM rows")[0] or 0)
        named = self._connection.execute("SELECT value FROM meta WHERE key = 'identity'").fetchone()
        self.identity = "" if named is None else _text(named[0])

    def _one(self, query: str) -> tuple[Any, ...]:
        return self._connection.execute(query).fetchone()

    def __enter__(self) -> "JournalFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def rows(self) -> Iterator[StoredRow]:
        """Yield rows in order; raise UnreadableFileError behind the last one that can be read."""
        sequence = self.first_sequence - 1
        while sequence < self.last_sequence:
            try:
                chunk = self._chunk(sequence, CHUNK_ROWS)
            except sqlite3.Error:
                chunk = list(self._one_by_one(sequence))
            if not chunk:
                return
            for row in chunk:
                if isinstance(row, UnreadableFileError):
                    raise row
                sequence = row.sequence
                yield row

    def _chunk(self, after: int, count: int) -> list[StoredRow | UnreadableFileError]:
        found = self._connection.execute(_ROWS, (after, self.last_sequence, count)).fetchall()
        return [StoredRow(*row) for row in found]

    def _one_by_one(self, after: int) -> Iterator[StoredRow | UnreadableFileError]:
        """Go as far as a damaged file lets itself be read."""
        sequence = after
        while sequence < self.last_sequence:
            try:
                found = self._chunk(sequence, 1)
            except sqlite3.Error as error:
                left = self.last_sequence - sequence
                yield UnreadableFileError(
                    f"the file cannot be read behind row {sequence}: {error}; {left} rows up to {self.last_sequence} "
                    "are not checked"
                )
                return
            for row in found:
                if isinstance(row, StoredRow):
                    sequence = row.sequence
                yield row
            if not found:
                return

    def snapshots(self) -> list[StoredSnapshot]:
        """Return the snapshots, newest first."""
        query = "SELECT sequence, at_chain, state, sha256 FROM snapshots WHERE sequence <= ? ORDER BY sequence DESC"
        try:
            found = self._connection.execute(query, (self.last_sequence,)).fetchall()
            return [StoredSnapshot(row[0], row[2], self._flaw(*row)) for row in found]
        except (sqlite3.Error, TypeError) as error:
            raise UnreadableFileError(f"the snapshots cannot be read: {error}") from error

    def _flaw(self, sequence: int, at_chain: bytes, state: bytes, said: bytes) -> str | None:
        if hashlib.sha256(str(sequence).encode() + b":" + at_chain + state).digest() != said:
            return "was changed after it was written"
        row = self._connection.execute("SELECT chain FROM rows WHERE sequence = ?", (sequence,)).fetchone()
        chain = bytes(32) if sequence == 0 else row and row[0]
        return None if chain == at_chain else "was taken of another history than the rows tell"


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
