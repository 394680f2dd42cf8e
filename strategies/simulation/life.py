"""One engine of a simulated run, from its start to its end or its death."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from decimal import Decimal
from typing import Any

from core.bars.timeframe import Timeframe
from core.control.commands import AmendOrder, AnyCommand, CommandResult
from core.engine.assembly import EnginePorts, assemble
from core.engine.engine import Engine
from core.engine.settings import EngineSettings
from core.io.order_ids import OrderIds
from core.io.seeded_randomness import SeededRandomness
from core.journal.facts import AnyFact
from core.ports.alert_sink import AlertRoute
from core.ports.history import NoHistory
from core.ports.journal import JournalError
from core.ports.strategy import RunningStrategy
from core.ports.time_budget import NoBudget
from core.risk.limits import RiskLimits
from strategies.simulation.connection import Connection
from strategies.simulation.faults import Fault
from strategies.simulation.journal_disk import SlowJournal
from strategies.simulation.market_feed import MarketFeed
from strategies.simulation.oracle import Oracle
from strategies.simulation.pager import Pager
from strategies.simulation.timeline import EngineClock
from strategies.simulation.world import World

PULSE_S = 1.0
PROTECTED = RiskLimits(
    stop_loss_enabled=True,
    stop_loss_pct=Decimal("0.05"),
    stop_loss_by_atr=True,
    stop_loss_timeframe=Timeframe.S1,
    take_profit_pct=Decimal("0.06"),
    trailing_stop_pct=Decimal("0.08"),
)
"""As near as these prices walk in a minute."""


class Life:
    """An engine with its own connections and journal over a world that outlives it.

    `kill` ends it at once and without a word: whatever its code still does has no effect on the world.
    """

    def __init__(self, world: World, oracle: Oracle, number: int, strategies: Sequence[RunningStrategy]) -> None:
        self._world = world
        self._oracle = oracle
        self._strategies = strategies
        timeline, plan = world.timeline, world.plan
        self.clock = EngineClock(timeline.loop)
        self._dice = world.dice(f"life {number}")
        self.journal = SlowJournal(world.disk, timeline, self._dice, oracle.appended, self._on_commit)
        self.connections = {
            name: Connection(exchange, timeline, plan, world.dice(f"wire {number} {name}"), oracle, self.kill)
            for name, exchange in world.exchanges.items()
        }
        self.feeds = {name: MarketFeed(ex, timeline, self.clock) for name, ex in world.exchanges.items()}
        self.sinks = {
            "pager": Pager(timeline, world.dice(f"pager {number}"), plan),
            "mail": Pager(timeline, world.dice(f"mail {number}"), None),
        }
        durable = [row.fact for row in self.journal.rows(0)]
        self.engine: Engine = assemble(
            EngineSettings(version="simulation", limits=PROTECTED if world.is_protected(number) else RiskLimits()),
            EnginePorts(
                clock=self.clock,
                journal=self.journal,
                make_ids=OrderIds,
                history=NoHistory(),
                budget=NoBudget(),
                run_blocking=_at_once,
                call_soon=timeline.loop.call_soon,
                feeds=lambda: list(self.feeds.values()),
                executions=lambda: list(self.connections.values()),
                make_strategy=self._make_strategy,
                alert_routes=[AlertRoute(name=name, sink=sink, timeout_s=5.0) for name, sink in self.sinks.items()],
                randomness=SeededRandomness(world.seed, f"alerts {number}"),
            ),
        )
        oracle.engine_begins(self.engine, self.feeds, durable)
        oracle.alerts.begin(self.sinks)
        self.is_dead = False
        self.is_started = False
        self.died = timeline.loop.create_future()
        self.stalled_s = 0.0
        self.tasks: dict[asyncio.Future[Any], None] = {}

    # life ------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        self._spawn(self._start())

    async def _start(self) -> None:
        try:
            await self.engine.connect()
        except JournalError:  # a start that cannot be journaled ends the process
            self.kill_among_faults()
            return
        if not self.is_dead:
            self._check_replay("at its start")
        self._pulse()
        await self.engine.trade(self._strategies)
        self.is_started = True

    def kill(self) -> None:
        """End like a process that gets signal 9."""
        if self.is_dead:
            return
        self.is_dead = True
        self._check_replay("at a crash")
        for connection in self.connections.values():
            connection.is_dead = True
        for feed in self.feeds.values():
            feed.is_dead = True
        self.journal.die(self._dice)
        self.died.set_result(None)

    def kill_among_faults(self) -> None:
        """End like that unless all faults are over: what was planned before must not happen after."""
        if not self._world.plan.are_over:
            self.kill()

    def command(self, command: AnyCommand) -> None:
        """Give a command without waiting for its answer."""
        if isinstance(command, AmendOrder) and command.quantity is not None:
            self._oracle.wanted(command.client_order_id, command.quantity)
        if not self.is_dead:
            self._spawn(self._command(command))

    async def execute(self, command: AnyCommand) -> CommandResult:
        return await self.engine.execute(command)

    async def _command(self, command: AnyCommand) -> None:
        await self.engine.execute(command)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self.tasks[task] = None
        task.add_done_callback(lambda done: self.tasks.pop(done, None))

    def _make_strategy(self, name: str, parameters: dict[str, str]) -> RunningStrategy:
        del parameters
        found = next((strategy for strategy in self._strategies if strategy.name == name), None)
        if found is None:
            raise ValueError(f"there is no strategy {name!r}")
        return found

    # every second ----------------------------------------------------------------------------------------

    def _pulse(self) -> None:
        if self.is_dead:
            return
        self._world.timeline.after(PULSE_S + self.stalled_s, self._pulse)
        self.stalled_s = 0.0
        self.engine.second()
        self._oracle.look()

    def _on_commit(self, is_done: bool, facts: list[AnyFact]) -> None:
        if self._world.plan.strikes(Fault.KILLED, 0.004):
            self.kill()
        if is_done:
            self._oracle.committed(facts)

    def _check_replay(self, where: str) -> None:
        parts = self.engine.parts
        known = all(instrument_id in parts.market.instruments for instrument_id in self._world.instrument_ids)
        if known and self.journal.failed_reason is None:
            facts = [*(row.fact for row in self.journal.rows(0)), *self.journal.waiting_facts]
            self._oracle.beliefs.replay(parts.fold, facts, where)

    def check_replay(self) -> None:
        """Look whether the journal so far gives the state of this moment."""
        self._check_replay("while running")


async def _at_once(work: Callable[[], None]) -> None:
    work()
