"""Profit, volume and fees of the day per venue, as told by whoever finishes a job."""

from decimal import Decimal

import msgspec

from core.ledger.position import EXACT, ZERO


class DayResult(msgspec.Struct, frozen=True, kw_only=True):
    pnl_usd: Decimal = ZERO
    volume_usd: Decimal = ZERO
    fees_usd: Decimal = ZERO


class DayResults:
    """Statistics for the eye: in memory, begun anew each UTC day and after a restart. No control reads them."""

    def __init__(self) -> None:
        self._results: dict[str, DayResult] = {}

    def add(self, venue: str, result: DayResult) -> None:
        """Add a result; raise ValueError for one that is no number."""
        if not all(each.is_finite() for each in (result.pnl_usd, result.volume_usd, result.fees_usd)):
            raise ValueError(f"result of {venue} is not a number: {result}")
        before = self.of(venue)
        self._results[venue] = DayResult(
            pnl_usd=EXACT.add(before.pnl_usd, result.pnl_usd),
            volume_usd=EXACT.add(before.volume_usd, result.volume_usd),
            fees_usd=EXACT.add(before.fees_usd, result.fees_usd),
        )

    def of(self, venue: str) -> DayResult:
        return self._results.get(venue, DayResult())

    def venues(self) -> tuple[str, ...]:
        return tuple(self._results)

    def begin_day(self) -> None:
        self._results.clear()
