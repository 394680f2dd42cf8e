"""Funding of one perpetual: premium, mark price and the rate of the running interval.

rate = P + clamp(I - P, -0.05 %, +0.05 %), P the mean premium of the interval so far, I 0.01 % per 8 h;
the form used by the large perpetual venues. mark = index · (1 + exponential mean of the premium).
"""

from typing import Final

_INTEREST_PER_S: Final = 0.0001 / (8 * 3_600)
_CLAMP: Final = 0.0005
_RATE_CAP: Final = 0.0075
_MARK_TAU_S: Final = 30.0
_NS: Final = 1_000_000_000


class FundingMeter:
    """Follow premium and mark of one perpetual; intervals end at whole multiples of their length in UTC."""

    def __init__(self, interval_s: int, at_ns: int) -> None:
        self.interval_s = interval_s
        self.index = 0.0
        self.mark = 0.0
        self._premium = 0.0
        self._sum = 0.0
        self._weight = 0.0
        self.next_funding_ns = self._boundary_after(at_ns)

    def _boundary_after(self, at_ns: int) -> int:
        interval_ns = self.interval_s * _NS
        return (at_ns // interval_ns + 1) * interval_ns

    def sample(self, index: float, mid: float, elapsed_s: float) -> None:
        """Take the index and the middle of the book after `elapsed_s` more seconds."""
        premium = mid / index - 1
        is_first = self._weight == 0.0 and self.mark == 0.0
        weight = 1.0 if is_first else min(1.0, elapsed_s / _MARK_TAU_S)
        self._premium += weight * (premium - self._premium)
        self._sum += premium * elapsed_s
        self._weight += elapsed_s
        self.index = index
        self.mark = index * (1 + self._premium)

    @property
    def rate(self) -> float:
        """Return the rate the running interval would pay if it ended now, as a fraction of notional."""
        mean = self._sum / self._weight if self._weight else self._premium
        interest = _INTEREST_PER_S * self.interval_s
        rate = mean + min(max(interest - mean, -_CLAMP), _CLAMP)
        return round(min(max(rate, -_RATE_CAP), _RATE_CAP), 8)

    def settle(self, at_ns: int) -> tuple[int, float] | None:
        """Return (due time, rate) once the interval has ended and begin the next, else None."""
        if at_ns < self.next_funding_ns:
            return None
        due_ns, rate = self.next_funding_ns, self.rate
        self._sum = self._weight = 0.0
        self.next_funding_ns = self._boundary_after(at_ns)
        return due_ns, rate
