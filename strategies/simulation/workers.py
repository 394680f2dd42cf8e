"""Worker processes of a campaign: each has a hash seed of its own, so that the order of a set would be noticed."""

import multiprocessing
import os
import queue
import signal
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from core.book.warm_up import warm_up
from strategies.simulation.episode import EpisodeResult, run_episode
from strategies.simulation.faults import Fault

PATIENCE_S: Final = 1.0


class Job(NamedTuple):
    """A seed to run, for the first time or again."""

    seed: int
    is_repeat: bool


class WorkerDiedError(RuntimeError):
    """A worker process ended without a result."""


OnResult = Callable[[Job, EpisodeResult], None]


def run_jobs(seeds: Sequence[int], repeats: Sequence[int], only: Fault | None, processes: int, done: OnResult) -> None:
    """Run every seed once, and those of `repeats` a second time in another process.

    Raises WorkerDiedError where a process ended by itself. Whatever happens, no process is left behind.
    """
    if processes == 1 or len(seeds) == 1:
        warm_up()
        for job in (*(Job(seed, False) for seed in seeds), *(Job(seed, True) for seed in repeats)):
            done(job, run_episode(job.seed, only))
        return
    team = _Team(processes, only)
    try:
        team.work_off(seeds, repeats, done)
    finally:
        team.dismiss()


class _Team:
    def __init__(self, size: int, only: Fault | None) -> None:
        context = multiprocessing.get_context("spawn")
        self._results = context.Queue()
        self._tasks = [context.Queue() for _ in range(size)]
        self._members = [
            context.Process(target=_work, args=(number, tasks, self._results, only), daemon=True)
            for number, tasks in enumerate(self._tasks)
        ]
        before = os.environ.get("PYTHONHASHSEED")
        for number, member in enumerate(self._members):
            os.environ["PYTHONHASHSEED"] = str(number + 1)
            member.start()
        if before is None:
            del os.environ["PYTHONHASHSEED"]
        else:
            os.environ["PYTHONHASHSEED"] = before

    def work_off(self, seeds: Sequence[int], repeats: Sequence[int], done: OnResult) -> None:
        waiting = list(reversed(seeds))
        again, ran_by = dict.fromkeys(repeats), dict[int, int]()
        left = len(seeds) + len(repeats)
        idle: list[int] = []

        def hand_out(number: int) -> None:
            # Again only what another process has run; while nothing is left but one's own, whoever comes next does it.
            other = next((seed for seed in again if ran_by.get(seed, number) != number), None)
            if waiting:
                self._tasks[number].put(Job(waiting.pop(), False))
            elif other is not None:
                del again[other]
                self._tasks[number].put(Job(other, True))
            else:
                idle.append(number)

        for number in range(len(self._members)):
            hand_out(number)
        while left:
            number, job, result = self._next_result()
            ran_by.setdefault(job.seed, number)
            left -= 1
            done(job, result)
            for free in (number, *idle):
                idle = [each for each in idle if each != free]
                hand_out(free)

    def _next_result(self) -> tuple[int, Job, EpisodeResult]:
        while True:
            try:
                return self._results.get(timeout=PATIENCE_S)
            except queue.Empty:
                for member in self._members:
                    if member.exitcode is not None:
                        raise WorkerDiedError(f"a worker process ended with code {member.exitcode}") from None

    def dismiss(self) -> None:
        for member in self._members:
            member.terminate()
        for member in self._members:
            member.join()


def _work(
    number: int,
    tasks: "multiprocessing.Queue[Job]",
    results: "multiprocessing.Queue[tuple[int, Job, EpisodeResult]]",
    only: Fault | None,
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers
    warm_up()
    while True:
        job = tasks.get()
        results.put((number, job, run_episode(job.seed, only)))
