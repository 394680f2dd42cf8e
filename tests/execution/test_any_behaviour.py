"""Whatever venues, books, halts and crashes do: no invariant breaks, and once they behave the job ends truthfully."""

from decimal import Decimal

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from core.book.book import BookState
from core.jobs.limits import JobLimits
from core.types.control import HaltLevel
from core.types.job import JobPhase
from core.types.order import Side
from tests.engine.venues import perpetual
from tests.execution.oracle import Oracle
from tests.execution.scripted import MS, Answer, Mood, Quote, Script, a_job, a_leg

D = Decimal
ENDS_WITHIN_STEPS = 1_000
STEP_MS = 100
LEGS = st.integers(0, 2)
ANSWERS = st.builds(
    Answer, mood=st.sampled_from(list(Mood)), part=st.sampled_from([D(0), D("0.003"), D("0.33"), D("0.6"), D(1)])
)
BOOKS = {
    "usual": (D("99.9"), D("100.1"), BookState.VALID, None),
    "moved up": (D("100.2"), D("100.4"), BookState.VALID, None),
    "moved down": (D("99.6"), D("99.8"), BookState.VALID, None),
    "wide": (D("97.5"), D("102.5"), BookState.VALID, None),
    "crossed": (D("100.1"), D("99.9"), BookState.VALID, None),
    "empty": (D("99.9"), D(0), BookState.VALID, None),
    "invalid": (D("99.9"), D("100.1"), BookState.INVALID, None),
    "stale": (D("99.9"), D("100.1"), BookState.VALID, 0),
}


class JobAmongVenues(RuleBasedStateMachine):
    @initialize(
        shape=st.sampled_from(["two", "uneven", "three", "one venue"]),
        max_naked_usd=st.sampled_from([D(700), D(1_500), D(2_500)]),
        answers=st.lists(st.tuples(LEGS, ANSWERS), max_size=12),
    )
    def begin(self, shape: str, max_naked_usd: Decimal, answers: list[tuple[int, Answer]]) -> None:
        legs = {
            "two": (a_leg("sim-a", Side.SELL), a_leg("sim-b", Side.BUY)),
            "uneven": (a_leg("sim-a", Side.BUY, "39.97"), a_leg("sim-b", Side.SELL, "13.3")),
            "three": (a_leg("sim-a", Side.SELL), a_leg("sim-b", Side.BUY, "20"), a_leg("sim-c", Side.BUY, "20")),
            "one venue": (
                a_leg("sim-a", Side.SELL),
                msgspec.structs.replace(a_leg("sim-a", Side.BUY), symbol="BTC/USDC:USDC"),
            ),
        }[shape]
        rules = [perpetual(leg.venue, leg.symbol) for leg in legs]
        if shape == "uneven":
            rules[1] = perpetual("sim-b", contract_size=D(3), order_lot_size=D("0.1"))
        job = a_job(legs=legs, expected_edge_bps=D(60))
        self.script = Script(job, limits=JobLimits(max_naked_usd=max_naked_usd), rules=rules)
        self.oracle = Oracle(self.script)
        for leg, answer in answers:
            self.a_venue_will_answer(leg, answer)

    @rule(ms=st.sampled_from([1, 10, 30, 100, 400, 1_500, 6_000]), times=st.integers(1, 8))
    def time_passes(self, ms: int, times: int) -> None:
        for _ in range(times):
            self.script.step(ms)
            self._remember()

    @rule(leg=LEGS, answer=ANSWERS)
    def a_venue_will_answer(self, leg: int, answer: Answer) -> None:
        self.script.answers[self._leg(leg)].append(answer)

    @rule(leg=LEGS, shown=st.sampled_from(list(BOOKS)))
    def a_book_shows(self, leg: int, shown: str) -> None:
        bid, ask, state, received_ns = BOOKS[shown]
        self.script.quotes[self._leg(leg)] = Quote(bid, ask, state, received_ns)

    @rule(leg=LEGS, level=st.sampled_from(list(HaltLevel)))
    def a_halt(self, leg: int, level: HaltLevel) -> None:
        self.script.halts[self._leg(leg)] = level
        self.script.step(1)
        self.oracle.is_closed |= level is not HaltLevel.NORMAL
        self._remember()

    @rule(leg=LEGS, is_deaf=st.booleans())
    def a_venue_is_silent(self, leg: int, is_deaf: bool) -> None:
        self.script.is_deaf[self._leg(leg)] = is_deaf

    @precondition(lambda self: self.script.cancel_reason is None)
    @rule()
    def somebody_cancels(self) -> None:
        self.script.cancel_reason = "enough"
        self.oracle.is_closed = True
        self.script.step(1)

    @rule()
    def the_engine_is_killed(self) -> None:
        self.script.restart()
        self.oracle.is_closed = True

    @rule(leg=LEGS)
    def lots_become_coarser(self, leg: int) -> None:
        at = self._leg(leg)
        self.script.rules[at] = msgspec.structs.replace(self.script.rules[at], order_lot_size=D("0.5"))

    def teardown(self) -> None:
        if not hasattr(self, "script"):
            return
        script = self.script
        for at in range(len(script.job.legs)):
            script.quotes[at], script.halts[at], script.is_deaf[at] = Quote(), HaltLevel.NORMAL, False
            script.answers[at].clear()
        for _ in range(ENDS_WITHIN_STEPS):
            if script.end is not None:
                break
            script.step(STEP_MS)
        assert script.end is not None, f"still {script.run.phase}: {script.moves[-1:]}"

    def _leg(self, leg: int) -> int:
        return leg % len(self.script.job.legs)

    def _remember(self) -> None:
        self.oracle.is_closed |= self.script.run.stage is not JobPhase.PRIMARY
        assert self.script.now_ns % MS == 0


TestJobAmongVenues = JobAmongVenues.TestCase
TestJobAmongVenues.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
