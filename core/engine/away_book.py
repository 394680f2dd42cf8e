"""What has happened since each person's last console was there: counted from facts, so that a restart loses nothing.

Everything is counted from the first start on; a mark keeps the counts of a moment, a report is the difference.
"""

from collections import deque
from decimal import Decimal
from typing import Final

import msgspec

from core.journal.facts import (
    AnyFact,
    BlockerLifted,
    BlockerRaised,
    ConsoleAttached,
    ConsoleDetached,
    EngineStarted,
    JobCorrected,
    JobDropped,
    JobFinished,
)
from core.orders.outcome import Applied, TrackerOutcome
from core.state.away import AwayEvent, AwayReport, AwaySymbol

MAX_PERSONS: Final = 64
KEPT_EVENTS: Final = 100
_ZERO: Final = Decimal(0)


class SymbolTally(msgspec.Struct, frozen=True):
    fills: int = 0
    quantity: Decimal = _ZERO
    fees: Decimal = _ZERO


class Tally(msgspec.Struct, frozen=True):
    """Everything counted so far."""

    symbols: dict[str, SymbolTally] = {}
    jobs: dict[str, int] = {}
    blockers_raised: int = 0
    blockers_lifted: int = 0
    starts: int = 0
    events: int = 0


class Mark(msgspec.Struct, frozen=True):
    """How it stood when a person's last console went."""

    at_ns: int
    tally: Tally
    total_pnl_usd: Decimal | None = None
    open_orders: int | None = None


class AwayState(msgspec.Struct, frozen=True):
    """The book as a value, for snapshots."""

    tally: Tally = Tally()
    marks: dict[str, Mark] = {}
    present: dict[str, int] = {}
    started: Mark | None = None
    events: list[AwayEvent] = []
    last_ns: int = 0


def person_of(who: str) -> str:
    """Return whose console it is, wherever it looks from: console:alice@ssh is console:alice."""
    return who.partition("@")[0]


class AwayBook:
    """Fold facts; make reports. The standing of a moment, which no fact holds, is given by whoever asks."""

    def __init__(self) -> None:
        self.restore(AwayState())

    def apply(self, fact: AnyFact, moved: TrackerOutcome | None) -> None:
        if isinstance(moved, Applied):
            for fill in moved.fills:
                signed = fill.quantity if fill.side.value == "buy" else -fill.quantity
                self._count_fill(str(fill.instrument_id), signed, fill.fee)
        match fact:
            case EngineStarted():
                self._started_anew(fact)
            case BlockerRaised(blocker=blocker):
                self._raised += 1
                reason = f": {blocker.reason}" if blocker.reason else ""
                self._add_event(fact.at_ns, f"{blocker.level.name} {blocker.scope}, {blocker.cause}{reason}")
            case BlockerLifted():
                self._lifted += 1
                self._add_event(fact.at_ns, f"lifted {fact.cause} of {fact.scope}, by {fact.who}")
            case JobFinished():
                self._count_job(fact.outcome.value)
            case JobCorrected():
                self._count_job("corrected")
            case JobDropped():
                self._count_job("dropped")
            case ConsoleAttached():
                person = person_of(fact.who)
                self._present[person] = self._present.get(person, 0) + 1
            case ConsoleDetached():
                self._detached(fact)
            case _:
                pass
        self._last_ns = fact.at_ns

    def _started_anew(self, fact: EngineStarted) -> None:
        """Take who was there for gone since the last word of the run before: it ended without one."""
        for person in self._present:
            self._mark(person, Mark(self._last_ns, self.tally()))
        self._present.clear()
        self._starts += 1
        self._add_event(fact.at_ns, f"the engine started, run {fact.run}")
        self._started = Mark(fact.at_ns, self.tally())

    def _detached(self, fact: ConsoleDetached) -> None:
        person = person_of(fact.who)
        left = self._present.pop(person, 0) - 1
        if left > 0:
            self._present[person] = left
        else:
            self._mark(person, Mark(fact.at_ns, self.tally(), fact.total_pnl_usd, fact.open_orders))

    def _mark(self, person: str, mark: Mark) -> None:
        self._marks.pop(person, None)
        self._marks[person] = mark
        while len(self._marks) > MAX_PERSONS:
            del self._marks[next(iter(self._marks))]  # the one that went first

    def _count_fill(self, instrument: str, signed: Decimal, fee: Decimal) -> None:
        before = self._symbols.get(instrument, SymbolTally())
        self._symbols[instrument] = SymbolTally(before.fills + 1, before.quantity + signed, before.fees + fee)

    def _count_job(self, outcome: str) -> None:
        self._jobs[outcome] = self._jobs.get(outcome, 0) + 1

    def _add_event(self, at_ns: int, text: str) -> None:
        self._event_count += 1
        self._events.append(AwayEvent(at_ns=at_ns, text=text))

    # reading -----------------------------------------------------------------------------------------

    def tally(self) -> Tally:
        return Tally(dict(self._symbols), dict(self._jobs), self._raised, self._lifted, self._starts, self._event_count)

    def is_present(self, who: str) -> bool:
        return person_of(who) in self._present

    def report(
        self, who: str, *, console: str, now_ns: int, pnl_now_usd: Decimal | None, orders_now: int
    ) -> AwayReport:
        """Return what happened since this person's last console went, without the alarms: no fact holds those."""
        own = self._marks.get(person_of(who))
        mark, now = own or self._started or Mark(now_ns, self.tally()), self.tally()
        then = mark.tally
        new_events = min(len(self._events), now.events - then.events)
        return AwayReport(
            who=who,
            console=console,
            since_ns=mark.at_ns,
            until_ns=now_ns,
            was_here=own is not None,
            symbols=_new_fills(then, now),
            jobs={name: new for name, n in now.jobs.items() if (new := n - then.jobs.get(name, 0))},
            blockers_raised=now.blockers_raised - then.blockers_raised,
            blockers_lifted=now.blockers_lifted - then.blockers_lifted,
            restarts=now.starts - then.starts,
            events=list(self._events)[len(self._events) - new_events :],
            alarms_raised=0,
            alarms_cleared=0,
            alarms_since_ns=mark.at_ns,
            alarms=[],
            pnl_then_usd=mark.total_pnl_usd,
            pnl_now_usd=pnl_now_usd,
            orders_then=mark.open_orders,
            orders_now=orders_now,
        )

    # snapshots ---------------------------------------------------------------------------------------

    def to_state(self) -> AwayState:
        return AwayState(
            self.tally(), dict(self._marks), dict(self._present), self._started, list(self._events), self._last_ns
        )

    def restore(self, state: AwayState) -> None:
        tally = state.tally
        self._symbols, self._jobs = dict(tally.symbols), dict(tally.jobs)
        self._raised, self._lifted = tally.blockers_raised, tally.blockers_lifted
        self._starts, self._event_count = tally.starts, tally.events
        self._marks, self._present = dict(state.marks), dict(state.present)
        self._started, self._last_ns = state.started, state.last_ns
        self._events: deque[AwayEvent] = deque(state.events, maxlen=KEPT_EVENTS)


def _new_fills(then: Tally, now: Tally) -> list[AwaySymbol]:
    rows: list[AwaySymbol] = []
    for instrument, tally in now.symbols.items():
        before = then.symbols.get(instrument, SymbolTally())
        if tally.fills != before.fills:
            rows.append(
                AwaySymbol(
                    instrument=instrument,
                    fills=tally.fills - before.fills,
                    quantity=tally.quantity - before.quantity,
                    fees=tally.fees - before.fees,
                )
            )
    return sorted(rows, key=lambda row: -row.fills)
