"""The engine dies in the middle of a job, at every moment that matters: the next one brings it to its end.

Checked against the venues' truth after each restart: nothing is sent twice, nothing is left alone, nothing is opened,
and capital is what the journal and the venues say.
"""

import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.jobs.limits import JobLimits
from core.journal.facts import JobFinished, JobStarted
from core.types.job import HedgeJob, JobOutcome
from core.types.job_tag import LegRole
from core.types.order import Fill, OrderIntent
from data.journal_audit.audit import audit
from tests.engine.job_rig import JobRig, refolded
from tests.engine.mortality import Fate, MortalJournal, MortalLine
from tests.engine.rig import in_virtual_time
from tests.engine.venues import Answer, ScriptedVenue, Speech

D = Decimal
SLICED = JobLimits(max_naked_usd=D(1_100))  # two slices of the default job
PATIENCE_S = 240.0
Arrange = Callable[[dict[str, ScriptedVenue]], None]


class MortalRig(JobRig):
    """A `JobRig` whose engine dies when its fate says so."""

    def __init__(self, loop: VirtualLoop, inner: InlineJournal, fate: Fate, world: "MortalRig | None" = None) -> None:
        self.fate = fate
        self.inner = inner
        super().__init__(loop, journal=MortalJournal(inner, fate), jobs=SLICED, world=world)

    def executions(self) -> list[MortalLine]:
        return [MortalLine(venue, self.fate) for venue in self.venues.values()]


# what must hold ------------------------------------------------------------------------------------------------


def fills_of(rig: JobRig) -> list[tuple[Fill, OrderIntent]]:
    """Return every fill at the venues with the order it belongs to, in the order in which they happened."""
    found = [(fill, venue.orders[fill.client_order_id].intent) for venue in rig.venues.values() for fill in venue.fills]
    return sorted(found, key=lambda each: each[0].venue_ns)


def never_hedged_more_than_filled(rig: JobRig, job: HedgeJob) -> None:
    held = {0: D(0), 1: D(0)}
    for fill, intent in fills_of(rig):
        assert intent.job is not None
        held[intent.job.leg] += fill.quantity if intent.job.role is not LegRole.UNWIND else -fill.quantity
        assert held[0] <= job.legs[0].quantity
        assert held[1] <= held[0], (fill, intent)


def nothing_is_sent_twice(rig: JobRig) -> None:
    ids = [intent.client_order_id for venue in rig.venues.values() for intent in venue.submitted]
    assert len(ids) == len(dict.fromkeys(ids))


def everything_adds_up(rig: JobRig, job: HedgeJob) -> None:
    assert rig.is_idle()
    assert all(not venue.open_orders for venue in rig.venues.values())
    assert rig.agrees_with_venues()
    assert rig.in_flight() == {}
    assert rig.committed() == rig.held()
    assert rig.fold.to_bytes() == refolded(rig)
    starts = [fact for fact in rig.facts(JobStarted) if fact.job_id == job.job_id]
    ends = [fact for fact in rig.facts(JobFinished) if fact.job_id == job.job_id]
    assert len(starts) == len(ends) <= 1
    if ends:
        truth = rig.true_result(job)
        assert (ends[0].volume_usd, ends[0].fees_usd) == truth[1:]
        net = rig.held().get("v1", D(0)) + rig.held().get("v2", D(0))
        assert ends[0].naked_quantity == net
        if not net:
            assert ends[0].pnl_usd == truth[0]
    never_hedged_more_than_filled(rig, job)
    nothing_is_sent_twice(rig)


def nothing_is_opened_since(rig: JobRig, job: HedgeJob, since_ns: int) -> None:
    """A job that had started goes on to hedge or to give back, and opens nothing."""
    if any(fact.job_id == job.job_id and fact.at_ns < since_ns for fact in rig.facts(JobStarted)):
        assert rig.sent(LegRole.PRIMARY, since_ns) == []


# lives ---------------------------------------------------------------------------------------------------------


async def until_dead_or_done(rig: MortalRig, job: HedgeJob) -> None:
    for _ in range(int(PATIENCE_S / 0.05)):
        if rig.fate.is_dead or ((rig.ends(job) or rig.drops(job)) and rig.is_idle()):
            return
        await rig.elapse(0.05)
    raise AssertionError(f"the job did not end:\n{rig.log()}")


async def started_or_dead(loop: VirtualLoop, rig: MortalRig) -> None:
    starting = loop.create_task(rig.start(warm_up_s=1))
    while not (starting.done() or rig.fate.is_dead):
        await loop.elapse(0.05)


