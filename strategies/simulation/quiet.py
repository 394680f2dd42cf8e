"""The same world and engine without faults, orders or jobs: what virtual time costs where little happens."""

import asyncio
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from core.io.virtual_loop import VirtualLoop
from strategies.simulation.life import Life
from strategies.simulation.oracle import Oracle
from strategies.simulation.timeline import START_NS
from strategies.simulation.world import TICK_S, World

SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder for one run, made by tempfile


class QuietRun(NamedTuple):
    virtual_s: float
    steps: int
    """Moments of virtual time at which something happened."""


def run_quiet(seed: int, seconds: float) -> QuietRun:
    """Run an engine on six books that move twice a second, checked by the oracle as every run is."""
    loop = VirtualLoop(START_NS)
    folder = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix="seraphim-quiet-") as made:
            return loop.run_until_complete(_run(World(seed, loop, Path(made), None), loop, seconds))
    finally:
        loop.close()


async def _run(world: World, loop: VirtualLoop, seconds: float) -> QuietRun:
    world.plan.are_over = True
    oracle = Oracle(world)
    life = Life(world, oracle, 1, ())

    def tick() -> None:
        world.timeline.after(TICK_S, tick)
        for book in world.books.values():
            world.step_market(book)
            for exchange, symbol in world.sharing(book):
                life.feeds[exchange.name].show(symbol)

    tick()
    life.begin()
    await loop.elapse(seconds)
    run = QuietRun(seconds, loop.steps)
    life.kill()
    for task in asyncio.all_tasks():
        if task is not asyncio.current_task():
            task.cancel()
    await loop.elapse(0.001)
    if oracle.violations:
        raise AssertionError(f"a quiet market violates {oracle.violations[0]}")
    return run
