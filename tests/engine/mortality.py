"""An engine that dies at a chosen moment: from there on nothing of it reaches the journal or a venue any more."""

import asyncio

from core.io.inline_journal import InlineJournal
from core.journal.facts import AnyFact
from core.ports.venue import AmendSupport, ExecutionSink, SendResult
from core.risk.verdict import Approved, ApprovedAmend
from core.types.account import AccountReport
from tests.engine.venues import ScriptedVenue


class Fate:
    """Counts the moments at which a process can die in a way that matters: around each commit and each wire call."""

    def __init__(self, dies_at: int | None = None) -> None:
        self.dies_at = dies_at
        self.moments = 0
        self.is_counting = False
        self.is_dead = False
        self.last_words = ""

    def survives(self, what: str) -> bool:
        """Let a moment pass and tell whether the engine is still there."""
        if self.is_counting and not self.is_dead:
            self.is_dead = self.moments == self.dies_at
            self.moments += 1
            if self.is_dead:
                self.last_words = what
        return not self.is_dead


class MortalJournal:
    """Writes each fact at once, as long as its engine lives."""

    def __init__(self, inner: InlineJournal, fate: Fate) -> None:
        self.inner = inner
        self._fate = fate

    @property
    def identity(self) -> str:
        return self.inner.identity

    @property
    def failed_reason(self) -> str | None:
        return self.inner.failed_reason

    def append(self, fact: AnyFact) -> "asyncio.Future[None]":
        name = type(fact).__name__
        if not self._fate.survives(f"before {name}"):
            return _never()
        written = self.inner.append(fact)
        return written if self._fate.survives(f"after {name}") else _never()

    def save_snapshot(self, state: bytes) -> "asyncio.Future[None]":
        return _never() if self._fate.is_dead else self.inner.save_snapshot(state)

    def load_snapshot(self) -> tuple[int, bytes] | None:
        return self.inner.load_snapshot()

    def rows(self, after_sequence: int):
        return self.inner.rows(after_sequence)

    def digest(self) -> str:
        return self.inner.digest()

    async def close(self) -> None:
        await self.inner.close()


class MortalLine:
    """What an engine reaches a venue through. A request that is on its way arrives, whoever dies meanwhile."""

    def __init__(self, venue: ScriptedVenue, fate: Fate) -> None:
        self._venue = venue
        self._fate = fate

    @property
    def venue(self) -> str:
        return self._venue.venue

    async def start(self, sink: ExecutionSink) -> None:
        await self._venue.start(sink)

    async def stop(self) -> None:
        await self._venue.stop()

    async def submit(self, approved: Approved) -> SendResult:
        what = f"submit of {approved.intent.client_order_id}"
        if not self._fate.survives(f"before {what}"):
            return await _never()
        result = await self._venue.submit(approved)
        return result if self._fate.survives(f"after {what}") else await _never()

    async def cancel(self, client_order_id: str, symbol: str) -> SendResult:
        if not self._fate.survives(f"before cancel of {client_order_id}"):
            return await _never()
        result = await self._venue.cancel(client_order_id, symbol)
        return result if self._fate.survives(f"after cancel of {client_order_id}") else await _never()

    @property
    def amend_support(self) -> AmendSupport:
        return self._venue.amend_support

    async def amend(self, approved: ApprovedAmend) -> SendResult:
        what = f"amend of {approved.intent.client_order_id}"
        if not self._fate.survives(f"before {what}"):
            return await _never()
        result = await self._venue.amend(approved)
        return result if self._fate.survives(f"after {what}") else await _never()

    async def cancel_all(self) -> SendResult:
        return await (_never() if self._fate.is_dead else self._venue.cancel_all())

    async def account(self, since_ns: int) -> AccountReport:
        if not self._fate.survives(f"before account of {self.venue}"):
            return await _never()
        report = await self._venue.account(since_ns)
        return report if self._fate.survives(f"after account of {self.venue}") else await _never()


def _never() -> "asyncio.Future":  # of whatever is waited for
    return asyncio.get_running_loop().create_future()
