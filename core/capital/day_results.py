"""Profit, volume and fees of the UTC day per venue, folded from the ends of jobs. No control reads them."""

from core.journal.facts import AnyFact, DayBegan, JobCorrected, JobFinished, ResultRecorded
from core.ledger.position import EXACT, ZERO
from core.types.job import VenueResult


class DayResults:
    """By venue; begun anew with each `DayBegan`. What a correction changes counts in the day that it was found in."""

    def __init__(self) -> None:
        self._results: dict[str, VenueResult] = {}

    def apply(self, fact: AnyFact) -> None:
        """Fold one fact; those of other kinds change nothing."""
        match fact:
            case JobFinished():
                self._add(fact.venues)
            case JobCorrected():
                self._add(fact.change)
            case ResultRecorded():
                self._add((fact.result,))
            case DayBegan():
                self._results.clear()
            case _:
                pass

    def of(self, venue: str) -> VenueResult:
        known = self._results.get(venue)
        return known or VenueResult(venue=venue, pnl_usd=ZERO, volume_usd=ZERO, fees_usd=ZERO)

    def venues(self) -> tuple[str, ...]:
        return tuple(self._results)

    def _add(self, results: tuple[VenueResult, ...]) -> None:
        for each in results:
            before = self.of(each.venue)
            self._results[each.venue] = VenueResult(
                venue=each.venue,
                pnl_usd=EXACT.add(before.pnl_usd, each.pnl_usd),
                volume_usd=EXACT.add(before.volume_usd, each.volume_usd),
                fees_usd=EXACT.add(before.fees_usd, each.fees_usd),
            )

    # snapshots -------------------------------------------------------------------------------------

    def to_state(self) -> list[VenueResult]:
        return list(self._results.values())

    def restore(self, state: list[VenueResult]) -> None:
        self._results = {each.venue: each for each in state}
