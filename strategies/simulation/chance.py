"""Chance of a simulated world: every use has a stream of its own, so that more draws here move nothing there."""

from collections.abc import Sequence
from typing import TypeVar

from core.io.seeded_randomness import SeededRandomness

T = TypeVar("T")


class Dice:
    """Draw from one stream of a seed."""

    def __init__(self, seed: int, stream: str) -> None:
        self._uniform = SeededRandomness(seed, stream).uniform

    def chance(self, likelihood: float) -> bool:
        return self._uniform() < likelihood

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self._uniform()

    def whole(self, low: int, high: int) -> int:
        """Return an integer from `low` to `high`, both included."""
        return low + int(self._uniform() * (high - low + 1))

    def pick(self, choices: Sequence[T]) -> T:
        return choices[int(self._uniform() * len(choices))]

    def some(self, choices: Sequence[T], count: int) -> list[T]:
        """Return `count` different choices in the order they were drawn."""
        left, drawn = list(choices), list[T]()
        while left and len(drawn) < count:
            drawn.append(left.pop(int(self._uniform() * len(left))))
        return drawn
