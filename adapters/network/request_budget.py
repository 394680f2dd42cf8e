"""A venue's allowance of requests by weight, with a part that only what makes things safer may use."""

import asyncio
from enum import StrEnum
from typing import Final

import msgspec

from core.ports.randomness import Randomness

RESERVED_SHARE: Final = 0.2
_HERD_SPREAD: Final = 0.1  # waiters return within this share of the wait after it is over
_LEAST_WAIT_S: Final = 1.0


class Purpose(StrEnum):
    """What a request is for: the first two may use the reserved slice."""

    CANCEL = "cancel"
    RECONCILE = "reconcile"
    ORDER = "order"
    READ = "read"  # everything else: rules, history, snapshots


_MAY_USE_RESERVE: Final = frozenset({Purpose.CANCEL, Purpose.RECONCILE})


class BudgetUse(msgspec.Struct, frozen=True):
    """What of the allowance is left now, and until when nothing may be sent."""

    left: float
    allowance: float
    shut_s: float


class RequestBudget:
    """A token bucket of weights that a venue's 429 or 418 shuts for everybody.

    Parameters
    ----------
    allowance
        Weight that may be used within `interval_s`.
    reserved_share
        Part of the allowance that orders and reads leave untouched.
    """

    def __init__(
        self, randomness: Randomness, *, allowance: float, interval_s: float, reserved_share: float = RESERVED_SHARE
    ) -> None:
        self._randomness = randomness
        self._allowance = allowance
        self._per_s = allowance / interval_s
        self._reserve = allowance * reserved_share
        self._left = allowance
        self._refilled_s: float | None = None
        self._shut_until_s = 0.0

    def shut(self, seconds: float) -> None:
        """Let nothing pass for so long (at least a second), as a venue's Retry-After asks."""
        self._shut_until_s = max(self._shut_until_s, _now_s() + max(seconds, _LEAST_WAIT_S))

    def told_used(self, weight: float) -> None:
        """Take over what the venue says was used within the interval: other programs share the allowance."""
        self._refill()
        self._left = min(self._left, self._allowance - weight)

    def try_take(self, weight: float, purpose: Purpose) -> bool:
        """Take the weight where it is there now: an order does not wait, its price would be of another time."""
        self._refill()
        if self._shut_s() > 0 or self._missing(weight, purpose) > 0:
            return False
        self._left -= weight
        return True

    def spend(self, weight: float) -> None:
        """Count what an answer turned out to weigh, also where that much is not left: the next then wait longer."""
        self._refill()
        self._left -= weight

    async def take(self, weight: float, purpose: Purpose) -> None:
        """Wait until the weight is there."""
        while not self.try_take(weight, purpose):
            shut_s = self._shut_s()
            missing_s = self._missing(weight, purpose) / self._per_s
            await asyncio.sleep(max(shut_s * (1 + _HERD_SPREAD * self._randomness.uniform()), missing_s, 0.001))

    @property
    def use(self) -> BudgetUse:
        self._refill()
        return BudgetUse(max(self._left, 0.0), self._allowance, max(self._shut_s(), 0.0))

    def _missing(self, weight: float, purpose: Purpose) -> float:
        reserve = 0.0 if purpose in _MAY_USE_RESERVE else self._reserve
        # a request heavier than the allowance passes when the bucket is full, or it never would
        return min(weight, self._allowance - reserve) + reserve - self._left

    def _shut_s(self) -> float:
        return self._shut_until_s - _now_s()

    def _refill(self) -> None:
        now_s = _now_s()
        if self._refilled_s is not None:
            self._left = min(self._allowance, self._left + (now_s - self._refilled_s) * self._per_s)
        self._refilled_s = now_s


def _now_s() -> float:
    return asyncio.get_running_loop().time()
