"""Many seeds on all cores: what was violated, what was injected, and how fast that was."""

import os
import time
from collections.abc import Callable
from typing import Final

import msgspec

from strategies.simulation.episode import EpisodeResult
from strategies.simulation.faults import Fault
from strategies.simulation.violation import Violation
from strategies.simulation.workers import Job, run_jobs

REPEAT_EVERY: Final = 10
"""Every so many seeds one is run again, in a process with another hash seed: it must give the same journal (G11)."""

Progress = Callable[[int, int], None]


class FoundViolation(msgspec.Struct, frozen=True, kw_only=True):
    """A violation with the command that repeats it."""

    seed: int
    invariant: str
    text: str
    at_s: float
    repeat: str


class CampaignResult(msgspec.Struct, frozen=True, kw_only=True):
    seeds: int
    violations: list[FoundViolation]
    faults: dict[str, int]
    orders: int
    fills: int
    lives: int
    repeated: int
    steps: int
    steps_per_second: float
    virtual_seconds: float
    wall_seconds: float
    virtual_ratio: float


def run_campaign(
    seeds: range, only: Fault | None = None, processes: int | None = None, progress: Progress | None = None
) -> CampaignResult:
    """Run every seed, some of them twice; sum up what came of them."""
    began = time.perf_counter()
    repeats = seeds[::REPEAT_EVERY]
    results: dict[int, EpisodeResult] = {}
    again: dict[int, EpisodeResult] = {}

    def done(job: Job, result: EpisodeResult) -> None:
        (again if job.is_repeat else results)[job.seed] = result
        if progress is not None:
            progress(len(results) + len(again), len(seeds) + len(repeats))

    # Two at least: a single process has one hash seed, and repeating in it would prove nothing of the others.
    run_jobs(seeds, repeats, only, processes or max(2, os.cpu_count() or 1), done)
    return _sum_up([results[seed] for seed in seeds], again, only, time.perf_counter() - began)


def repeat_command(seed: int, only: Fault | None) -> str:
    """Return the command line that runs a seed again."""
    return f"seraphim simulate --seed {seed}" + (f" --fault {only.value}" if only else "")


def _sum_up(
    results: list[EpisodeResult], again: dict[int, EpisodeResult], only: Fault | None, wall_s: float
) -> CampaignResult:
    found = [_found(result.seed, violation, only) for result in results for violation in result.violations]
    for result in results:
        other = again.get(result.seed)
        if other is not None and other.digest != result.digest:
            text = f"the same seed gave journals {result.digest} and {other.digest}"
            violation = Violation(invariant="G11", text=text, at_s=result.virtual_seconds)
            found.append(_found(result.seed, violation, only))
    every = (*results, *again.values())
    virtual_s = sum(result.virtual_seconds for result in every)
    steps = sum(result.steps for result in every)
    return CampaignResult(
        seeds=len(results),
        violations=found,
        faults={
            fault.value: sum(result.faults.get(fault.value, 0) for result in results)
            for fault in Fault
            if any(fault.value in result.faults for result in results)
        },
        orders=sum(result.orders for result in results),
        fills=sum(result.fills for result in results),
        lives=sum(result.lives for result in results),
        repeated=len(again),
        steps=steps,
        steps_per_second=round(steps / wall_s),
        virtual_seconds=round(virtual_s, 3),
        wall_seconds=round(wall_s, 3),
        virtual_ratio=round(virtual_s / wall_s, 1),
    )


def _found(seed: int, violation: Violation, only: Fault | None) -> FoundViolation:
    return FoundViolation(
        seed=seed,
        invariant=violation.invariant,
        text=violation.text,
        at_s=violation.at_s,
        repeat=repeat_command(seed, only),
    )
