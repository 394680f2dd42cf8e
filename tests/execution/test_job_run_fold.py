"""A run is the fold of its facts: a snapshot, the facts after it, or all of them give the same."""

from decimal import Decimal
from fractions import Fraction

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from core.execution import exposure
from core.execution.job_run import JobRun, JobRunState
from core.journal.facts import JobMoved
from core.orders.tracker import OrderTracker
from core.types.job import JobPhase
from core.types.order import Side
from tests.engine.venues import perpetual
from tests.execution.scripted import START_NS, Answer, Mood, Script, a_job, a_leg

D = Decimal


@settings(max_examples=25, deadline=None)
@given(
    moods=st.lists(st.sampled_from([mood for mood in Mood if mood is not Mood.REFUSE]), max_size=6),
    cut=st.floats(0, 1),
)
def test_a_snapshot_and_the_facts_after_it_give_the_run_of_all_facts(moods: list[Mood], cut: float):
    script = Script()
    for at, mood in enumerate(moods):
        script.answers[at % 2].append(Answer(mood, D("0.6")))
    script.play(30, step_ms=100)
    tracker, run = OrderTracker(), JobRun(script.job, START_NS)
    at = int(len(script.facts) * cut)
    for number, fact in enumerate(script.facts[:at], 1):
        run.apply(fact, number, tracker.apply(fact))
    encoded = msgspec.json.encode(run.to_state())
    run = JobRun.restore(msgspec.json.decode(encoded, type=JobRunState))
    for number, fact in enumerate(script.facts[at:], at + 1):
        run.apply(fact, number, tracker.apply(fact))
    assert msgspec.json.encode(run.to_state()) == msgspec.json.encode(script.run.to_state())


def test_orders_and_moves_of_other_jobs_change_nothing():
    script, other = Script(), JobRun(a_job(job_id="j2"), START_NS)
    script.play(10)
    tracker, before = OrderTracker(), other.to_state()
    for number, fact in enumerate(script.facts, 1):
        other.apply(fact, number, tracker.apply(fact))
    assert other.to_state() == before


lots = st.decimals("0.01", "50", places=2)


@given(lots, lots, lots, lots, st.sampled_from([D("0.01"), D("0.1"), D("0.3")]))
def test_a_hedge_is_never_more_than_its_part_of_what_is_filled(
    primary: Decimal, hedge: Decimal, filled: Decimal, hedged: Decimal, lot: Decimal
):
    job = a_job(legs=(a_leg("sim-a", Side.SELL, str(primary)), a_leg("sim-b", Side.BUY, str(hedge))))
    rules = perpetual("sim-b", order_lot_size=lot)
    quantities = tuple(exposure.LegQuantities(x, x, x) for x in (filled, hedged))
    more = exposure.hedgeable(job, quantities, 1, rules)
    back = exposure.excess(job, quantities, 0, rules)
    assert more % lot == back % lot == 0
    assert more == 0 or (hedged + more) * primary <= filled * hedge < (hedged + more + lot) * primary
    assert back == 0 or (filled - back) * hedge >= hedged * primary


def test_what_may_still_fill_counts_as_hedged_and_as_given_back():
    job, rules = a_job(), perpetual("sim-b")
    filled, unwinding = exposure.LegQuantities(D(20), D(20), D(20)), exposure.LegQuantities(D(20), D(15), D(20))
    hedging = exposure.LegQuantities(D(5), D(5), D(12))
    assert exposure.hedgeable(job, (filled, hedging), 1, rules) == 8
    assert exposure.hedgeable(job, (unwinding, hedging), 1, rules) == 3
    assert exposure.excess(job, (filled, hedging), 0, rules) == 8
    assert exposure.excess(job, (unwinding, hedging), 0, rules) == 3


def test_doubt_ends_the_opening_for_good():
    run = JobRun(a_job(), START_NS)
    for phase in (JobPhase.FROZEN, JobPhase.PRIMARY):
        run.apply(JobMoved(at_ns=START_NS, job_id="j1", phase=phase, reason="an answer is missing"), 1)
    assert run.stage is JobPhase.HEDGING


quantity_of_a_leg = st.decimals("-20", "40", places=2)


@given(st.lists(st.tuples(quantity_of_a_leg, st.decimals("1", "50", places=2)), min_size=2, max_size=4))
def test_what_levels_the_legs_takes_none_of_them_beyond_nothing_or_away_from_the_others(legs: list[tuple[D, D]]):
    """Each leg alone, in whatever order: after all of it every leg has the level, and nobody was turned around."""
    job = a_job(legs=tuple(a_leg(f"sim-{at}", Side.BUY, str(size)) for at, (_, size) in enumerate(legs)))
    rules, held = perpetual("sim-b", order_lot_size=D("0.01")), [filled for filled, _ in legs]
    aim = max(0, min(Fraction(filled) / Fraction(size) for filled, size in legs))
    for at, (filled, size) in enumerate(legs):
        quantities = tuple(exposure.LegQuantities(x, x, x) for x in held)
        back, again = exposure.excess(job, quantities, at, rules), exposure.overdrawn(quantities, at, rules)
        assert back == 0 or again == 0
        held[at] = filled - back + again
        assert min(filled, 0) <= held[at] <= max(filled, 0)
        assert abs(Fraction(held[at]) - aim * Fraction(size)) < Fraction("0.01")
    leftover = exposure.naked_share(job, tuple(exposure.LegQuantities(x, x, x) for x in held))
    assert leftover < 2 * Fraction("0.01") / min(Fraction(size) for _, size in legs)


def test_of_a_leg_that_was_overdrawn_only_what_is_certain_is_taken_again():
    job, rules = a_job(), perpetual("sim-a")
    overdrawn = exposure.LegQuantities(known=D(-5), least=D(-5), most=D(-3))
    flat = exposure.LegQuantities(D(0), D(0), D(0))
    assert exposure.overdrawn((overdrawn, flat), 0, rules) == 3
    assert [exposure.excess(job, (overdrawn, flat), leg, rules) for leg in (0, 1)] == [0, 0]
    assert exposure.hedgeable(job, (overdrawn, flat), 1, rules) == 0
    assert not exposure.is_level(job, (overdrawn, overdrawn)), "a pair that was turned around is not what was wanted"
