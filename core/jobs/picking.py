"""The compiled pick of the scheduler: which of the ready jobs start, and in which order.

The twin of `core.jobs.selection`; a test holds both to the same picks. Nothing is sorted as a whole: each strategy's
best jobs are kept in a small heap, and again only where those are used up.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.compiled import kernel
from core.jobs.columns import (
    COLUMNS,
    CROWDED,
    FINAL,
    IS_ARB,
    LEG,
    LEGS,
    MICRO,
    PICKED,
    READY,
    SEQUENCE,
    STRATEGY,
    VENUE_SHIFT,
)
from core.jobs.packing import (
    ACTIVE,
    ARB_ROOM,
    ARB_TIGHT,
    FREE_SLOTS,
    HEDGE_ROOM,
    HEDGE_TIGHT,
    IN_FLIGHT_ROOM,
    JOBS_ROOM,
    NOTIONAL_ROOM,
    STRATEGY_COLUMNS,
    VENUE_COLUMNS,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOP: Final = 16  # best jobs of a strategy that are kept in order at one time
CURSOR_COLUMNS: Final = 3
_AT, _KEPT, _LEFT_OUT = 0, 1, 2  # of a strategy's cursor: next place, places in use, jobs that found none


@kernel
def pick(
    waiting: int,
    job_ints: Ints,
    results: Floats,
    status: Ints,
    venues: Floats,
    strategies: Ints,
    account_ints: Ints,
    ready: Ints,
    kept: Ints,
    cursors: Ints,
    picks: Ints,
) -> int:
    """Write the rows to start, in order, into `picks` and return how many; rooms and active counts change as they go.

    `ready` lists the `waiting` rows that passed; for each strategy `kept` has TOP places and `cursors` three numbers.
    Rooms only shrink within a tick, so a job that does not fit now will not fit later in it.
    """
    _keep_best(waiting, ready, job_ints, results, kept, cursors)
    picked = 0
    while picked < account_ints[FREE_SLOTS]:
        best = -1
        best_strategy = -1
        is_used_up = False
        for strategy in range(len(cursors)):
            row = _next_fitting(strategy, kept, cursors, job_ints, results, status, venues)
            if row >= 0:
                if best < 0 or _goes_first(strategy, row, best_strategy, best, strategies, results, job_ints):
                    best = row
                    best_strategy = strategy
            elif cursors[strategy, _LEFT_OUT]:
                is_used_up = True
        if is_used_up:
            waiting = _drop_unfit(waiting, ready, job_ints, results, status, venues)
            _keep_best(waiting, ready, job_ints, results, kept, cursors)
            continue
        if best < 0:
            break
        _take_room(best, job_ints, results, venues)
        status[best] = PICKED
        strategies[best_strategy * STRATEGY_COLUMNS + ACTIVE] += 1
        cursors[best_strategy, _AT] += 1
        picks[picked] = best
        picked += 1
    return picked


@kernel
def _next_fitting(
    strategy: int,
    kept: Ints,
    cursors: Ints,
    job_ints: Ints,
    results: Floats,
    status: Ints,
    venues: Floats,
) -> int:
    """Return the best kept job of a strategy that fits, -1 where none is left."""
    while cursors[strategy, _AT] < cursors[strategy, _KEPT]:
        row = kept[strategy, cursors[strategy, _AT]]
        if _fits(row, job_ints, results, venues):
            return int(row)
        status[row] = CROWDED
        cursors[strategy, _AT] += 1
    return -1


@kernel
def _goes_first(
    strategy: int, row: int, other_strategy: int, other: int, strategies: Ints, results: Floats, job_ints: Ints
) -> bool:
    active, other_active = (
        strategies[strategy * STRATEGY_COLUMNS + ACTIVE],
        strategies[other_strategy * STRATEGY_COLUMNS + ACTIVE],
    )
    return active < other_active or (active == other_active and _is_better(row, other, results, job_ints))


@kernel
def _drop_unfit(
    waiting: int,
    ready: Ints,
    job_ints: Ints,
    results: Floats,
    status: Ints,
    venues: Floats,
) -> int:
    """Leave those rows in `ready` that are and still fit; return how many."""
    left = 0
    for at in range(waiting):
        row = ready[at]
        is_ready = status[row] == READY
        fits = _fits(row, job_ints, results, venues)
        status[row] = CROWDED if is_ready & (not fits) else status[row]
        ready[left] = row
        left += is_ready & fits
    return left


@kernel
def _keep_best(waiting: int, ready: Ints, job_ints: Ints, results: Floats, kept: Ints, cursors: Ints) -> None:
    """Keep the TOP best ready jobs of each strategy, best first."""
    for strategy in range(len(cursors)):
        cursors[strategy, _AT] = 0
        cursors[strategy, _KEPT] = 0
        cursors[strategy, _LEFT_OUT] = 0
    for at in range(waiting):
        row = ready[at]
        strategy = job_ints[row * COLUMNS + STRATEGY]
        size = cursors[strategy, _KEPT]
        if size < TOP:
            _sift_up(kept, strategy, size, row, results, job_ints)
            cursors[strategy, _KEPT] = size + 1
            continue
        cursors[strategy, _LEFT_OUT] += 1
        if _is_better(row, kept[strategy, 0], results, job_ints):
            _sift_down(kept, strategy, size, row, results, job_ints)
    for strategy in range(len(cursors)):
        end = cursors[strategy, _KEPT] - 1
        while end > 0:  # the worst is on top of the heap, so that the best comes to stand first
            last = kept[strategy, end]
            kept[strategy, end] = kept[strategy, 0]
            _sift_down(kept, strategy, end, last, results, job_ints)
            end -= 1


@kernel
def _is_better(one: int, other: int, results: Floats, job_ints: Ints) -> bool:
    if results[one * COLUMNS + FINAL] != results[other * COLUMNS + FINAL]:
        return results[one * COLUMNS + FINAL] > results[other * COLUMNS + FINAL]
    return job_ints[one * COLUMNS + SEQUENCE] < job_ints[other * COLUMNS + SEQUENCE]


@kernel
def _sift_up(kept: Ints, strategy: int, at: int, row: int, results: Floats, job_ints: Ints) -> None:
    while at > 0:
        parent = (at - 1) >> 1
        if not _is_better(kept[strategy, parent], row, results, job_ints):
            break
        kept[strategy, at] = kept[strategy, parent]
        at = parent
    kept[strategy, at] = row


@kernel
def _sift_down(kept: Ints, strategy: int, size: int, row: int, results: Floats, job_ints: Ints) -> None:
    """Put a row in place of the root of a heap of `size`."""
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and _is_better(kept[strategy, child], kept[strategy, child + 1], results, job_ints):
            child += 1
        if not _is_better(row, kept[strategy, child], results, job_ints):
            break
        kept[strategy, at] = kept[strategy, child]
        at = child
    kept[strategy, at] = row


@kernel
def _fits(row: int, job_ints: Ints, results: Floats, venues: Floats) -> bool:
    tight = HEDGE_TIGHT + job_ints[row * COLUMNS + IS_ARB]
    fits = True
    for at in range(job_ints[row * COLUMNS + LEGS]):
        venue = job_ints[row * COLUMNS + LEG + at] >> VENUE_SHIFT
        total = results[row * COLUMNS + MICRO + at]
        for other in range(job_ints[row * COLUMNS + LEGS]):
            if other != at and (job_ints[row * COLUMNS + LEG + other] >> VENUE_SHIFT) == venue:
                total += results[row * COLUMNS + MICRO + other]
        fits &= total <= venues[venue * VENUE_COLUMNS + tight]
    return fits


@kernel
def _take_room(row: int, job_ints: Ints, results: Floats, venues: Floats) -> None:
    pool = HEDGE_ROOM + job_ints[row * COLUMNS + IS_ARB]
    for at in range(job_ints[row * COLUMNS + LEGS]):
        venue = job_ints[row * COLUMNS + LEG + at] >> VENUE_SHIFT
        venues[venue * VENUE_COLUMNS + pool] -= results[row * COLUMNS + MICRO + at]
        venues[venue * VENUE_COLUMNS + IN_FLIGHT_ROOM] -= results[row * COLUMNS + MICRO + at]
        venues[venue * VENUE_COLUMNS + NOTIONAL_ROOM] -= results[row * COLUMNS + MICRO + at]
        is_first = True
        for before in range(at):
            if (job_ints[row * COLUMNS + LEG + before] >> VENUE_SHIFT) == venue:
                is_first = False
        if is_first:
            venues[venue * VENUE_COLUMNS + JOBS_ROOM] -= 1.0
        both = min(venues[venue * VENUE_COLUMNS + IN_FLIGHT_ROOM], venues[venue * VENUE_COLUMNS + NOTIONAL_ROOM])
        if venues[venue * VENUE_COLUMNS + JOBS_ROOM] < 1.0:
            both = -1.0
        venues[venue * VENUE_COLUMNS + HEDGE_TIGHT] = min(venues[venue * VENUE_COLUMNS + HEDGE_ROOM], both)
        venues[venue * VENUE_COLUMNS + ARB_TIGHT] = min(venues[venue * VENUE_COLUMNS + ARB_ROOM], both)
