"""A venue's allowance of requests by weight, with a part that only what makes things safer may use."""

import asyncio
from enum import StrEnum
from typing import Final

import msgspec

from adapters.network.closing import Closing
from core.ports.randomness import Randomness

RESERVED_SHARE: Final = 0.2
_HERD_SPREAD: Final = 0.1  # waiters return within this share of the wait after it is over


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
    share
        Part of the allowance that is used here, the rest being for other programs. Only what makes things safer may
        go beyond it.
    closing
        What else is shut together with this; left out: nothing.
    """

    def __init__(
        self,
        randomness: Randomness,
        *,
        allowance: float,
        interval_s: float,
        reserved_share: float = RESERVED_SHARE,
        share: float = 1.0,
        closing: Closing | None = None,
    ) -> None:
        self._randomness = randomness
        self._closing = Closing() if closing is None else closing
        self._own: RequestBudget | None = None  # a bucket too, or the share would bound the burst and not the rate
        if share < 1:
            self._own = RequestBudget(
                randomness, allowance=allowance * share, interval_s=interval_s, reserved_share=reserved_share
            )
        self._allowance = allowance
        self._per_s = allowance / interval_s
        self._reserve = allowance * reserved_share
        self._left = allowance
        self._refilled_s: float | None = None

    def shut(self, seconds: float) -> None:
        """Let nothing pass for so long (at least a second), as a venue's Retry-After asks."""
        self._closing.shut(seconds)

    def told_used(self, weight: float) -> None:
        """Take over what the venue says was used within the interval: other programs share the allowance."""
        self._refill()
        self._left = min(self._left, self._allowance - weight)

    def try_take(self, weight: float, purpose: Purpose) -> bool:
        """Take the weight where it is there now: an order does not wait, its price would be of another time."""
        if self._closing.shut_s > 0 or self._missing_s(weight, purpose) > 0:
            return False
        self._spend(weight)
        return True

    def spend(self, weight: float) -> None:
        """Count what an answer turned out to weigh, also where that much is not left: the next then wait longer."""
        self._refill()
        self._spend(weight)

    async def take(self, weight: float, purpose: Purpose) -> None:
        """Wait until the weight is there."""
        while not self.try_take(weight, purpose):
            shut_s = self._closing.shut_s * (1 + _HERD_SPREAD * self._randomness.uniform())
            await asyncio.sleep(max(shut_s, self._missing_s(weight, purpose), 0.001))

    @property
    def use(self) -> BudgetUse:
        self._refill()
        return BudgetUse(max(self._left, 0.0), self._allowance, self._closing.shut_s)

    def _spend(self, weight: float) -> None:
        self._left -= weight
        if self._own is not None:
            self._own._refill()
            self._own._spend(weight)

    def _missing_s(self, weight: float, purpose: Purpose) -> float:
        """Return how long it takes until the weight is there, at most 0 where it is."""
        self._refill()
        missing_s = self._missing(weight, purpose) / self._per_s
        if self._own is None or purpose in _MAY_USE_RESERVE:
            return missing_s
        return max(missing_s, self._own._missing_s(weight, purpose))

    def _missing(self, weight: float, purpose: Purpose) -> float:
        reserve = 0.0 if purpose in _MAY_USE_RESERVE else self._reserve
        # a request heavier than the allowance passes when the bucket is full, or it never would
        return min(weight, self._allowance - reserve) + reserve - self._left

    def _refill(self) -> None:
        now_s = _now_s()
        if self._refilled_s is not None:
            self._left = min(self._allowance, self._left + (now_s - self._refilled_s) * self._per_s)
        self._refilled_s = now_s


def _now_s() -> float:
    return asyncio.get_running_loop().time()
