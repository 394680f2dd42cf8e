"""How much faster than the clock the whole engine runs in virtual time: with all faults, and in a quiet market."""

import statistics
import time
from typing import Final

from bench.result import BenchError, Result
from core.book.warm_up import warm_up
from strategies.simulation.episode import run_episode
from strategies.simulation.quiet import run_quiet

QUIET_S: Final = 600.0


def run(rounds: int, seed: int) -> Result:
    """Run one seed with faults and ten quiet minutes a round, on one core."""
    warm_up()
    run_quiet(seed, 60.0)  # the first run compiles and counts for nobody
    faulty: list[tuple[float, float]] = []  # (virtual seconds, steps) a second of ours
    quiet: list[tuple[float, float]] = []
    for number in range(rounds):
        began = time.perf_counter()
        episode = run_episode(seed + number)
        took_s = time.perf_counter() - began
        if episode.violations:
            raise BenchError(f"seed {seed + number} violates {episode.violations[0]}")
        faulty.append((episode.virtual_seconds / took_s, episode.steps / took_s))
        began = time.perf_counter()
        calm = run_quiet(seed + number, QUIET_S)
        took_s = time.perf_counter() - began
        quiet.append((calm.virtual_s / took_s, calm.steps / took_s))
    measured = {
        "with faults, virtual s a second": round(statistics.median(ratio for ratio, _ in faulty)),
        "with faults, steps a second": round(statistics.median(steps for _, steps in faulty)),
        "quiet market, virtual s a second": round(statistics.median(ratio for ratio, _ in quiet)),
        "quiet market, steps a second": round(statistics.median(steps for _, steps in quiet)),
        "rounds": rounds,
    }
    return Result("simulation", measured, {})
