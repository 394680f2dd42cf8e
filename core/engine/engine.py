"""One trading engine: its life from start to stop, and what it does every second.

The engine is given its venues, strategies and ports; it looks nothing up by name.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from core.control.commands import AnyCommand, CommandResult
from core.engine.command_desk import CommandDesk
from core.engine.desk_builder import DeskBuilder
from core.engine.event_intake import EventIntake
from core.engine.health_watch import HealthWatch
from core.engine.kill_switch import KillSwitch
from core.engine.monitoring_builder import MonitoringBuilder
from core.engine.parts import EngineParts
from core.engine.pump import EventPump
from core.engine.reconciler import Reconciler
from core.engine.tasks import TaskGroup
from core.journal.facts import EngineStarted, EngineStopped
from core.ports.strategy import RunningStrategy
from core.ports.venue import ExecutionVenue, Feed, OrderReport
from core.state.desk import DeskRequest, DeskSnapshot
from core.state.monitoring import MonitoringState
from core.types.account import AccountReport, FundingPayment
from core.types.order import Fill, OrderStatus

RECONCILE_EVERY_S: Final = 30
PROBE_DOUBT_EVERY_S: Final = 2
SNAPSHOT_EVERY_S: Final = 30
ACCOUNT_TIMEOUT_S: Final = 10.0


class Engine:
    """`connect`, `trade`, call `second` every second, show it, command it, `stop`."""

    def __init__(
        self,
        *,
        parts: EngineParts,
        pump: EventPump,
        health: HealthWatch,
        tasks: TaskGroup,
        feeds: Sequence[Feed],
        executions: Sequence[ExecutionVenue],
        make_strategy: Callable[[str, dict[str, str]], RunningStrategy],
        engine_id: str,
    ) -> None:
        self.parts = parts
        self._pump = pump
        self._health = health
        self._tasks = tasks
        self._feeds = feeds
        self._executions = executions
        self._reconciler = Reconciler(parts, ACCOUNT_TIMEOUT_S, self._book_report)
        self._kill_switch = KillSwitch(parts, tasks)
        self._commands = CommandDesk(parts, self._kill_switch, make_strategy)
        self._desk = DeskBuilder(parts, engine_id, parts.settings.version)
        self._monitoring = MonitoringBuilder(parts, parts.clock.utc_ns())
        self._intake = EventIntake(parts, health)
        self._seconds = 0
        self._reconciling = False
        self.is_starting = True
        self.is_stopping = False

    # life ------------------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Journal the start and bring the feeds up, until their instruments are known."""
        parts = self.parts
        fact = EngineStarted(at_ns=parts.clock.utc_ns(), version=parts.settings.version, run=parts.fold.run + 1)
        # Durable before the first order id of this run can leave: ids hold the run's number.
        await parts.recorder.record(fact)
        parts.recorder.on_failure(self._kill_switch.storage_failed)
        self._pump.connect(self._intake)
        for execution in self._executions:
            parts.desk.executions[execution.venue] = execution
            self._reconciler.close_venue(execution.venue)
        await asyncio.gather(*(self._start_feed(feed) for feed in self._feeds))

    async def trade(self, strategies: Sequence[RunningStrategy]) -> None:
        """Reconcile every venue, then let strategies run. The same path after a crash."""
        parts = self.parts
        await asyncio.gather(*(self._start_execution(execution) for execution in self._executions))
        self._health.judge(parts.views.valuation())
        self.is_starting = False
        for strategy in strategies:
            problem = await parts.strategies.start(strategy)
            if problem is not None:
                parts.log.error("strategy", problem)

    async def _start_feed(self, feed: Feed) -> None:
        try:
            await feed.start(self.parts.market)
        except Exception as error:  # one venue that cannot be reached must not keep the others from running
            self.parts.log.error("feed", f"{feed.venue} did not start: {type(error).__name__}: {error}")

    async def _start_execution(self, execution: ExecutionVenue) -> None:
        try:
            await execution.start(self)
        except Exception as error:  # the venue stays closed for trading
            self.parts.log.error("engine", f"{execution.venue} did not start: {type(error).__name__}: {error}")
            return
        await self._reconciler.at_start(execution)

    async def stop(self, reason: str, *, cancel_orders: bool) -> None:
        """End strategies, cancel open orders if asked to, save everything and disconnect."""
        if self.is_stopping:
            return
        self.is_stopping = True
        parts = self.parts
        parts.strategies.shut_down()
        if cancel_orders:
            await self._kill_switch.cancel_everything()
        for execution in self._executions:
            await self._quietly(execution.venue, execution.stop())
        for feed in self._feeds:
            await self._quietly(feed.venue, feed.stop())
        await self._tasks.finish()
        parts.recorder.record(EngineStopped(at_ns=parts.clock.utc_ns(), reason=reason))
        await self._quietly("journal", parts.recorder.save_snapshot())

    async def _quietly(self, what: str, ending: Awaitable[None]) -> None:
        try:
            await ending
        except Exception as error:  # stopping goes on whatever one part says
            self.parts.log.warning("engine", f"{what} while stopping: {type(error).__name__}: {error}")

    # what venues report (ExecutionSink) ------------------------------------------------------------

    def order_report(self, report: OrderReport) -> None:
        self._pump.publish_execution(report)

    def fill(self, fill: Fill) -> None:
        self._pump.publish_execution(fill)

    def funding_payment(self, payment: FundingPayment) -> None:
        self._pump.publish_execution(payment)

    def _book_report(self, report: AccountReport) -> None:
        """Book fills and funding of an account report at once, like those of the stream; known ones change nothing."""
        for fill in sorted(report.fills, key=lambda fill: (fill.venue_ns, fill.fill_id)):
            if not self.parts.fold.orders.has_fill(fill):
                self._intake.on_execution(fill)
        for payment in report.funding:
            if not self.parts.fold.ledger.has_payment(payment):
                self._intake.on_execution(payment)

    # every second ----------------------------------------------------------------------------------

    def second(self) -> None:
        """Do what time alone asks for: close bars, judge health, note the curve, save, reconcile, flatten."""
        self._seconds += 1
        parts = self.parts
        now_ns = parts.clock.utc_ns()
        for bar in parts.bars.advance(now_ns):
            parts.strategies.on_bar(bar)
        valuation = parts.views.valuation()
        self._health.judge(valuation)
        if valuation.day_pnl_usd is not None:
            parts.pnl_curve.add(now_ns, float(valuation.day_pnl_usd))
        if self.is_starting or self.is_stopping:
            return
        self._kill_switch.second()
        if self._seconds % SNAPSHOT_EVERY_S == 0:
            parts.recorder.save_snapshot()
        if self._seconds % RECONCILE_EVERY_S == 0 or (self._has_doubt() and self._seconds % PROBE_DOUBT_EVERY_S == 0):
            self._tasks.spawn(self._reconcile())

    def _has_doubt(self) -> bool:
        """Tell whether an order is in doubt or a venue was never reconciled: both are asked about sooner."""
        if any(order.status is OrderStatus.IN_DOUBT for order in self.parts.fold.orders.live()):
            return True
        return any(self._reconciler.is_closed(execution.venue) for execution in self._executions)

    async def _reconcile(self) -> None:
        if self._reconciling:
            return
        self._reconciling = True
        try:
            for execution in self._executions:
                await self._reconciler.again(execution)
        finally:
            self._reconciling = False

    # front ends (EngineAccess) ---------------------------------------------------------------------

    def monitoring(self) -> MonitoringState:
        return self._monitoring.build(self.parts.views.valuation(), is_starting=self.is_starting)

    def desk(self, request: DeskRequest) -> DeskSnapshot:
        valuation = self.parts.views.valuation()
        return self._desk.build(request, self._monitoring.build(valuation, is_starting=self.is_starting), valuation)

    async def execute(self, command: AnyCommand) -> CommandResult:
        return await self._commands.execute(command)
