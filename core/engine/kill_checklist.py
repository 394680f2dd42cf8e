"""What a halt has reached, venue by venue: asked, confirmed, what is left and why, and whether flat is proven."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from core.engine.flattening import Flattening
from core.engine.parts import EngineParts
from core.engine.reconciler import AccountRead, movements
from core.ports.venue import SendOutcome, SendResult
from core.risk.halts import GLOBAL
from core.state.monitoring import KillState, LeftPosition, VenueKill
from core.types.control import Blocker, HaltLevel

UNASKED: Final = "not asked yet"
UNANSWERED: Final = "has not answered yet"
CANCELLED: Final = "cancelled"
NS_PER_MS: Final = 1e6


class Question(msgspec.Struct, kw_only=True):
    """The cancel of everything at one venue, however often it is repeated within one halt."""

    asked_ns: int
    asked_monotonic_ns: int  # of the first time
    again_monotonic_ns: int  # of the newest time
    acknowledged_ns: int | None = None  # to be shown; the order of things is told by the steady clock
    acknowledged_monotonic_ns: int = 0
    acknowledged_ms: float | None = None
    answer: str = UNANSWERED


class KillChecklist:
    """Begins anew with each halt; a late answer to a question of an earlier one counts for nothing."""

    def __init__(
        self, parts: EngineParts, last_read: Callable[[str], AccountRead | None], flattening: Flattening
    ) -> None:
        self._parts = parts
        self._last_read = last_read
        self._flattening = flattening
        self._since_ns: int | None = None
        self._questions: dict[str, Question] = {}

    # what was asked and answered -----------------------------------------------------------------------

    def begin(self) -> None:
        """Ask and count anew, for somebody halts again."""
        self._questions.clear()
        self._since_ns = self._standing_since_ns()

    def follow(self) -> None:
        """Begin anew where another halt stands than the last time."""
        if self._standing_since_ns() != self._since_ns:
            self.begin()

    def ask(self, venue: str) -> Question:
        """Note that a venue is asked now."""
        monotonic_ns = self._parts.clock.monotonic_ns()
        question = self._questions.get(venue)
        if question is None:
            question = Question(
                asked_ns=self._parts.clock.utc_ns(), asked_monotonic_ns=monotonic_ns, again_monotonic_ns=monotonic_ns
            )
            self._questions[venue] = question
        question.again_monotonic_ns = monotonic_ns
        return question

    def answered(self, question: Question, result: SendResult) -> None:
        if result.outcome is not SendOutcome.ACCEPTED:
            question.answer = f"{result.outcome.value}: {result.reason}"
            return
        question.answer = CANCELLED
        if question.acknowledged_ns is None:
            question.acknowledged_ns = self._parts.clock.utc_ns()
            question.acknowledged_monotonic_ns = self._parts.clock.monotonic_ns()
            question.acknowledged_ms = (question.acknowledged_monotonic_ns - question.asked_monotonic_ns) / NS_PER_MS

    def question(self, venue: str) -> Question | None:
        return self._questions.get(venue)

    def answers(self) -> dict[str, str]:
        """Return, by venue, `cancelled` or what is missing."""
        return {venue: self._answer(venue) for venue in self._parts.desk.executions}

    def _answer(self, venue: str) -> str:
        question = self._questions.get(venue)
        return UNASKED if question is None else question.answer

    # what is left --------------------------------------------------------------------------------------

    def is_flat(self, venue: str) -> bool:
        """Tell whether the ledger knows of no order and no position there and the venue confirmed its cancels."""
        question = self._questions.get(venue)
        is_confirmed = question is not None and question.acknowledged_ns is not None
        return is_confirmed and not self._orders_left(venue) and not self._positions_left(venue)

    def flat_verified_ns(self, venue: str) -> int | None:
        """Return when the venue's account was read and showed nothing, asked for after the last movement there."""
        read, question = self._last_read(venue), self._questions.get(venue)
        if read is None or question is None or question.acknowledged_ns is None or not self.is_flat(venue):
            return None
        has_moved = read.asked_at != movements(self._parts.fold.ledger, venue)
        is_newer = not has_moved and read.asked_steady_ns >= question.acknowledged_monotonic_ns
        return read.read_ns if is_newer and not read.open_orders and not read.positions else None

    def _orders_left(self, venue: str) -> int:
        live = sum(order.intent.venue == venue and order.status.may_live for order in self._parts.fold.orders.live())
        return live + self._parts.held.count_at(venue)

    def _positions_left(self, venue: str) -> list[LeftPosition]:
        return [
            LeftPosition(
                symbol=position.symbol,
                quantity=position.quantity,
                reason=self._flattening.reasons.get(position.instrument_id, ""),
            )
            for position in self._parts.fold.ledger.positions()
            if position.venue == venue and position.quantity
        ]

    # as a value ----------------------------------------------------------------------------------------

    def state(self, *, is_journaled: bool) -> KillState | None:
        """Return the halt that stands over everything, None without one."""
        blocker = max(self._halting(), key=lambda each: each.level, default=None)
        if blocker is None:
            return None
        venues = {venue: self._venue(venue) for venue in self._parts.desk.executions}
        return KillState(
            level=blocker.level.name.lower(),
            cause=blocker.cause,
            since_ns=blocker.since_ns,
            who=blocker.who,
            reason=blocker.reason,
            is_journaled=is_journaled,
            is_finished=bool(venues) and all(_is_finished(venue, blocker.level) for venue in venues.values()),
            venues=venues,
        )

    def _venue(self, venue: str) -> VenueKill:
        question = self._questions.get(venue)
        return VenueKill(
            asked_ns=None if question is None else question.asked_ns,
            acknowledged_ns=None if question is None else question.acknowledged_ns,
            acknowledged_ms=None if question is None else question.acknowledged_ms,
            answer=self._answer(venue),
            orders_left=self._orders_left(venue),
            positions_left=self._positions_left(venue),
            flat_verified_ns=self.flat_verified_ns(venue),
        )

    def _standing_since_ns(self) -> int | None:
        return min((blocker.since_ns for blocker in self._halting()), default=None)

    def _halting(self) -> Iterable[Blocker]:
        standing = (*self._parts.fold.halts.blockers, *self._parts.conditions.blockers())
        return [each for each in standing if each.scope == GLOBAL and each.level >= HaltLevel.HALTED]


def _is_finished(venue: VenueKill, level: HaltLevel) -> bool:
    if venue.acknowledged_ns is None or venue.orders_left:
        return False
    return level < HaltLevel.FLATTEN or venue.flat_verified_ns is not None
