"""What every batch form checks before its kernel runs."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def series(values: ArrayLike) -> Floats:
    """Return `values` as a contiguous float64 array; raise ValueError unless one-dimensional."""
    array = np.ascontiguousarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"an indicator takes one series of values, not an array of shape {array.shape}")
    return array
