"""All held orders, folded from facts; a restart goes on with them."""

from collections.abc import Iterator
from typing import Final

import msgspec

from core.held.run import HeldEnd, HeldRun, HeldTrigger
from core.journal.facts import AnyFact, HeldOrderEnded, HeldOrderPlaced, HeldOrderTriggered, OrderRefused
from core.orders.outcome import Applied, TrackerOutcome
from core.risk.verdict import reasons_of
from core.types.instrument import InstrumentId

KEPT_ENDED: Final = 200


class HeldBookState(msgspec.Struct, frozen=True):
    """The runs as a value, for snapshots."""

    active: list[HeldRun] = []
    ended: list[HeldRun] = []  # oldest first


class HeldBook:
    """Runs by held id. One that has ended stays active while an order of it may live: that is to be cancelled."""

    def __init__(self) -> None:
        self._active: dict[str, HeldRun] = {}
        self._ended: dict[str, HeldRun] = {}
        self._on: dict[InstrumentId, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._active)

    def __iter__(self) -> Iterator[HeldRun]:
        return iter(tuple(self._active.values()))

    def get(self, held_id: str) -> HeldRun | None:
        """Return a run that is held or has ended lately."""
        return self._active.get(held_id) or self._ended.get(held_id)

    def active(self, held_id: str) -> HeldRun | None:
        return self._active.get(held_id)

    def on(self, instrument_id: InstrumentId) -> tuple[str, ...]:
        """Return the held orders on an instrument, the oldest first."""
        return tuple(self._on.get(instrument_id, ()))

    def held(self) -> list[HeldRun]:
        """Return those that still wait for something, the oldest first."""
        return [run for run in self._active.values() if run.end is None]

    def ended(self) -> Iterator[HeldRun]:
        """Yield those that ended lately, the newest first."""
        return reversed(self._ended.values())

    def apply(self, fact: AnyFact, moved: TrackerOutcome | None, applied: int) -> None:
        """Fold one fact; `moved` is what the order tracker made of it, `applied` counts the facts so far."""
        match fact:
            case HeldOrderPlaced():
                self._file(HeldRun(order=fact.order))
            case HeldOrderTriggered():
                run = self._active.get(fact.held_id)
                if run is not None and run.trigger is None:
                    run.trigger = HeldTrigger(at_ns=fact.at_ns, price=fact.price, by=fact.by)
            case HeldOrderEnded():
                run = self._active.get(fact.held_id)
                if run is not None and run.end is None:
                    run.end = HeldEnd(at_ns=fact.at_ns, outcome=fact.outcome, reason=fact.reason)
                    self._file(run)
            case OrderRefused() if fact.intent.held is not None:
                run = self._active.get(fact.intent.held.held_id)
                if run is not None:
                    run.refuse(fact.intent.held.role, reasons_of(fact.checks), fact.at_ns)
            case _:
                pass
        if isinstance(moved, Applied) and moved.order.intent.held is not None:
            run = self.get(moved.order.intent.held.held_id)
            if run is not None:
                run.follow(moved.order, fact.at_ns, applied)
                self._file(run)

    def _file(self, run: HeldRun) -> None:
        """Put a run among the active or the ended ones; an order that comes back to life brings its run back."""
        held_id, instrument_id = run.order.held_id, run.order.instrument_id
        if run.end is None or run.live:
            self._ended.pop(held_id, None)
            self._active[held_id] = run
            self._on.setdefault(instrument_id, {})[held_id] = None
            return
        self._active.pop(held_id, None)
        on = self._on.get(instrument_id, {})
        on.pop(held_id, None)
        if not on:
            self._on.pop(instrument_id, None)
        self._ended[held_id] = run
        if len(self._ended) > KEPT_ENDED:
            del self._ended[next(iter(self._ended))]

    # snapshots -------------------------------------------------------------------------------------

    def to_state(self) -> HeldBookState:
        return HeldBookState(
            active=[_copy(run) for run in self._active.values()], ended=[_copy(run) for run in self._ended.values()]
        )

    def restore(self, state: HeldBookState) -> None:
        """Become what `to_state` saw."""
        self._active, self._ended, self._on = {}, {}, {}
        for run in (*state.active, *state.ended):
            self._file(_copy(run))


def _copy(run: HeldRun) -> HeldRun:
    return msgspec.structs.replace(run, children=list(run.children), refusals=dict(run.refusals))
