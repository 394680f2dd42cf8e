"""Pending jobs as arrays, kept as jobs come and go, so that a tick reads no object.

One row of an array is one number of all jobs, so that a processor takes several jobs in one step.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.jobs.controls.case import notional_micro, notional_share, pool_of, signed_quantity
from core.jobs.rulebook import Rulebook
from core.types.capital import Pool
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob, JobType
from core.types.order import Side

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MAX_LEGS: Final = 8
NOTIONAL, SHARE, EDGE, EDGE_AND_LOSS, QUANTITY = (
    0,
    1,
    2,
    3,
    4,
)  # of `floats`; then one a leg, sells negative
EXPIRES, HELD_UNTIL, KIND, LEGS, LEG = 0, 1, 2, 3, 4  # of `ints`; then one a leg
SEQUENCE: Final = LEG + MAX_LEGS
# Of `results`; from MICRO on one a leg: its worth, then what of it opens. The final score is apart: all look at it.
SAFETY, VOLUME, MICRO = 0, 1, 2
OPENING: Final = MICRO + MAX_LEGS
FLOATS, INTS, RESULTS = QUANTITY + MAX_LEGS, SEQUENCE + 1, OPENING + MAX_LEGS

# A leg is `venue << VENUE_SHIFT | instrument << 1 | sells`, all of them slots; the last two name a side of a book.
VENUE_SHIFT: Final = 32
SIDE_MASK: Final = (1 << VENUE_SHIFT) - 1

# A kind is one of the bits below, the venues of the first two legs and the strategy, which are slots of 20 bits each.
ARB, REBALANCE, PAIR = 1, 2, 4  # PAIR: two legs at two venues
FIRST_SHIFT, SECOND_SHIFT, STRATEGY_SHIFT = 3, 23, 43
KIND_MASK: Final = (1 << SECOND_SHIFT - FIRST_SHIFT) - 1

WAITING, READY, REFUSED, EXPIRED, PICKED = 0, 1, 2, 3, 4  # of `status`

# Rows of numbers that lie a power of two apart share few places of a processor's cache and push each other out of it.
_LESS: Final = 24
_FIRST_ROWS: Final = 64 - _LESS


class Slots:
    """Small numbers for names, given in the order in which the names come up."""

    def __init__(self) -> None:
        self.instruments: dict[InstrumentId, int] = {}
        self.strategies: dict[str, int] = {}
        self.venues: dict[str, int] = {}

    def venue(self, name: str) -> int:
        return self.venues.setdefault(name, len(self.venues))

    def instrument(self, instrument_id: InstrumentId) -> int:
        return self.instruments.setdefault(instrument_id, len(self.instruments))

    def strategy(self, name: str) -> int:
        return self.strategies.setdefault(name, len(self.strategies))


class PendingColumns:
    """One row a pending job. Rows are dense: where one leaves, the last takes its place."""

    def __init__(self, rules: Rulebook) -> None:
        self._rules = rules
        self.slots = Slots()
        self.jobs: list[HedgeJob] = []  # by row
        self._rows: dict[str, int] = {}
        self._make(_FIRST_ROWS)

    def __len__(self) -> int:
        return len(self.jobs)

    def row_of(self, job_id: str) -> int:
        return self._rows[job_id]

    def add(self, job: HedgeJob, sequence: int) -> None:
        """Append a job; `sequence` rises with each one and settles ties in favour of the older."""
        row = len(self.jobs)
        if len(job.legs) > MAX_LEGS:
            raise ValueError(f"job {job.job_id} has {len(job.legs)} legs; allowed are at most {MAX_LEGS}")
        if row == len(self.status):
            self._grow()
        self.floats[:QUANTITY, row] = (
            notional_micro(job),
            notional_share(job, self._rules),
            float(job.expected_edge_bps),
            float(job.expected_edge_bps) + float(job.max_acceptable_loss_bps),
        )
        self.ints[:LEG, row] = (
            job.expires_ns,
            0,
            self._kind_of(job),
            len(job.legs),
        )
        self.ints[SEQUENCE, row] = sequence
        for at, leg in enumerate(job.legs):
            side = 2 * self.slots.instrument(leg.instrument_id) + (leg.side is Side.SELL)
            self.ints[LEG + at, row] = self.slots.venue(leg.venue) << VENUE_SHIFT | side
            self.floats[QUANTITY + at, row] = signed_quantity(leg)
        self.results[:, row], self.finals[row], self.masks[row], self.status[row] = 0.0, 0.0, 0, WAITING
        self.jobs.append(job)
        self._rows[job.job_id] = row

    def _kind_of(self, job: HedgeJob) -> int:
        strategy, venues = self.slots.strategy(job.strategy), [self.slots.venue(leg.venue) for leg in job.legs[:2]]
        if max(strategy, *venues, 0) > KIND_MASK:
            raise ValueError(f"job {job.job_id} has a name too many; known are at most {KIND_MASK + 1} of a kind")
        kind = strategy << STRATEGY_SHIFT
        for venue, shift in zip(venues, (FIRST_SHIFT, SECOND_SHIFT), strict=False):
            kind |= venue << shift
        kind |= ARB * (pool_of(job) is Pool.ARB) | REBALANCE * (job.strategy_type is JobType.REBALANCE)
        return kind | PAIR * (len(job.legs) == len(set(venues)) == 2)

    def remove(self, job_id: str) -> None:
        """Take a job out; the last row moves to its place."""
        row = self._rows.pop(job_id)
        last = self.jobs.pop()
        if last.job_id == job_id:
            return
        end = len(self.jobs)
        self.jobs[row] = last
        self._rows[last.job_id] = row
        for column in self._columns():
            column[..., row] = column[..., end]

    def sequence_of(self, row: int) -> int:
        return int(self.ints[SEQUENCE, row])

    @property
    def scores(self) -> Floats:
        """Safety, volume and final score of each row."""
        return np.column_stack((self.results[SAFETY], self.results[VOLUME], self.finals))

    @property
    def leg_micro(self) -> Floats:
        """What each leg of each row is worth; a view, jobs first."""
        return self.results[MICRO:OPENING].T

    @property
    def opening_micro(self) -> Floats:
        """What of that each leg opens, and so binds; a view, jobs first."""
        return self.results[OPENING:].T

    def closes(self, row: int) -> bool:
        """Tell whether a job counts on closing a position, as its last tick judged it."""
        return bool((self.opening_micro[row] < self.leg_micro[row]).any())

    def hold(self, job_id: str, until_ns: int) -> None:
        """Let a job be passed over until then."""
        row = self._rows[job_id]
        self.ints[HELD_UNTIL, row], self.status[row] = until_ns, WAITING

    def rank_of(self, job_id: str) -> int:
        """Return a job's place among all pending ones by final score, then age; the first is 1."""
        row, count = self._rows[job_id], len(self.jobs)
        final, sequence = self.finals[:count], self.ints[SEQUENCE, :count]
        ahead = (final > final[row]) | ((final == final[row]) & (sequence < sequence[row]))
        return 1 + int(np.count_nonzero(ahead))

    def best(self, most: int) -> list[int]:
        """Return the rows of the best jobs by final score, then age."""
        count = len(self.jobs)
        order = np.lexsort((self.ints[SEQUENCE, :count], -self.finals[:count]))
        return order[:most].tolist()

    def _columns(self) -> tuple[Floats | Ints, ...]:
        return self.floats, self.ints, self.results, self.finals, self.masks, self.status

    def _make(self, rows: int) -> None:
        self.floats: Floats = np.zeros((FLOATS, rows))
        self.ints: Ints = np.zeros((INTS, rows), np.int64)
        self.results: Floats = np.zeros((RESULTS, rows))
        self.finals: Floats = np.zeros(rows)
        self.masks: Ints = np.zeros(rows, np.int64)
        self.status: Ints = np.zeros(rows, np.int64)

    def _grow(self) -> None:
        """Double the rows and keep what there is."""
        old, rows = self._columns(), len(self.status)
        self._make(2 * (rows + _LESS) - _LESS)
        for before, now in zip(old, self._columns(), strict=True):
            now[..., :rows] = before
