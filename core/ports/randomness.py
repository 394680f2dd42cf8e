"""Chance, so that a run can be repeated."""

from typing import Protocol


class Randomness(Protocol):
    def uniform(self) -> float:
        """Return a float in [0, 1)."""
        ...


class NoRandomness:
    """Always the least, where nothing is spread."""

    def uniform(self) -> float:
        return 0.0
