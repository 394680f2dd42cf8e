"""Judges what jobs claim: for all that they open, and no two of them count on closing the same (G5)."""

from decimal import Decimal
from typing import Final

from core.journal.facts import AnyFact, JobCorrected, JobFinished, JobReopened, JobStarted, JobSubmitted
from core.types.capital import Claim
from core.types.job import HedgeJob, Leg
from strategies.simulation.evidence import Evidence

ZERO = Decimal(0)
BY_TRUE_PRICES: Final = Decimal("0.95")  # a job asks at the price it was planned with, a little before


class ClaimJudge:
    """Knows jobs, fills and positions from the journal alone, by its own fold of it."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._jobs: dict[str, HedgeJob] = {}
        self._running: dict[str, tuple[Claim, ...]] = {}

    def restart(self, facts: list[AnyFact]) -> None:
        """Take over what the journal holds."""
        self._jobs, self._running = {}, {}
        for fact in facts:
            self._fold(fact)

    def appended(self, fact: AnyFact) -> None:
        if isinstance(fact, JobStarted):
            self._judge(self._jobs[fact.job_id], fact.claims)
        self._fold(fact)

    def _fold(self, fact: AnyFact) -> None:
        match fact:
            case JobSubmitted():
                self._jobs[fact.job.job_id] = fact.job
            case JobStarted():
                self._running[fact.job_id] = fact.claims
            case JobReopened():
                self._running[fact.job_id] = ()
            case JobFinished() | JobCorrected():
                self._running.pop(fact.job_id, None)
            case _:
                pass

    def _judge(self, job: HedgeJob, claims: tuple[Claim, ...]) -> None:
        for leg, claim in zip(job.legs, claims, strict=True):
            held = max(ZERO, -leg.side.sign * self._evidence.shadow.position(leg.instrument_id))
            promised = self._promised(leg)
            if not 0 <= claim.closes <= max(ZERO, min(leg.quantity, held - promised)):
                text = f"{claim.closes:f} of {held:f} {leg.instrument_id}, of which others close {promised:f}"
                self._evidence.blame("G5", f"job {job.job_id} counts on closing {text}")
            opens = leg.quantity - claim.closes
            least_usd = opens * self._price(leg) * BY_TRUE_PRICES
            if claim.amount_usd < least_usd:
                text = f"{claim.amount_usd:.2f} USD for {opens:f} {leg.instrument_id}, worth {least_usd:.2f} and more"
                self._evidence.blame("G5", f"job {job.job_id} claims {text}")

    def _promised(self, leg: Leg) -> Decimal:
        """Return what running jobs have still to close of a position that orders like this leg's close too."""
        total = ZERO
        for job_id, claims in self._running.items():
            for at, (other, claim) in enumerate(zip(self._jobs[job_id].legs, claims, strict=bool(claims))):
                if (other.instrument_id, other.side) == (leg.instrument_id, leg.side):
                    total += max(ZERO, claim.closes - self._filled(job_id, at, other)) if claim.closes else ZERO
        return total

    def _filled(self, job_id: str, at: int, leg: Leg) -> Decimal:
        shadow = self._evidence.shadow
        return sum(
            (
                shadow.filled.get(name, ZERO)
                for name, intent in shadow.intents.items()
                if intent.job is not None and (intent.job.job_id, intent.job.leg) == (job_id, at)
                if intent.side is leg.side
            ),
            ZERO,
        )

    def _price(self, leg: Leg) -> Decimal:
        """Return the lower of the true price and the one last shown: a jump may be on its way to the engine."""
        exchange = self._evidence.world.exchanges[leg.venue]
        true_ticks = exchange.books[leg.symbol].mid_ticks
        shown_ticks = self._evidence.feeds[leg.venue].shown_mid_ticks.get(leg.symbol, true_ticks)
        return exchange.instruments[leg.symbol].ticks_to_price(min(true_ticks, shown_ticks))
