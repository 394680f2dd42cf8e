"""The compiled pick of the scheduler: which of the ready jobs start, and in which order.

The twin of `core.jobs.selection`; a test holds both to the same picks. Nothing is sorted as a whole: each strategy's
best jobs are kept in a small heap, and again only where those are used up.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.compiled import kernel
from core.jobs.columns import CROWDED, FINAL, IS_ARB, LEGS, PICKED, READY, SEQUENCE, STRATEGY
from core.jobs.packing import (
    ACTIVE,
    ARB_ROOM,
    FREE_SLOTS,
    HEDGE_ROOM,
    IN_FLIGHT_ROOM,
    JOBS_ROOM,
    NOTIONAL_ROOM,
    VENUE,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOP: Final = 64  # best jobs of a strategy that are kept in order at one time
CURSOR_COLUMNS: Final = 3
_AT, _KEPT, _LEFT_OUT = 0, 1, 2  # of a strategy's cursor: next place, places in use, jobs that found none


@kernel
def pick(
    count: int,
    job_ints: Ints,
    leg_instruments: Ints,
    leg_micro: Floats,
    scores: Floats,
    status: Ints,
    instrument_ints: Ints,
    venues: Floats,
    strategies: Ints,
    account_ints: Ints,
    kept: Ints,
    cursors: Ints,
    picks: Ints,
) -> int:
    """Write the rows to start, in order, into `picks` and return how many; rooms and active counts change as they go.

    `kept` has a row of TOP places for each strategy, `cursors` a row of three numbers. Rooms only shrink within a
    tick, so a job that does not fit now will not fit later in it.
    """
    picked = 0
    is_stale = True
    while picked < account_ints[FREE_SLOTS]:
        if is_stale:
            _keep_best(
                count, job_ints, leg_instruments, leg_micro, scores, status, instrument_ints, venues, kept, cursors
            )
            is_stale = False
        best = -1
        best_strategy = -1
        for strategy in range(len(strategies)):
            while cursors[strategy, _AT] < cursors[strategy, _KEPT]:
                row = kept[strategy, cursors[strategy, _AT]]
                if _fits(row, job_ints, leg_instruments, leg_micro, instrument_ints, venues):
                    break
                status[row] = CROWDED
                cursors[strategy, _AT] += 1
            if cursors[strategy, _AT] < cursors[strategy, _KEPT]:
                row = kept[strategy, cursors[strategy, _AT]]
                if (
                    best < 0
                    or strategies[strategy, ACTIVE] < strategies[best_strategy, ACTIVE]
                    or (
                        strategies[strategy, ACTIVE] == strategies[best_strategy, ACTIVE]
                        and _is_better(row, best, scores, job_ints)
                    )
                ):
                    best = row
                    best_strategy = strategy
            elif cursors[strategy, _LEFT_OUT]:
                is_stale = True
        if is_stale:
            continue
        if best < 0:
            break
        _take_room(best, job_ints, leg_instruments, leg_micro, instrument_ints, venues)
        status[best] = PICKED
        strategies[best_strategy, ACTIVE] += 1
        cursors[best_strategy, _AT] += 1
        picks[picked] = best
        picked += 1
    return picked


@kernel
def _keep_best(
    count: int,
    job_ints: Ints,
    leg_instruments: Ints,
    leg_micro: Floats,
    scores: Floats,
    status: Ints,
    instrument_ints: Ints,
    venues: Floats,
    kept: Ints,
    cursors: Ints,
) -> None:
    """Keep the TOP best ready jobs of each strategy that still fit, best first."""
    for strategy in range(len(cursors)):
        cursors[strategy, _AT] = 0
        cursors[strategy, _KEPT] = 0
        cursors[strategy, _LEFT_OUT] = 0
    for row in range(count):
        if status[row] != READY:
            continue
        strategy = job_ints[row, STRATEGY]
        size = cursors[strategy, _KEPT]
        if size == TOP and not _is_better(row, kept[strategy, 0], scores, job_ints):
            cursors[strategy, _LEFT_OUT] += 1
            continue
        if not _fits(row, job_ints, leg_instruments, leg_micro, instrument_ints, venues):
            status[row] = CROWDED
            continue
        if size < TOP:
            _sift_up(kept, strategy, size, row, scores, job_ints)
            cursors[strategy, _KEPT] = size + 1
        else:
            cursors[strategy, _LEFT_OUT] += 1
            _sift_down(kept, strategy, size, row, scores, job_ints)
    for strategy in range(len(cursors)):
        end = cursors[strategy, _KEPT] - 1
        while end > 0:  # the worst is on top of the heap, so that the best comes to stand first
            last = kept[strategy, end]
            kept[strategy, end] = kept[strategy, 0]
            _sift_down(kept, strategy, end, last, scores, job_ints)
            end -= 1


@kernel
def _is_better(one: int, other: int, scores: Floats, job_ints: Ints) -> bool:
    if scores[one, FINAL] != scores[other, FINAL]:
        return scores[one, FINAL] > scores[other, FINAL]
    return job_ints[one, SEQUENCE] < job_ints[other, SEQUENCE]


@kernel
def _sift_up(kept: Ints, strategy: int, at: int, row: int, scores: Floats, job_ints: Ints) -> None:
    while at > 0:
        parent = (at - 1) >> 1
        if not _is_better(kept[strategy, parent], row, scores, job_ints):
            break
        kept[strategy, at] = kept[strategy, parent]
        at = parent
    kept[strategy, at] = row


@kernel
def _sift_down(kept: Ints, strategy: int, size: int, row: int, scores: Floats, job_ints: Ints) -> None:
    """Put a row in place of the root of a heap of `size`."""
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and _is_better(kept[strategy, child], kept[strategy, child + 1], scores, job_ints):
            child += 1
        if not _is_better(row, kept[strategy, child], scores, job_ints):
            break
        kept[strategy, at] = kept[strategy, child]
        at = child
    kept[strategy, at] = row


@kernel
def _fits(
    row: int, job_ints: Ints, leg_instruments: Ints, leg_micro: Floats, instrument_ints: Ints, venues: Floats
) -> bool:
    pool = ARB_ROOM if job_ints[row, IS_ARB] else HEDGE_ROOM
    for at in range(job_ints[row, LEGS]):
        venue = instrument_ints[leg_instruments[row, at], VENUE]
        if venues[venue, JOBS_ROOM] < 1.0:
            return False
        total = 0.0
        for other in range(job_ints[row, LEGS]):
            if instrument_ints[leg_instruments[row, other], VENUE] == venue:
                total += leg_micro[row, other]
        if not (
            total <= venues[venue, pool]
            and total <= venues[venue, IN_FLIGHT_ROOM]
            and total <= venues[venue, NOTIONAL_ROOM]
        ):
            return False
    return True


@kernel
def _take_room(
    row: int, job_ints: Ints, leg_instruments: Ints, leg_micro: Floats, instrument_ints: Ints, venues: Floats
) -> None:
    pool = ARB_ROOM if job_ints[row, IS_ARB] else HEDGE_ROOM
    for at in range(job_ints[row, LEGS]):
        venue = instrument_ints[leg_instruments[row, at], VENUE]
        venues[venue, pool] -= leg_micro[row, at]
        venues[venue, IN_FLIGHT_ROOM] -= leg_micro[row, at]
        venues[venue, NOTIONAL_ROOM] -= leg_micro[row, at]
        is_first = True
        for before in range(at):
            if instrument_ints[leg_instruments[row, before], VENUE] == venue:
                is_first = False
        if is_first:
            venues[venue, JOBS_ROOM] -= 1.0
