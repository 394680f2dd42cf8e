"""The compiled pick of the scheduler: which of the ready jobs start, and in which order.

The twin of `core.jobs.selection`; a test holds both to the same picks. Nothing is sorted as a whole: each strategy's
few best are kept (`core.jobs.kept`), and again only where those are used up.
"""

import numpy as np
from numpy.typing import NDArray

from core.compiled import kernel
from core.jobs.columns import (
    ARB,
    FIRST_SHIFT,
    KIND,
    KIND_MASK,
    LEG,
    LEGS,
    MICRO,
    OPENING,
    PAIR,
    PICKED,
    QUANTITY,
    READY,
    SECOND_SHIFT,
    SIDE_MASK,
    STRATEGY_SHIFT,
    VENUE_SHIFT,
)
from core.jobs.kept import AT, KEPT, TOP, begin, is_better, offer
from core.jobs.packing import (
    ACTIVE,
    ARB_ROOM,
    ARB_TIGHT,
    AT_FIRST,
    CLOSABLE_COLUMNS,
    FREE_SLOTS,
    HEDGE_ROOM,
    HEDGE_TIGHT,
    IN_FLIGHT_ROOM,
    JOBS_ROOM,
    LEFT,
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
    rows: int,
    job_floats: Floats,
    job_ints: Ints,
    sequences: Ints,
    results: Floats,
    finals: Floats,
    status: Ints,
    closable: Floats,
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

    `ready` lists the `waiting` rows that passed. Rooms, and what may be closed, only shrink within a tick: a job that
    does not fit now will not fit later in it.
    """
    _keep_best(waiting, ready, rows, job_ints, sequences, finals, status, kept, cursors, floors)
    picked = 0
    while picked < account_ints[FREE_SLOTS]:
        best = -1
        best_strategy = -1
        is_used_up = False
        for strategy in range(len(kept)):
            row = _next_fitting(strategy, kept, cursors, rows, job_floats, job_ints, results, closable, venues)
            if row >= 0:
                if best < 0 or _goes_first(strategy, row, best_strategy, best, strategies, finals, sequences):
                    best = row
                    best_strategy = strategy
            elif cursors[strategy, KEPT] == TOP:
                is_used_up = True
        if is_used_up:
            waiting = _still_fitting(waiting, ready, rows, job_floats, job_ints, results, closable, venues)
            _keep_best(waiting, ready, rows, job_ints, sequences, finals, status, kept, cursors, floors)
            continue
        if best < 0:
            break
        _take_room(best, rows, job_floats, job_ints, results, closable, venues)
        status[best] = PICKED
        strategies[best_strategy * STRATEGY_COLUMNS + ACTIVE] += 1
        cursors[best_strategy, AT] += 1
        picks[picked] = best
        picked += 1
    return picked


@kernel
def _next_fitting(
    strategy: int,
    kept: Ints,
    cursors: Ints,
    rows: int,
    job_floats: Floats,
    job_ints: Ints,
    results: Floats,
    closable: Floats,
    venues: Floats,
) -> int:
    """Return the best kept job of a strategy that fits, -1 where none is left."""
    while cursors[strategy, AT] < cursors[strategy, KEPT]:
        row = int(kept[strategy, cursors[strategy, AT]])
        if _fits(row, rows, job_floats, job_ints, results, closable, venues):
            return row
        cursors[strategy, AT] += 1
    return -1


@kernel
def _goes_first(
    strategy: int, row: int, other_strategy: int, other: int, strategies: Ints, finals: Floats, sequences: Ints
) -> bool:
    active = strategies[strategy * STRATEGY_COLUMNS + ACTIVE]
    other_active = strategies[other_strategy * STRATEGY_COLUMNS + ACTIVE]
    return active < other_active or (active == other_active and is_better(row, other, finals, sequences))


@kernel
def _still_fitting(
    waiting: int,
    ready: Ints,
    rows: int,
    job_floats: Floats,
    job_ints: Ints,
    results: Floats,
    closable: Floats,
    venues: Floats,
) -> int:
    """Leave those rows in `ready` that still fit, and return how many they are.

    A loop of its own: as half of them may fit, a branch on that would be guessed wrong all the time.
    """
    left = 0
    for at in range(waiting):
        row = int(ready[at]) & _INDEX
        ready[left] = row
        left += _fits(row, rows, job_floats, job_ints, results, closable, venues)
    return left


@kernel
def _keep_best(
    waiting: int,
    ready: Ints,
    rows: int,
    job_ints: Ints,
    sequences: Ints,
    finals: Floats,
    status: Ints,
    kept: Ints,
    cursors: Ints,
    floors: Floats,
) -> None:
    """Keep the best of each strategy that are not picked; the first comparison turns nearly every job away."""
    begin(kept, cursors, floors)
    for at in range(waiting):
        row = int(ready[at]) & _INDEX
        strategy = job_ints[KIND * rows + row] >> STRATEGY_SHIFT & KIND_MASK
        if finals[row] >= floors[strategy] and status[row] == READY:
            offer(row, strategy, finals, sequences, kept, cursors, floors)


@kernel
def _fits(
    row: int, rows: int, job_floats: Floats, job_ints: Ints, results: Floats, closable: Floats, venues: Floats
) -> bool:
    kind = job_ints[KIND * rows + row]
    tight = HEDGE_TIGHT + (kind & ARB)
    if not kind & PAIR:
        return _all_fit(row, rows, tight, job_ints, results, venues) and _all_close(
            row, rows, job_floats, job_ints, results, closable
        )
    first = (kind >> FIRST_SHIFT & KIND_MASK) * VENUE_COLUMNS
    second = (kind >> SECOND_SHIFT & KIND_MASK) * VENUE_COLUMNS
    return (
        (results[OPENING * rows + row] <= venues[first + tight])
        & (results[(OPENING + 1) * rows + row] <= venues[second + tight])
        & (results[MICRO * rows + row] <= venues[first + NOTIONAL_ROOM])
        & (results[(MICRO + 1) * rows + row] <= venues[second + NOTIONAL_ROOM])
        & _can_close(0, row, rows, job_floats, job_ints, results, closable)
        & _can_close(1, row, rows, job_floats, job_ints, results, closable)
    )


@kernel
def _can_close(
    at: int, row: int, rows: int, job_floats: Floats, job_ints: Ints, results: Floats, closable: Floats
) -> bool:
    """Tell whether what a leg counts on to close is still there, whole: no job picked so far counts on it too."""
    side = (job_ints[(LEG + at) * rows + row] & SIDE_MASK) * CLOSABLE_COLUMNS
    closes = min(abs(job_floats[(QUANTITY + at) * rows + row]), closable[side + AT_FIRST])
    opens_all = results[(OPENING + at) * rows + row] >= results[(MICRO + at) * rows + row]
    return (closes <= closable[side + LEFT]) | opens_all


@kernel
def _all_fit(row: int, rows: int, tight: int, job_ints: Ints, results: Floats, venues: Floats) -> bool:
    """Compare what the legs are worth and open together at each venue with what is left there."""
    legs = job_ints[LEGS * rows + row]
    for at in range(legs):
        venue = job_ints[(LEG + at) * rows + row] >> VENUE_SHIFT
        total = opening = 0.0
        for other in range(legs):
            if job_ints[(LEG + other) * rows + row] >> VENUE_SHIFT == venue:
                total += results[(MICRO + other) * rows + row]
                opening += results[(OPENING + other) * rows + row]
        venue *= VENUE_COLUMNS
        if not ((opening <= venues[venue + tight]) & (total <= venues[venue + NOTIONAL_ROOM])):
            return False
    return True


@kernel
def _all_close(row: int, rows: int, job_floats: Floats, job_ints: Ints, results: Floats, closable: Floats) -> bool:
    for at in range(job_ints[LEGS * rows + row]):
        if not _can_close(at, row, rows, job_floats, job_ints, results, closable):
            return False
    return True


@kernel
def _take_room(
    row: int, rows: int, job_floats: Floats, job_ints: Ints, results: Floats, closable: Floats, venues: Floats
) -> None:
    pool = HEDGE_ROOM + (job_ints[KIND * rows + row] & ARB)
    for at in range(job_ints[LEGS * rows + row]):
        leg = job_ints[(LEG + at) * rows + row]
        worth, opens = results[(MICRO + at) * rows + row], results[(OPENING + at) * rows + row]
        if opens < worth:
            side = (leg & SIDE_MASK) * CLOSABLE_COLUMNS
            closable[side + LEFT] -= min(abs(job_floats[(QUANTITY + at) * rows + row]), closable[side + AT_FIRST])
        place = leg >> VENUE_SHIFT
        venue = place * VENUE_COLUMNS
        venues[venue + pool] -= opens
        venues[venue + IN_FLIGHT_ROOM] -= opens
        venues[venue + NOTIONAL_ROOM] -= worth
        is_first = True
        for before in range(at):
            if (job_ints[(LEG + before) * rows + row] >> VENUE_SHIFT) == place:
                is_first = False
        if is_first:
            venues[venue + JOBS_ROOM] -= 1.0
        bound = venues[venue + IN_FLIGHT_ROOM]
        if venues[venue + JOBS_ROOM] < 1.0:
            bound = -1.0
        venues[venue + HEDGE_TIGHT] = min(venues[venue + HEDGE_ROOM], bound)
        venues[venue + ARB_TIGHT] = min(venues[venue + ARB_ROOM], bound)
