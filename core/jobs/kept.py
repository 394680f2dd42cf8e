"""The few best jobs of each strategy, kept in order while all jobs go by; compiled.

One comparison with the worst that is kept turns nearly every job away. The others are so few, and the list so short,
that moving up what is worse costs less than a heap whose every step the processor has to guess.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.compiled import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOP: Final = 8
AT, KEPT = 0, 1  # of a strategy's cursor: next place to look at, places in use
CURSOR_COLUMNS: Final = 2


@kernel
def begin(kept: Ints, cursors: Ints, floors: Floats) -> None:
    """Forget all rows; `floors` has the score below which a strategy's jobs need not be offered."""
    for strategy in range(len(kept)):
        cursors[strategy, AT] = 0
        cursors[strategy, KEPT] = 0
        floors[strategy] = -math.inf


@kernel
def offer(row: int, strategy: int, finals: Floats, sequences: Ints, kept: Ints, cursors: Ints, floors: Floats) -> None:
    """Keep a row if it is among the TOP best of its strategy so far, best first."""
    at = cursors[strategy, KEPT]
    if at < TOP:
        cursors[strategy, KEPT] = at + 1
    elif is_better(row, kept[strategy, TOP - 1], finals, sequences):
        at = TOP - 1
    else:
        return
    while at > 0 and is_better(row, kept[strategy, at - 1], finals, sequences):
        kept[strategy, at] = kept[strategy, at - 1]
        at -= 1
    kept[strategy, at] = row
    if cursors[strategy, KEPT] == TOP:
        floors[strategy] = finals[kept[strategy, TOP - 1]]


@kernel
def is_better(one: int, other: int, finals: Floats, sequences: Ints) -> bool:
    """Compare two rows by final score, then age."""
    if finals[one] != finals[other]:
        return finals[one] > finals[other]
    return sequences[one] < sequences[other]