async def play(loop: VirtualLoop, path: Path, fates: list[Fate], arrange: Arrange, pauses_s: list[float]) -> MortalRig:
    """Run one job through as many lives as there are fates, and a last one that nothing ends; check everything."""
    inner = InlineJournal(path)
    rig = MortalRig(loop, inner, fates[0])
    await rig.start()
    arrange(rig.venues)
    rig.fate.is_counting = True
    job = rig.submit()
    await until_dead_or_done(rig, job)
    for fate, pause_s in zip([*fates[1:], Fate()], pauses_s, strict=True):
        if not rig.fate.is_dead:
            break
        await rig.crash()
        await loop.elapse(pause_s)
        since_ns = rig.clock.utc_ns()
        fate.is_counting = True
        rig = MortalRig(loop, inner, fate, world=rig)
        await started_or_dead(loop, rig)
        if rig.engine.parts.fold.scheduler.book.knows(job.job_id):
            await until_dead_or_done(rig, job)
        nothing_is_opened_since(rig, job, since_ns)
        nothing_is_sent_twice(rig)
    rig.fate.is_counting = False
    await rig.elapse(15)  # what the venues had not yet said has come
    everything_adds_up(rig, job)
    await rig.crash()
    await inner.close()
    assert [f"row {each.row} {each.check}: {each.text}" for each in audit(path).findings] == []
    return rig


def calm(_: dict[str, ScriptedVenue]) -> None:
    """Everything goes well."""


def rejecting(venues: dict[str, ScriptedVenue]) -> None:
    venues["v2"].answers.append(Answer.REJECT)


def silent(venues: dict[str, ScriptedVenue]) -> None:
    venues["v2"].answers.append(Answer.LOSE_ANSWER)
    venues["v2"].speech = Speech.NOTHING


def in_part(venues: dict[str, ScriptedVenue]) -> None:
    venues["v1"].shares.append(D("0.6"))
    venues["v2"].shares.extend((D("0.5"), D(0)))


SCENARIOS: dict[str, Arrange] = {each.__name__: each for each in (calm, rejecting, silent, in_part)}
STRIDE = 6  # tests a scenario is divided into, so that they can run side by side


@pytest.mark.parametrize("first", range(STRIDE))
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_f24_a_job_survives_a_crash_at_every_commit_and_every_wire_call(tmp_path: Path, scenario: str, first: int):
    at, is_over = first, False
    while not is_over:
        fate = Fate(at)
        path = tmp_path / f"{at}.sqlite"
        try:
            in_virtual_time(lambda loop: play(loop, path, [fate], SCENARIOS[scenario], [2.0]))  # noqa: B023 - at once
        except Exception as error:
            raise AssertionError(f"died {fate.last_words} (moment {at})") from error
        is_over = not fate.is_dead
        at += STRIDE
    assert at > STRIDE, "the job has as many moments to die at"


def restless(chance: random.Random) -> Arrange:
    """Return venues that answer, tell and fill as chance has it."""

    def arrange(venues: dict[str, ScriptedVenue]) -> None:
        for venue in venues.values():
            venue.latency_s = chance.choice((0.001, 0.005, 0.3))
            venue.stream_delay_s = chance.choice((0.0, 0.0, 0.02, 1.0))
            venue.fills_before_ack = chance.random() < 0.3
            venue.speech = chance.choice((Speech.ALL, Speech.ALL, Speech.FILLS_TWICE, Speech.NO_FILLS, Speech.NOTHING))
            venue.answers.extend(chance.choices(list(Answer), (6, 1, 1, 1, 1, 1), k=6))
            venue.cancel_answers.extend(chance.choices((Answer.TAKE, Answer.REJECT, Answer.LOSE_REQUEST), k=4))
            venue.shares.extend(chance.choices((D(1), D("0.5"), D("0.03"), D(0)), (5, 2, 1, 1), k=5))

    return arrange


@pytest.mark.parametrize("seed", range(120))
def test_f24_a_job_survives_crashes_at_random_moments_among_venues_that_misbehave(tmp_path: Path, seed: int):
    chance = random.Random(seed)
    fates = [Fate(chance.randrange(70)) for _ in range(chance.choice((1, 1, 2, 3)))]
    pauses_s = [chance.choice((0.001, 0.5, 4.0, 40.0)) for _ in fates]
    in_virtual_time(lambda loop: play(loop, tmp_path / "journal.sqlite", fates, restless(chance), pauses_s))


def test_a_job_that_waited_when_the_engine_died_starts_afterwards(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        inner = InlineJournal(tmp_path / "journal.sqlite")
        rig = MortalRig(loop, inner, Fate())
        await rig.start()
        job = rig.submit()
        await rig.crash()
        again = MortalRig(loop, inner, Fate(), world=rig)
        await again.start()
        assert (await again.end_of(job)).outcome is JobOutcome.COMPLETED
        everything_adds_up(again, job)

    in_virtual_time(work)
