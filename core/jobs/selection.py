"""Judge all pending jobs and pick those to start, in objects: what the compiled form must agree with.

It serves while the compiler is not ready, and in tests. The rule of the pick: while a slot is free, the next to start
is a job that still fits into the rooms of its venues, of the strategy that has the fewest jobs running or picked; of
those the one with the best final score, then the oldest. So a strategy with thousands of jobs cannot keep another
from its share of the slots.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from core.jobs.columns import (
    EXPIRED,
    EXPIRES,
    HELD_UNTIL,
    MICRO,
    PICKED,
    READY,
    REFUSED,
    SEQUENCE,
    WAITING,
    PendingColumns,
)
from core.jobs.controls.case import closable_quantity, open_case, pool_of, room_micro, scores_of
from core.jobs.controls.job import venue_notional_room
from core.jobs.controls.leg import sight_of
from core.jobs.evaluation import decide, failed_controls
from core.jobs.market import JobMarket
from core.jobs.rulebook import Rulebook
from core.jobs.verdict import JobDecision
from core.types.capital import Pool
from core.types.instrument import InstrumentId
from core.types.order import Side


class Selector(Protocol):
    """Writes masks, scores and status of all rows of `columns` and returns the rows to start, first one first."""

    def select(self, columns: PendingColumns, market: JobMarket, running: Mapping[str, int]) -> list[int]:
        """Judge and pick; `running` counts the running jobs of each strategy."""
        ...


class Candidate(NamedTuple):
    """A job that is ready to start, and what it would take of each venue; amounts in millionths of a dollar."""

    row: int
    strategy: str
    pool: Pool
    final: float
    sequence: int
    worth: dict[str, float]  # by venue
    binds: dict[str, float]  # by venue: what of that it opens
    closes: dict[tuple[InstrumentId, Side], float]  # quantities that it counts on to close


class Rooms:
    """What is left at each venue while jobs are picked."""

    def __init__(self, market: JobMarket, rules: Rulebook) -> None:
        venues = market.venues
        self._pools = {
            (name, pool): room_micro(venue.room_usd(pool)) for name, venue in venues.items() for pool in Pool
        }
        self._in_flight = {name: room_micro(venue.in_flight_room_usd) for name, venue in venues.items()}
        self._notional = {name: venue_notional_room(venue, rules) for name, venue in venues.items()}
        self._closable = {
            (look.instrument_id, side): closable_quantity(sight_of(look.instrument_id, market, rules), side)
            for look in market.instruments.values()
            for side in Side
        }
        self._jobs = {name: rules.jobs.max_running_per_venue - venue.running_jobs for name, venue in venues.items()}

    def fits(self, candidate: Candidate) -> bool:
        """Tell whether a candidate's legs find room at each venue, and all that they count on to close."""
        return all(
            self._jobs[venue] >= 1
            and micro <= self._pools[venue, candidate.pool]
            and micro <= self._in_flight[venue]
            and candidate.worth[venue] <= self._notional[venue]
            for venue, micro in candidate.binds.items()
        ) and all(quantity <= self._closable[side] for side, quantity in candidate.closes.items())

    def take(self, candidate: Candidate) -> None:
        for venue, micro in candidate.binds.items():
            self._jobs[venue] -= 1
            self._pools[venue, candidate.pool] -= micro
            self._in_flight[venue] -= micro
            self._notional[venue] -= candidate.worth[venue]
        for side, quantity in candidate.closes.items():
            self._closable[side] -= quantity


class ObjectSelector:
    """The plain form."""

    def __init__(self, rules: Rulebook) -> None:
        self._rules = rules

    def select(self, columns: PendingColumns, market: JobMarket, running: Mapping[str, int]) -> list[int]:
        """Judge each job by every control, then pick."""
        ready = [
            candidate for row in range(len(columns)) if (candidate := self._judge(columns, row, market)) is not None
        ]
        limit, runs = self._rules.jobs.max_running, market.account.running_jobs
        picked = pick(ready, Rooms(market, self._rules), running, max(0, limit - max(0, runs)))
        for row in picked:
            columns.status[row] = PICKED
        return picked

    def _judge(self, columns: PendingColumns, row: int, market: JobMarket) -> Candidate | None:
        job = columns.jobs[row]
        case = open_case(job, market, self._rules)
        mask, scores = failed_controls(case), scores_of(case)
        columns.masks[row] = mask
        columns.results[:MICRO, row] = (scores.safety, scores.volume)
        columns.finals[row] = scores.final
        columns.leg_micro[row, : len(job.legs)] = case.leg_micro
        columns.opening_micro[row, : len(job.legs)] = case.opening_micro
        columns.status[row] = self._status(columns, row, decide(mask, market.account), market.account.now_ns)
        if columns.status[row] != READY:
            return None
        return Candidate(
            row,
            job.strategy,
            pool_of(job),
            scores.final,
            sequence=int(columns.ints[SEQUENCE, row]),
            worth={venue: case.venue_micro(venue) for venue in job.venues},
            binds={venue: case.venue_opening_micro(venue) for venue in job.venues},
            closes=case.closes(),
        )

    def _status(self, columns: PendingColumns, row: int, decision: JobDecision, now_ns: int) -> int:
        if columns.ints[EXPIRES, row] <= now_ns:
            return EXPIRED
        if decision is JobDecision.REFUSED:
            return REFUSED
        if decision is JobDecision.WAITING or columns.ints[HELD_UNTIL, row] > now_ns:
            return WAITING
        return READY


def pick(ready: list[Candidate], rooms: Rooms, running: Mapping[str, int], slots: int) -> list[int]:
    """Return the rows to start, in order."""
    active = dict(running)
    picked: list[int] = []
    left = list(ready)
    while len(picked) < slots:
        left = [candidate for candidate in left if rooms.fits(candidate)]
        if not left:
            break
        best = min(left, key=lambda each: (active.get(each.strategy, 0), -each.final, each.sequence))
        rooms.take(best)
        active[best.strategy] = active.get(best.strategy, 0) + 1
        picked.append(best.row)
        left.remove(best)
    return picked
