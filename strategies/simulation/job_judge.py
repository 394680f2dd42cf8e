"""Judges jobs: what their orders may do together, and what is left when they say that they have ended."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from core.journal.facts import (
    AnyFact,
    JobCorrected,
    JobFinished,
    JobMoved,
    JobReopened,
    JobStarted,
    JobSubmitted,
)
from core.types.capital import Claim
from core.types.control import HaltLevel
from core.types.job import HedgeJob, JobOutcome, JobPhase
from core.types.job_tag import LegRole
from core.types.order import OrderIntent, Side
from strategies.simulation.equity import equity_usd
from strategies.simulation.evidence import Evidence, words

ZERO = Decimal(0)
MAX_NAKED_USD: Final = Decimal(2_500)
SINGLE_SHARE, IN_FLIGHT_SHARE = Decimal("0.10"), Decimal("0.30")
LEAST_EFFORT_S: Final = 10.0  # for as long a job must have tried to give back what it leaves naked
SAME: Final = Decimal("1e-9")
BY_TRUE_PRICES: Final = Decimal("1.05")  # the engine's prices are a little older than the true ones


class JobJudge:
    """Knows jobs from the journal alone, and what their orders did from the venues alone."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._jobs: dict[str, HedgeJob] = {}
        self._running: dict[str, tuple[Claim, ...]] = {}
        self._told: dict[str, JobOutcome] = {}  # of ended ones
        self._orders: dict[str, list[OrderIntent]] = {}
        self._unwinding_since_s: dict[str, float] = {}

    def restart(self, facts: list[AnyFact]) -> None:
        """Take over what the journal holds; what was sent stays sent."""
        self._jobs, self._running, self._told = {}, {}, {}
        for fact in facts:
            self._fold(fact)

    def appended(self, fact: AnyFact) -> None:
        self._fold(fact)
        match fact:
            case JobStarted():
                self._judge_start(self._jobs[fact.job_id])
            case JobFinished() | JobCorrected():
                self._judge_end(fact)
            case _:
                pass

    @property
    def running(self) -> list[str]:
        return list(self._running)

    def _fold(self, fact: AnyFact) -> None:
        match fact:
            case JobSubmitted():
                self._jobs[fact.job.job_id] = fact.job
            case JobStarted():
                self._running[fact.job_id] = fact.claims
            case JobMoved() if fact.phase is JobPhase.UNWINDING:
                self._unwinding_since_s.setdefault(fact.job_id, self._evidence.world.elapsed_s)
            case JobReopened():
                self._running[fact.job_id] = ()  # its claims went back at its end
                self._told.pop(fact.job_id, None)
                self._unwinding_since_s.pop(fact.job_id, None)
            case JobFinished() | JobCorrected():
                self._running.pop(fact.job_id, None)
                self._told[fact.job_id] = fact.outcome
            case _:
                pass

    # orders ----------------------------------------------------------------------------------------------

    def submitted(self, intent: OrderIntent) -> None:
        """Judge an order of a job after it was put on the wire (G2, G3)."""
        if intent.job is None:
            return
        job = self._jobs.get(intent.job.job_id)
        if job is None or intent.job.job_id not in self._running:
            self._evidence.blame("G2", f"{words(intent)} belongs to no running job")
            return
        self._orders.setdefault(job.job_id, []).append(intent)
        match intent.job.role:
            case LegRole.PRIMARY:
                self._judge_primary(job, intent)
            case LegRole.HEDGE:
                self._judge_hedge(job, intent)
            case LegRole.UNWIND:
                self._judge_unwind(job, intent)

    def _judge_primary(self, job: HedgeJob, intent: OrderIntent) -> None:
        possible = self._possible(job, 0, LegRole.PRIMARY)
        if possible > job.legs[0].quantity:
            text = f"{words(intent)}: {possible:f} may fill of the {job.legs[0].quantity:f} of leg 0"
            self._evidence.blame("G2", text)
        price = self._price(job, 0)
        open_share = min(self._filled_share(job, at) for at in range(1, len(job.legs)))
        given_back = self._given_back(job, 0)
        naked_usd = (possible - given_back - open_share * job.legs[0].quantity) * price
        if naked_usd > MAX_NAKED_USD * BY_TRUE_PRICES:
            self._evidence.blame("F13", f"{words(intent)} may leave {naked_usd:.2f} USD without a hedge")

    def _judge_hedge(self, job: HedgeJob, intent: OrderIntent) -> None:
        at = 0 if intent.job is None else intent.job.leg
        hedged, filled = self._possible(job, at, LegRole.HEDGE), self._filled(job, 0, LegRole.PRIMARY)
        if hedged * job.legs[0].quantity > filled * job.legs[at].quantity:
            text = f"{words(intent)}: {hedged:f} may be hedged of {filled:f} filled"
            self._evidence.blame("G3", text)

    def _judge_unwind(self, job: HedgeJob, intent: OrderIntent) -> None:
        at = 0 if intent.job is None else intent.job.leg
        opened = self._filled(job, at, LegRole.PRIMARY) + self._filled(job, at, LegRole.HEDGE)
        side = job.legs[at].side
        back, again = (self._unwinds(job, at, each) for each in (side.opposite, side))
        if intent.side is side:
            given, taken = (
                self._sum(back, self._evidence.filled_quantity),
                self._sum(again, self._evidence.possible_quantity),
            )
            if taken > max(ZERO, given - opened):
                text = f"{words(intent)}: {taken:f} may be taken again, {given:f} were given back of {opened:f}"
                self._evidence.blame("G3", text)
            return
        given, taken = (
            self._sum(back, self._evidence.possible_quantity),
            self._sum(again, self._evidence.filled_quantity),
        )
        if given - taken > opened:
            self._evidence.blame("G3", f"{words(intent)}: {given - taken:f} may be given back of {opened:f} filled")

    def _given_back(self, job: HedgeJob, leg: int) -> Decimal:
        """Return what a leg's unwinds filled against its side, less what they took again."""
        side, filled = job.legs[leg].side, self._evidence.filled_quantity
        back, again = (self._unwinds(job, leg, each) for each in (side.opposite, side))
        return self._sum(back, filled) - self._sum(again, filled)

    def _unwinds(self, job: HedgeJob, leg: int, side: Side) -> list[str]:
        ids = self._of(job, leg, LegRole.UNWIND)
        sides = {each.client_order_id: each.side for each in self._orders.get(job.job_id, ())}
        return [each for each in ids if sides[each] is side]

    @staticmethod
    def _sum(ids: list[str], quantity_of: Callable[[str], Decimal]) -> Decimal:
        return sum((quantity_of(each) for each in ids), ZERO)

    def _of(self, job: HedgeJob, leg: int, role: LegRole) -> list[str]:
        return [
            intent.client_order_id
            for intent in self._orders.get(job.job_id, ())
            if intent.job is not None and (intent.job.leg, intent.job.role) == (leg, role)
        ]

    def _possible(self, job: HedgeJob, leg: int, role: LegRole) -> Decimal:
        return sum((self._evidence.possible_quantity(each) for each in self._of(job, leg, role)), ZERO)

    def _filled(self, job: HedgeJob, leg: int, role: LegRole) -> Decimal:
        return sum((self._evidence.filled_quantity(each) for each in self._of(job, leg, role)), ZERO)

    def _filled_share(self, job: HedgeJob, leg: int) -> Decimal:
        return self._filled(job, leg, LegRole.HEDGE) / job.legs[leg].quantity

    def _price(self, job: HedgeJob, leg: int) -> Decimal:
        key = job.legs[leg].instrument_id
        exchange = self._evidence.world.exchanges[key.venue]
        return exchange.instruments[key.symbol].ticks_to_price(exchange.books[key.symbol].mid_ticks)

    # ends ------------------------------------------------------------------------------------------------

    def _judge_end(self, fact: JobFinished | JobCorrected) -> None:
        """Demand that a job that says it is hedged is hedged, by the venues' fills."""
        job = self._jobs[fact.job_id]
        live = [
            intent.client_order_id
            for intent in self._orders.get(job.job_id, ())
            if intent.client_order_id in self._evidence.world.exchanges[intent.venue].live
        ]
        if live:
            self._evidence.blame("F13", f"job {job.job_id} ended {fact.outcome} while {', '.join(live)} lives")
        if self._has_untold_fills(job):
            return
        self._judge_told(job, fact)
        worst = self._unhedged(job)
        if worst <= self._dust(job):
            return
        if fact.outcome is not JobOutcome.NAKED:
            text = f"job {job.job_id} ended {fact.outcome} with {worst:f} of leg 0 unhedged: {fact.reason}"
            self._evidence.blame("F13", text)
        elif self._level(job) < HaltLevel.HALTED and self._effort_s(job) < LEAST_EFFORT_S:
            text = f"job {job.job_id} left {worst:f} naked after {self._effort_s(job):.1f} s: {fact.reason}"
            self._evidence.blame("F13", f"{text}, and nothing halts it")

    def _judge_told(self, job: HedgeJob, fact: JobFinished | JobCorrected) -> None:
        """Demand that quantities, volume and fees are told as the venues have them; every dollar here is a USDT."""
        names = [intent.client_order_id for intent in self._orders.get(job.job_id, ())]
        fills = [fill for name in names for fill in self._evidence.fills_of(name)]
        first, *others = (self._net(job, at) for at in range(len(job.legs)))
        gap = max((first - other for other in others), key=abs)
        for what, told, true in (
            ("naked_quantity", fact.naked_quantity, gap * job.legs[0].side.sign),
            ("volume_usd", fact.volume_usd, sum((fill.price * fill.quantity for fill in fills), ZERO)),
            ("fees_usd", fact.fees_usd, sum((fill.fee for fill in fills), ZERO)),
        ):
            if abs(told - true) > SAME:
                self._evidence.blame("F13", f"job {job.job_id} tells {what} {told:f}, at the venues it is {true:f}")

    def _level(self, job: HedgeJob) -> HaltLevel:
        """Return the tightest journaled halt that bears on a leg of a job."""
        scopes = {"global", f"strategy:{job.strategy}", *(f"venue:{leg.venue}" for leg in job.legs)}
        halts = self._evidence.shadow.halts.items()
        return max((level for (scope, _), level in halts if scope in scopes), default=HaltLevel.NORMAL)

    def _effort_s(self, job: HedgeJob) -> float:
        since_s = self._unwinding_since_s.get(job.job_id)
        return 0.0 if since_s is None else self._evidence.world.elapsed_s - since_s

    def _has_untold_fills(self, job: HedgeJob) -> bool:
        """Tell whether a venue has booked something after an order's end that the engine has not heard of yet."""
        for intent in self._orders.get(job.job_id, ()):
            order = self._evidence.world.exchanges[intent.venue].orders.get(intent.client_order_id)
            told = self._evidence.shadow.filled.get(intent.client_order_id, ZERO)
            if order is not None and order.was_filled_late and order.filled > told:
                return True
        return False

    def look_at_rest(self) -> None:
        """Demand that no job that says it is hedged has been left naked by what came after its end (G10)."""
        for job_id, outcome in self._told.items():
            job = self._jobs[job_id]
            worst = self._unhedged(job)
            if outcome is not JobOutcome.NAKED and worst > self._dust(job):
                self._evidence.blame("G10", f"job {job_id} was told {outcome}, and {worst:f} of leg 0 is unhedged")

    def _unhedged(self, job: HedgeJob) -> Decimal:
        """Return how far the legs are apart by the venues' fills, in units of the primary leg."""
        net = self._net(job, 0)
        return max((abs(net - self._net(job, at)) for at in range(1, len(job.legs))), default=ZERO)

    def _net(self, job: HedgeJob, leg: int) -> Decimal:
        """Return what a leg holds, in units of the primary leg."""
        opened = self._filled(job, leg, LegRole.PRIMARY) + self._filled(job, leg, LegRole.HEDGE)
        held = opened - self._given_back(job, leg)
        return held * job.legs[0].quantity / job.legs[leg].quantity

    def _dust(self, job: HedgeJob) -> Decimal:
        """Return what no venue of the job would take as an order, and what a hedge may miss."""
        rules = [self._evidence.world.instrument(leg.instrument_id) for leg in job.legs]
        return 2 * max(max(each.min_quantity, each.order_lot) for each in rules) + job.legs[0].quantity / 100

    # capital ---------------------------------------------------------------------------------------------

    def _judge_start(self, job: HedgeJob) -> None:
        """Hold what is bound at each venue of a job against the caps, equity counted at true prices (G5)."""
        claims = self._running[job.job_id]
        for venue in job.venues:
            equity = equity_usd(self._evidence.world, venue) * BY_TRUE_PRICES
            single = max(claim.amount_usd for claim in claims if claim.venue == venue)
            if single > equity * SINGLE_SHARE:
                self._evidence.blame("G5", f"job {job.job_id} reserves {single:.2f} at {venue}, equity {equity:.2f}")
            bound = self._in_flight(venue)
            if bound > equity * IN_FLIGHT_SHARE:
                text = f"{bound:.2f} in flight at {venue} with job {job.job_id}, equity {equity:.2f}"
                self._evidence.blame("G5", text)

    def _in_flight(self, venue: str) -> Decimal:
        """Return what running jobs may still bind at a venue: their claims less what has filled, closing first."""
        total = ZERO
        for job_id, claims in self._running.items():
            job = self._jobs[job_id]
            for at, (leg, claim) in enumerate(zip(job.legs, claims, strict=bool(claims))):
                role = LegRole.PRIMARY if at == 0 else LegRole.HEDGE
                if leg.venue == venue:
                    left = max(ZERO, 1 - self._filled(job, at, role) / leg.quantity)
                    total += min(claim.amount_usd, claim.value_usd * left)
        return total
