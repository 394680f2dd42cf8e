"""The one way a fact enters the engine: into the journal and into the fold, in the same order."""

import asyncio
from asyncio import Future
from collections.abc import Callable

from core.engine.engine_log import EngineLog
from core.engine.fold import EngineFold, FoldOutcome
from core.engine.narrator import narrate
from core.engine.order_movements import OrderMovements
from core.engine.verdict_memory import VerdictMemory
from core.journal.facts import AnyFact, InstrumentNoted
from core.orders.outcome import Applied
from core.ports.journal import Journal


class Recorder:
    """Append facts and fold them; remember when the journal stopped taking them."""

    def __init__(self, journal: Journal, fold: EngineFold, log: EngineLog, movements: OrderMovements) -> None:
        self.movements = movements
        self.verdicts = VerdictMemory()
        self._journal = journal
        self._fold = fold
        self._log = log
        self._on_failure: Callable[[str], None] | None = None
        self._on_fact: Callable[[AnyFact], None] = lambda _: None
        self._last: Future[None] | None = None
        self.failed_reason: str | None = None

    def on_failure(self, callback: Callable[[str], None]) -> None:
        """Call back once, with the reason, when the journal fails."""
        self._on_failure = callback

    def on_fact(self, callback: Callable[[AnyFact], None]) -> None:
        """Call back with each fact once it is folded."""
        self._on_fact = callback

    def record(self, fact: AnyFact) -> "Future[None]":
        """Journal and fold a fact; the future ends when it is durable, or with a JournalError."""
        durable, _ = self.record_with_outcome(fact)
        return durable

    def fold_now(self, fact: AnyFact) -> None:
        """Do as `record`, for those who ask only that the fact is folded on return."""
        self.record(fact)

    def record_with_outcome(self, fact: AnyFact) -> tuple["Future[None]", FoldOutcome]:
        """Do as `record`, and return also what the fact did to orders and ledger."""
        rules = self._fold.ledger.rules_to_note(fact)
        if rules is not None:
            self._append(InstrumentNoted(at_ns=fact.at_ns, instrument=rules))
        return self._append(fact)

    def _append(self, fact: AnyFact) -> tuple["Future[None]", FoldOutcome]:
        durable = self._journal.append(fact)
        durable.add_done_callback(self._look)
        self._last = durable
        outcome = self._fold.apply(fact)
        self.verdicts.note(fact)
        self._on_fact(fact)
        if isinstance(outcome.orders, Applied):
            self.movements.note(outcome.orders.order.intent.client_order_id)
        for line in (narrate(fact), *outcome.complaints()):
            if line is not None:
                self._log.write(*line)
        return durable, outcome

    async def flushed(self, timeout_s: float) -> bool:
        """Wait until all that was recorded is durable; tell whether it is, after `timeout_s` at the latest."""
        last = self._last
        if last is None:
            return True
        await asyncio.wait((last,), timeout=timeout_s)
        return last.done() and not last.cancelled() and last.exception() is None

    def save_snapshot(self) -> "Future[None]":
        """Save the fold as it is now."""
        durable = self._journal.save_snapshot(self._fold.to_bytes())
        durable.add_done_callback(self._look)
        return durable

    def _look(self, durable: "Future[None]") -> None:
        if durable.cancelled() or (error := durable.exception()) is None or self.failed_reason is not None:
            return
        self.failed_reason = str(error)
        self._log.error("engine", f"the journal cannot be written: {error}")
        if self._on_failure is not None:
            self._on_failure(self.failed_reason)
