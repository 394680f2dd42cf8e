"""Chance, so that a run can be repeated."""

from typing import Protocol


class Randomness(Protocol):
    def uniform(self) -> float:
        """Return a float in [0, 1)."""
        ...
