"""Where facts go before they count."""

from asyncio import Future
from collections.abc import Iterator
from typing import Protocol

import msgspec

from core.journal.facts import AnyFact


class JournalRow(msgspec.Struct, frozen=True):
    """A fact with its place in the journal."""

    sequence: int
    fact: AnyFact


class JournalError(Exception):
    """The journal cannot be read or written; the text names the file and the cause."""


class Journal(Protocol):
    """An append-only log with snapshots. Rows are chained by hash, so a changed bit is seen."""

    @property
    def identity(self) -> str:
        """Return a tag made at the journal's birth, at most 8 of ``[a-z0-9]``: part of client order ids."""
        ...

    @property
    def failed_reason(self) -> str | None:
        """Return why nothing more can be written, None while all is well. It never becomes well again."""
        ...

    def append(self, fact: AnyFact) -> Future[None]:
        """Queue a fact in order; the future ends when it is durable, or raises JournalError.

        Futures end in the order of their facts. After a failure every later one fails at once.
        """
        ...

    def save_snapshot(self, state: bytes) -> Future[None]:
        """Keep `state` as the fold of everything appended so far."""
        ...

    def load_snapshot(self) -> tuple[int, bytes] | None:
        """Return (sequence, state) of the newest snapshot, None without one."""
        ...

    def rows(self, after_sequence: int) -> Iterator[JournalRow]:
        """Yield rows in order; raise JournalError at a broken chain."""
        ...

    def digest(self) -> str:
        """Return the SHA-256 (hex) over all canonical rows so far: the head of their chain."""
        ...

    async def close(self) -> None: ...
