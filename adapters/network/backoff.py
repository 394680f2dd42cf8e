"""How long to wait before trying again."""

from typing import Final

from core.ports.randomness import Randomness

FIRST_S: Final = 0.5
CAP_S: Final = 20.0  # with the time to connect still back within 30 s
_DOUBLINGS_LIMIT: Final = 16


class Backoff:
    """Exponential delays, each between half and the whole of its step so that clients do not come back together."""

    def __init__(self, randomness: Randomness, *, first_s: float = FIRST_S, cap_s: float = CAP_S) -> None:
        self._randomness = randomness
        self._first_s = first_s
        self._cap_s = cap_s
        self.attempts = 0

    def next_s(self) -> float:
        """Return the next delay in seconds."""
        step_s = min(self._cap_s, self._first_s * 2 ** min(self.attempts, _DOUBLINGS_LIMIT))
        self.attempts += 1
        return step_s * (0.5 + 0.5 * self._randomness.uniform())

    def reset(self) -> None:
        """Begin anew, after a success."""
        self.attempts = 0
