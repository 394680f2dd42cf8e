"""Many decimal texts, one behind the other, counted in steps at once."""

import numpy as np
from numpy.typing import NDArray

from core.book.decimals import parse_steps
from core.compiled import kernel

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

SEPARATOR = 44  # a comma


@kernel
def count_steps(text: Bytes, length: int, mantissa: int, decimals: int, steps: Ints) -> int:
    """Read ``number,number,…`` into `steps`; return the bytes read, or -1 minus the place of one that is no number.

    `text` needs a comma behind its last number and the padding that `parse_steps` asks for.
    """
    at, place = 0, 0
    while at < length:
        found, end = parse_steps(text, at, mantissa, decimals)
        if found < 0 or text[end] != SEPARATOR or place >= steps.size:
            return -1 - place
        steps[place] = found
        place += 1
        at = end + 1
    return place
