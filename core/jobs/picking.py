"""The compiled pick of the scheduler: which of the ready jobs start, and in which order.

The twin of `core.jobs.selection`; a test holds both to the same picks. Nothing is sorted as a whole: each strategy's
few best are kept (`core.jobs.kept`), and again only where those are used up.
"""

import numpy as np
from numpy.typing import NDArray

from core.compiled import kernel
from core.jobs.columns import (
    COLUMNS,
    CROWDED,
    IS_ARB,
    LEG,
    LEGS,
    MICRO,
    PICKED,
    READY,
    STRATEGY,
    VENUE_SHIFT,
)
from core.jobs.kept import AT, KEPT, OFFERED, begin, is_better, offer, put_in_order
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

_INDEX = (1 << 32) - 1  # shows the compiler that an index is not negative: nothing is looked up from the end


@kernel
def pick(
    waiting: int,
    job_ints: Ints,
    results: Floats,
    finals: Floats,
    status: Ints,
    venues: Floats,
    strategies: Ints,
    account_ints: Ints,
    kept: Ints,
    cursors: Ints,
    floors: Floats,
    ready: Ints,
    picks: Ints,
) -> int:
    """Write the rows to start, in order, into `picks` and return how many; rooms and active counts change as they go.

    `ready` lists the `waiting` rows that passed; the best of each strategy are kept already. Rooms only shrink within
    a tick, so a job that does not fit now will not fit later in it.
    """
    put_in_order(kept, cursors, finals, job_ints)
    picked = 0
    while picked < account_ints[FREE_SLOTS]:
        best = -1
        best_strategy = -1
        is_used_up = False
        for strategy in range(len(kept)):
            row = _next_fitting(strategy, kept, cursors, job_ints, results, status, venues)
            if row >= 0:
                if best < 0 or _goes_first(strategy, row, best_strategy, best, strategies, finals, job_ints):
                    best = row
                    best_strategy = strategy
            elif cursors[strategy, OFFERED] > cursors[strategy, KEPT]:
                is_used_up = True
        if is_used_up:
            waiting = _keep_again(waiting, ready, job_ints, results, finals, status, venues, kept, cursors, floors)
            continue
        if best < 0:
            break
        _take_room(best, job_ints, results, venues)
        status[best] = PICKED
        strategies[best_strategy * STRATEGY_COLUMNS + ACTIVE] += 1
        cursors[best_strategy, AT] += 1
        picks[picked] = best
        picked += 1
    return picked


@kernel
def _next_fitting(
    strategy: int, kept: Ints, cursors: Ints, job_ints: Ints, results: Floats, status: Ints, venues: Floats
) -> int:
    """Return the best kept job of a strategy that fits, -1 where none is left."""
    while cursors[strategy, AT] < cursors[strategy, KEPT]:
        row = int(kept[strategy, cursors[strategy, AT]])
        if _fits(row, job_ints, results, venues):
            return row
        status[row] = CROWDED
        cursors[strategy, AT] += 1
    return -1


@kernel
def _goes_first(
    strategy: int, row: int, other_strategy: int, other: int, strategies: Ints, finals: Floats, job_ints: Ints
) -> bool:
    active = strategies[strategy * STRATEGY_COLUMNS + ACTIVE]
    other_active = strategies[other_strategy * STRATEGY_COLUMNS + ACTIVE]
    return active < other_active or (active == other_active and is_better(row, other, finals, job_ints))


@kernel
def _keep_again(
    waiting: int,
    ready: Ints,
    job_ints: Ints,
    results: Floats,
    finals: Floats,
    status: Ints,
    venues: Floats,
    kept: Ints,
    cursors: Ints,
    floors: Floats,
) -> int:
    """Leave those rows in `ready` that are and still fit, keep their best, and return how many there are."""
    begin(kept, cursors, floors)
    left = 0
    for at in range(waiting):
        row = int(ready[at]) & _INDEX
        is_ready = status[row] == READY
        fits = _fits(row, job_ints, results, venues)
        status[row] = CROWDED if is_ready & (not fits) else status[row]
        ready[left] = row
        left += is_ready & fits
        strategy = job_ints[row * COLUMNS + STRATEGY] & _INDEX
        cursors[strategy, OFFERED] += is_ready & fits
        if is_ready & fits & (finals[row] >= floors[strategy]):
            offer(row, strategy, finals, job_ints, kept, cursors, floors)
    put_in_order(kept, cursors, finals, job_ints)
    return left


@kernel
def _fits(row: int, job_ints: Ints, results: Floats, venues: Floats) -> bool:
    start = (row & _INDEX) * COLUMNS
    tight = HEDGE_TIGHT + (job_ints[start + IS_ARB] & 1)
    legs = job_ints[start + LEGS]
    first = job_ints[start + LEG] >> VENUE_SHIFT & _INDEX
    second = job_ints[start + LEG + 1] >> VENUE_SHIFT & _INDEX
    if legs > 2 or first == second:
        return _all_fit(start, legs, tight, job_ints, results, venues)
    return (results[start + MICRO] <= venues[first * VENUE_COLUMNS + tight]) & (
        results[start + MICRO + 1] <= venues[second * VENUE_COLUMNS + tight]
    )


@kernel
def _all_fit(start: int, legs: int, tight: int, job_ints: Ints, results: Floats, venues: Floats) -> bool:
    """Compare what the legs bind together at each venue with what is left there."""
    for at in range(legs):
        venue = job_ints[start + LEG + at] >> VENUE_SHIFT
        total = 0.0
        for other in range(legs):
            if job_ints[start + LEG + other] >> VENUE_SHIFT == venue:
                total += results[start + MICRO + other]
        if not total <= venues[venue * VENUE_COLUMNS + tight]:
            return False
    return True


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
