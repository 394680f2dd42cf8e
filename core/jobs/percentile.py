"""The 95th percentile of a few samples."""

from collections.abc import Collection


def p95(samples: Collection[float]) -> float:
    """Return the nearest-rank percentile: the least sample that 95 % of all do not exceed."""
    ordered = sorted(samples)
    return ordered[-(-95 * len(ordered) // 100) - 1]
