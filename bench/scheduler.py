"""One tick of the scheduler over 10,000 pending jobs, against plain dataclasses and against vectorised numpy.

Two readings of numpy. `ratio.numpy` is the one of equal inputs: like the scheduler's caller it has the pending jobs as
objects (here already reduced to tuples of numbers, which favours it) and the market, and makes its columns each tick.
`ratio.numpy_kept_columns` leaves the making of columns out: somebody who writes numpy may keep columns between ticks,
as the scheduler does, and then has to update them as jobs come and go, which is not counted on either side.
"""

import gc
import random
import statistics
import time
from typing import Final

import numpy as np

from bench.result import BenchError, Result
from bench.scheduler_market import make_jobs, make_market
from bench.scheduler_numpy import NumpyForm
from bench.scheduler_objects import ObjectForm
from core.jobs.columns import PendingColumns
from core.jobs.compiled_selection import CompiledSelector
from core.jobs.limits import JobLimits
from core.jobs.market import JobMarket
from core.jobs.rulebook import Rulebook
from core.jobs.scheduler import Scheduler
from core.journal.facts import JobSubmitted
from core.risk.limits import RiskLimits
from core.types.job import HedgeJob

JOBS: Final = 10_000
PEERS: Final = ("dataclasses", "numpy", "numpy_kept_columns")
TICKS_A_ROUND: Final = 10  # of the two fast forms, each on a market of its own; the plain one does the first


class Forms:
    """The three forms on the same jobs, checked against each other on every market."""

    def __init__(self, jobs: list[HedgeJob], rules: Rulebook) -> None:
        self._columns = PendingColumns(rules)
        for number, job in enumerate(jobs):
            self._columns.add(job, number)
        self._ours = CompiledSelector(rules)
        self._numpy = NumpyForm(jobs, rules)
        self._objects = ObjectForm(jobs, rules)
        self._count = len(jobs)

    def ours(self, market: JobMarket) -> tuple[float, list[int]]:
        """Return µs taken and the picks; masks and scores stay in the columns."""
        started_ns = time.perf_counter_ns()
        picks = self._ours.select(self._columns, market, {})
        return (time.perf_counter_ns() - started_ns) / 1_000, picks

    def vectorised(self, market: JobMarket, picks: list[int]) -> tuple[float, float]:
        """Return µs taken with and without making the columns."""
        started_ns = time.perf_counter_ns()
        self._numpy.gather()
        gathered_ns = time.perf_counter_ns()
        found, masks, scores = self._numpy.select(market)
        ended_ns = time.perf_counter_ns()
        self._compare("numpy", found, picks, masks, scores.T)
        return (ended_ns - started_ns) / 1_000, (ended_ns - gathered_ns) / 1_000

    def dataclasses(self, market: JobMarket, picks: list[int]) -> float:
        started_ns = time.perf_counter_ns()
        found, judged = self._objects.select(market)
        taken_us = (time.perf_counter_ns() - started_ns) / 1_000
        masks = np.array([each.mask for each in judged])
        scores = np.array([(each.safety, each.volume, each.final) for each in judged])
        self._compare("dataclasses", found, picks, masks, scores)
        return taken_us

    def _compare(self, name: str, found: list[int], picks: list[int], masks: np.ndarray, scores: np.ndarray) -> None:
        if found != picks:
            raise BenchError(f"{name} picks other jobs than ours: {found} instead of {picks}")
        if not np.array_equal(masks, self._columns.masks[: self._count]):
            raise BenchError(f"{name} has other verdicts than ours")
        if not np.array_equal(scores, self._columns.scores[: self._count]):
            raise BenchError(f"{name} has other scores than ours")


def run(rounds: int, seed: int) -> Result:
    """Let the forms take turns on fresh markets; whatever differs in a pick, a verdict or a score is no result."""
    chance = random.Random(seed)
    rules = Rulebook(JobLimits(), RiskLimits())
    jobs = make_jobs(chance, JOBS)
    forms = Forms(jobs, rules)
    micros: dict[str, list[float]] = {name: [] for name in ("ours", *PEERS)}
    picked: list[int] = []
    forms.ours(make_market(chance))  # compiles, and is not counted
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            markets = [make_market(chance) for _ in range(TICKS_A_ROUND)]
            for at, market in enumerate(markets):
                taken_us, picks = forms.ours(market)
                micros["ours"].append(taken_us)
                picked.append(len(picks))
                whole_us, without_columns_us = forms.vectorised(market, picks)
                micros["numpy"].append(whole_us)
                micros["numpy_kept_columns"].append(without_columns_us)
                if at == 0:
                    micros["dataclasses"].append(forms.dataclasses(market, picks))
    finally:
        gc.enable()
    medians = {name: statistics.median(values) for name, values in micros.items()}
    measured = {f"{name} us": round(value, 1) for name, value in medians.items()} | {
        "whole tick of ours in its first state us": round(_whole_tick_us(jobs, rules, make_market(chance)), 1),
        "jobs": JOBS,
        "median of jobs picked": statistics.median(picked),
        "rounds": rounds,
        "ticks": rounds * TICKS_A_ROUND,
    }
    ratio = {name: round(medians[name] / medians["ours"], 2) for name in PEERS}
    return Result("scheduler", measured, ratio)


def _whole_tick_us(jobs: list[HedgeJob], rules: Rulebook, market: JobMarket) -> float:
    """Return what `Scheduler.tick` takes with its verdicts in words for every job that starts or is dropped."""
    scheduler = Scheduler(rules)
    scheduler.use(CompiledSelector(rules))
    for job in jobs:
        scheduler.apply(JobSubmitted(at_ns=0, job=job))
    started_ns = time.perf_counter_ns()
    scheduler.tick(market)
    return (time.perf_counter_ns() - started_ns) / 1_000
