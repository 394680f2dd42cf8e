"""The whole engine over the embedded market in virtual time: hours in seconds, the same every time."""

import gc
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Final

from adapters.sim.bar_history import SimHistory
from adapters.sim.from_config import sim_config
from adapters.sim.market import SimMarket
from adapters.venue_store.store import VenueStore
from core.book.warm_up import warm_up
from core.config.config import Config
from core.config.engine_settings import engine_settings
from core.config.load import load_config
from core.engine.assembly import EnginePorts, assemble
from core.io.heartbeat import VIRTUAL_PROBE_S, Heartbeat
from core.io.inline_journal import InlineJournal
from core.io.order_ids import OrderIds
from core.io.virtual_loop import VirtualClock, VirtualLoop
from core.ports.time_budget import NoBudget
from core.state.monitoring import MonitoringState
from strategies.maker import StrategyMaker

START_NS: Final = 1_767_625_200_000_000_000  # Monday 2026-01-05 15:00 UTC, New York open
IN_MEMORY: Final = ":memory:"


def run_simulation(*, seed: int, seconds: int, config_file: Path | None = None) -> dict[str, object]:
    """Run `seconds` of virtual time from an empty account; return what happened and the journal's SHA-256.

    Without a configuration file it is the first run's: three simulated venues and two strategies.
    """
    config = load_config(config_file) if config_file is not None else load_config(Path("/nonexistent"), {})
    warm_up()
    began = time.perf_counter()
    loop = VirtualLoop(START_NS)
    try:
        result = loop.run_until_complete(_run(loop, config, seed, seconds))
    finally:
        loop.close()
        gc.collect()
    took_s = time.perf_counter() - began
    return {"seed": seed, "seconds": seconds, **result, "virtual_ratio": round(seconds / took_s, 1)}


async def _run(loop: VirtualLoop, config: Config, seed: int, seconds: int) -> dict[str, object]:
    clock, store, journal = VirtualClock(loop), VenueStore(IN_MEMORY), InlineJournal()
    market = SimMarket(sim_config(config, seed=seed), clock, store)
    maker = StrategyMaker(config, None)
    engine = assemble(
        engine_settings(config, metadata.version("seraphim")),
        EnginePorts(
            clock=clock,
            journal=journal,
            make_ids=OrderIds,
            history=SimHistory(market),
            budget=NoBudget(),
            run_blocking=_at_once,
            call_soon=loop.call_soon,
            feeds=lambda: [market.feed(venue) for venue in market.venues],
            executions=lambda: [market.execution(venue) for venue in market.venues],
            make_strategy=maker.make,
        ),
    )
    heartbeat = Heartbeat(engine.second, engine.parts.lag, probe_every_s=VIRTUAL_PROBE_S)
    await engine.connect()
    heartbeat.start()
    await engine.trade(maker.enabled())
    await loop.elapse(seconds)
    heartbeat.stop()
    state = engine.monitoring()
    await engine.stop("end of the simulation", cancel_orders=True)
    await market.stop()
    result = {"digest": journal.digest(), **_summary(state)}
    await journal.close()
    store.close()
    return result


def _summary(state: MonitoringState) -> dict[str, object]:
    return {
        "trades": state.global_.total_trades,
        "equity_usd": state.global_.equity_usd,
        "pnl_usd": state.global_.today_pnl_usd,
        "fees_usd": state.global_.today_fees_usd,
        "halt_level": state.global_.halt_level,
        "alerts": [alert.text for alert in state.alerts],
    }


async def _at_once(work: Callable[[], None]) -> None:
    work()
