"""Keep requests within a venue's rate limit, and away from it while it says so."""

import asyncio
from typing import Final

from core.ports.randomness import Randomness

_HERD_SPREAD: Final = 0.1  # waiters return within this share of the wait after it is over
_LEAST_WAIT_S: Final = 1.0


class RateGate:
    """A token bucket that can be shut for a time.

    Parameters
    ----------
    burst
        Requests that may go at once.
    per_s
        Requests a second in the long run.
    """

    def __init__(self, randomness: Randomness, *, burst: int, per_s: float) -> None:
        self._randomness = randomness
        self._burst = burst
        self._per_s = per_s
        self._tokens = float(burst)
        self._refilled_s: float | None = None
        self._shut_until_s = 0.0

    def shut(self, seconds: float) -> None:
        """Let nothing pass for so long (at least a second), as a venue's Retry-After asks."""
        now_s = asyncio.get_running_loop().time()
        self._shut_until_s = max(self._shut_until_s, now_s + max(seconds, _LEAST_WAIT_S))

    async def passed(self) -> None:
        """Wait until one request may go."""
        loop = asyncio.get_running_loop()
        self._refill(loop.time())
        self._tokens -= 1
        # a debt of tokens is this request's place in the queue; the gate may be shut while it waits
        wait_s = max(-self._tokens / self._per_s, self._shut_s(loop.time()))
        while wait_s > 0:
            await asyncio.sleep(wait_s)
            wait_s = self._shut_s(loop.time())

    def _shut_s(self, now_s: float) -> float:
        shut_s = self._shut_until_s - now_s
        return shut_s * (1 + _HERD_SPREAD * self._randomness.uniform()) if shut_s > 0 else 0.0

    def _refill(self, now_s: float) -> None:
        if self._refilled_s is not None:
            self._tokens = min(self._burst, self._tokens + (now_s - self._refilled_s) * self._per_s)
        self._refilled_s = now_s
