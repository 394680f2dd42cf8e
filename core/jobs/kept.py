"""The few best jobs of each strategy, kept in a heap while all jobs go by; compiled.

A worst-first heap of TOP rows a strategy: one comparison with the worst that is kept turns nearly every job away.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.compiled import kernel
from core.jobs.columns import COLUMNS, SEQUENCE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOP: Final = 16
AT, KEPT, OFFERED = 0, 1, 2  # of a strategy's cursor: next place to look at, places in use, jobs that came by
CURSOR_COLUMNS: Final = 3


@kernel
def begin(kept: Ints, cursors: Ints, floors: Floats) -> None:
    """Forget all rows; `floors` has the score below which a strategy's jobs need not be offered."""
    for strategy in range(len(kept)):
        cursors[strategy, AT] = 0
        cursors[strategy, KEPT] = 0
        cursors[strategy, OFFERED] = 0
        floors[strategy] = -math.inf


@kernel
def offer(row: int, strategy: int, finals: Floats, job_ints: Ints, kept: Ints, cursors: Ints, floors: Floats) -> None:
    """Keep a row if it is among the TOP best of its strategy so far."""
    size = cursors[strategy, KEPT]
    if size < TOP:
        _rise(kept, strategy, size, row, finals, job_ints)
        cursors[strategy, KEPT] = size + 1
        size += 1
    elif is_better(row, kept[strategy, 0], finals, job_ints):
        _sink(kept, strategy, size, row, finals, job_ints)
    if size == TOP:
        floors[strategy] = finals[kept[strategy, 0]]


@kernel
def put_in_order(kept: Ints, cursors: Ints, finals: Floats, job_ints: Ints) -> None:
    """Turn each heap into a list, best first."""
    for strategy in range(len(kept)):
        end = cursors[strategy, KEPT] - 1
        while end > 0:  # the worst is on top of the heap, so that the best comes to stand first
            last = kept[strategy, end]
            kept[strategy, end] = kept[strategy, 0]
            _sink(kept, strategy, end, last, finals, job_ints)
            end -= 1


@kernel
def is_better(one: int, other: int, finals: Floats, job_ints: Ints) -> bool:
    """Compare two rows by final score, then age."""
    if finals[one] != finals[other]:
        return finals[one] > finals[other]
    return job_ints[one * COLUMNS + SEQUENCE] < job_ints[other * COLUMNS + SEQUENCE]


@kernel
def _rise(kept: Ints, strategy: int, at: int, row: int, finals: Floats, job_ints: Ints) -> None:
    while at > 0:
        parent = (at - 1) >> 1
        if not is_better(kept[strategy, parent], row, finals, job_ints):
            break
        kept[strategy, at] = kept[strategy, parent]
        at = parent
    kept[strategy, at] = row


@kernel
def _sink(kept: Ints, strategy: int, size: int, row: int, finals: Floats, job_ints: Ints) -> None:
    """Put a row in place of the root of a heap of `size`."""
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and is_better(kept[strategy, child], kept[strategy, child + 1], finals, job_ints):
            child += 1
        if not is_better(row, kept[strategy, child], finals, job_ints):
            break
        kept[strategy, at] = kept[strategy, child]
        at = child
    kept[strategy, at] = row
