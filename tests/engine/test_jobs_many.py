"""Many jobs at once: caps hold at every fact, concurrency and fairness keep to their rules, a crash loses nothing."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import cycle
from pathlib import Path

import pytest

from core.capital.limits import CapitalLimits
from core.control.commands import SetRiskMode
from core.engine import job_runner
from core.engine.fold import EngineFold
from core.execution.commands import Command
from core.execution.decide import decide
from core.execution.job_run import JobRun
from core.execution.view import RunView
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.jobs.limits import JobLimits
from core.jobs.rulebook import Rulebook
from core.journal.facts import JobFinished, JobStarted
from core.risk.limits import RiskLimits
from core.types.capital import Pool
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob, JobOutcome
from core.types.job_tag import LegRole
from core.types.order import OrderIntent, Side
from tests.engine.job_rig import JobRig, leg, refolded
from tests.engine.mortality import Fate, MortalJournal, MortalLine
from tests.engine.rig import PERP, ScriptedStrategy, in_virtual_time
from tests.engine.venues import Answer, ScriptedVenue, Speech

D = Decimal
TEN = tuple(f"v{at}" for at in range(10))
WIDE = RiskLimits(
    order_rate_per_s=1_000, message_rate_per_s=1_000, max_position_size_usd=D(100_000), max_open_orders=1_000,
    max_total_gross_usd=D(1_000_000), max_venue_gross_usd=D(1_000_000), max_instrument_gross_usd=D(1_000_000),
    min_order_failure_sample=10_000,
)  # fmt: skip
SLOW = JobLimits(max_latency_ms=5_000)


def caps_hold_throughout(rig: JobRig, equity_usd: Decimal) -> None:
    """Fold the journal fact by fact; no pool is ever overdrawn, none in debt, and never too much is in flight."""
    rules, limits = Rulebook(rig.settings.jobs, rig.settings.limits), rig.settings.capital
    fold = EngineFold(rig.engine.parts.market.instruments.get, rig.settings.risk_mode, rules)
    for row in rig.journal.rows(0):
        fold.apply(row.fact)
        for venue in rig.venues:
            assert fold.capital.in_flight_usd(venue) <= equity_usd * limits.max_total_notional_pct / 100
            for pool in Pool:
                committed = sum(
                    (each.bound[pool].usd for each in fold.capital.committed(venue) if pool in each.bound), D(0)
                )
                reserved = fold.capital.reserved_usd(venue, pool)
                assert 0 <= reserved <= equity_usd * limits.pools.of(pool) - committed
        most = max((fold.scheduler.book.running_at(venue)[0] for venue in rig.venues), default=0)
        assert most <= rig.settings.jobs.max_running_per_venue
        assert len(fold.runs) <= rig.settings.jobs.max_running
        for venue in rig.venues:
            assert fold.scheduler.book.running_at(venue)[1] <= rig.settings.jobs.max_notional_per_venue_usd


def around_the_ring(rig: JobRig, count: int, quantity: str = "1") -> list[HedgeJob]:
    """Submit jobs between neighbours, each venue in as many as the others."""
    return [
        rig.submit(leg(TEN[at % 10], Side.BUY, quantity), leg(TEN[(at + 1) % 10], Side.SELL, quantity))
        for at in range(count)
    ]


async def all_ended(rig: JobRig, jobs: list[HedgeJob], patience_s: float = 300) -> Counter[str]:
    names = [job.job_id for job in jobs]

    def is_over() -> bool:
        book = rig.fold.scheduler.book
        return not any(name in book.pending or name in book.running for name in names)

    await rig.until(is_over, patience_s, step_s=0.5)
    await rig.until(rig.is_idle)
    return Counter(fact.outcome.value for fact in rig.facts(JobFinished))


def test_f34_of_sixty_jobs_at_once_fifty_run_ten_at_a_venue_and_the_others_follow(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, TEN, journal=journal, limits=WIDE, jobs=SLOW).start()
        for venue in rig.venues.values():
            venue.latency_s = 1.5
        jobs = around_the_ring(rig, 60)
        await rig.until(lambda: len(rig.fold.runs), step_s=0.01)
        assert len(rig.fold.runs) == 50
        assert {name: state.concurrent_jobs_count for name, state in rig.engine.monitoring().venues.items()} == (
            dict.fromkeys(TEN, 10)
        )
        waiting = [job for job in jobs if not rig.is_started(job)]
        explained = rig.engine.parts.jobs.explain(waiting[0].job_id)
        assert explained is not None
        assert "its turn" in explained.waits_for or "jobs" in explained.waits_for
        assert await all_ended(rig, jobs) == {"completed": 60}
        caps_hold_throughout(rig, D(100_000))
        assert rig.in_flight() == {}
        assert rig.committed() == rig.held()
        assert rig.agrees_with_venues()
        assert rig.fold.to_bytes() == refolded(rig)

    in_virtual_time(work)


def test_f34_fifty_jobs_within_the_default_rates_all_end_and_none_is_lost(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        jobs = [
            rig.submit(leg("v1", side, "2"), leg("v2", side.opposite, "2"))
            for side in (Side.BUY, Side.SELL)
            for _ in range(25)
        ]
        outcomes = await all_ended(rig, jobs, patience_s=590)
        assert sum(outcomes.values()) == 50
        assert outcomes["completed"] >= 45
        assert outcomes["naked"] == 0
        caps_hold_throughout(rig, D(100_000))
        assert rig.held().get("v1", D(0)) == -rig.held().get("v2", D(0))
        assert rig.in_flight() == {}

    in_virtual_time(work)


def test_f34_reservations_in_flight_keep_to_their_share_of_equity_and_notional_to_its_limit(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        capital = CapitalLimits(max_total_notional_pct=D(12))
        rig = await JobRig(loop, journal=journal, limits=WIDE, capital=capital, jobs=SLOW).start()
        for venue in rig.venues.values():
            venue.latency_s = 1.5
        jobs = [rig.submit(leg("v1", Side.BUY, "40"), leg("v2", Side.SELL, "40")) for _ in range(10)]
        await rig.until(lambda: len(rig.fold.runs), step_s=0.01)
        assert len(rig.fold.runs) == 3  # of 4,000 each
        explained = rig.engine.parts.jobs.explain(jobs[-1].job_id)
        assert explained is not None
        await all_ended(rig, jobs)
        caps_hold_throughout(rig, D(100_000))

    in_virtual_time(work)


def test_a_strategy_with_many_better_jobs_does_not_keep_another_from_its_turn(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        strategies = [ScriptedStrategy(name, InstrumentId("v1", PERP)) for name in ("greedy", "modest")]
        rig = await JobRig(loop, journal=journal, limits=WIDE, jobs=JobLimits(max_running=4)).start(*strategies)
        greedy = [
            rig.submit(leg("v1", Side.BUY, "10"), leg("v2", Side.SELL, "10"), strategy="greedy") for _ in range(20)
        ]
        modest = [rig.submit(leg("v1", Side.BUY, "1"), leg("v2", Side.SELL, "1"), strategy="modest") for _ in range(2)]
        await rig.until(lambda: len(rig.fold.runs), step_s=0.01)
        started = [fact.job_id for fact in rig.facts(JobStarted)][:4]
        assert all(job.job_id in started for job in modest)
        assert sum(job.job_id in started for job in greedy) == 2
        await all_ended(rig, [*greedy, *modest])

    in_virtual_time(work)


def test_f34_a_crash_among_fifty_running_jobs_opens_nothing_afterwards_and_frees_everything(tmp_path: Path):
    class Rig(JobRig):
        def __init__(self, inner: InlineJournal, fate: Fate, loop: VirtualLoop, world: JobRig | None = None) -> None:
            self.fate = fate
            super().__init__(loop, TEN, journal=MortalJournal(inner, fate), limits=WIDE, world=world)

        def executions(self) -> list[MortalLine]:
            return [MortalLine(venue, self.fate) for venue in self.venues.values()]

    async def life_and_death(loop: VirtualLoop, moment: int) -> None:
        inner, fate = InlineJournal(tmp_path / f"{moment}.sqlite"), Fate(moment)
        rig = await Rig(inner, fate, loop).start()
        for at, venue in enumerate(rig.venues.values()):
            venue.latency_s = 0.3 + at / 50
        jobs = around_the_ring(rig, 50)
        fate.is_counting = True
        await rig.until(lambda: fate.is_dead)
        started = [job for job in jobs if rig.is_started(job)]
        await rig.crash()
        since_ns = rig.clock.utc_ns()
        again = await Rig(inner, Fate(), loop, rig).start(warm_up_s=1)
        await all_ended(again, jobs)
        await again.elapse(15)
        opened = {intent.job.job_id for intent in again.sent(LegRole.PRIMARY, since_ns) if intent.job}
        assert opened.isdisjoint(job.job_id for job in started)
        ids = [intent.client_order_id for venue in again.venues.values() for intent in venue.submitted]
        assert len(ids) == len(dict.fromkeys(ids))
        assert again.in_flight() == {}
        assert again.committed() == again.held()
        assert sum(again.held().values()) == 0
        assert again.agrees_with_venues()
        assert again.fold.to_bytes() == refolded(again)
        caps_hold_throughout(again, D(100_000))

    for moment in (30, 101, 170, 260, 333, 410):
        in_virtual_time(lambda loop: life_and_death(loop, moment))  # noqa: B023 - at once


def test_a_new_risk_mode_is_that_of_the_next_tick(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        await rig.execute(SetRiskMode(mode="conservative"))
        job = rig.submit()
        assert (await rig.end_of(job)).outcome is JobOutcome.COMPLETED
        (start,) = rig.facts(JobStarted)
        assert next(check.limit for check in start.checks if check.rule == "min_edge") == "at least 5"

    in_virtual_time(work)


def test_f33_jobs_in_opposite_directions_wait_for_each_other_instead_of_crossing_or_giving_up(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        sliced = JobLimits(max_naked_usd=D(600))
        rig = await JobRig(loop, journal=journal, limits=WIDE, jobs=sliced).start()
        for venue in rig.venues.values():
            venue.latency_s = 0.1
        jobs = [
            rig.submit(leg("v1", side), leg("v2", side.opposite)) for _ in range(5) for side in (Side.BUY, Side.SELL)
        ]
        assert await all_ended(rig, jobs) == {"completed": 10}
        assert rig.refusals() == []
        assert rig.held() == rig.committed() == rig.in_flight() == {}

    in_virtual_time(work)


def test_books_alone_ask_a_job_no_more_often_than_its_share(journal: InlineJournal, monkeypatch: pytest.MonkeyPatch):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        rig.venues["v1"].answers.append(Answer.LOSE_ANSWER)
        rig.venues["v1"].speech = Speech.NOTHING
        job = rig.submit()
        await rig.until(lambda: rig.is_started(job))
        asked: list[str] = []
        monkeypatch.setattr(job_runner, "decide", lambda run, view: asked.append(run.job.job_id) or decide(run, view))
        for _ in range(400):
            rig.feed.quote(PERP, "99.9", "100.1")
            await rig.elapse(0.001)
        assert 10 <= len(asked) <= 400 // 20 + 2
        monkeypatch.undo()
        await rig.end_of(job)

    in_virtual_time(work)


def test_a_job_that_cannot_be_decided_halts_new_risk_and_keeps_no_other_from_its_end(
    journal: InlineJournal, monkeypatch: pytest.MonkeyPatch
):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, limits=WIDE).start()
        for venue in rig.venues.values():
            venue.latency_s = 0.4
        broken, sound = rig.submit(), rig.submit()
        await rig.until(lambda: len(rig.sent(LegRole.HEDGE)) == 2, step_s=0.01)

        def fails(run: JobRun, view: RunView) -> list[Command]:
            if run.job is broken:
                raise ArithmeticError("cannot be decided")
            return decide(run, view)

        monkeypatch.setattr(job_runner, "decide", fails)
        assert (await rig.end_of(sound)).outcome is JobOutcome.COMPLETED
        await rig.elapse(2)
        assert "engine_fault" in rig.causes()
        monkeypatch.undo()
        assert (await rig.end_of(broken)).outcome is JobOutcome.COMPLETED

    in_virtual_time(work)


def test_a_begun_hedge_comes_before_new_primary_orders_however_many_others_keep_its_book_busy(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        sliced = JobLimits(max_naked_usd=D(210), max_latency_ms=5_000)
        rig = await JobRig(loop, ("v1", "v2", "v3"), journal=journal, limits=WIDE, jobs=sliced).start()
        for venue in rig.venues.values():
            paces_s = cycle((0.2, 0.5, 0.35, 0.6, 0.45))

            def sets_its_pace(_: OrderIntent, venue: ScriptedVenue = venue, paces_s: Iterator[float] = paces_s) -> None:
                venue.latency_s = next(paces_s)

            venue.on_submit = sets_its_pace
        jobs = [rig.submit(leg("v2", Side.BUY), leg("v1", Side.SELL)) for _ in range(8)]
        await rig.elapse(4)
        jobs.append(rig.submit(leg("v3", Side.BUY, "2"), leg("v2", Side.SELL, "2")))
        assert await all_ended(rig, jobs) == {"completed": 9}

    in_virtual_time(work)
