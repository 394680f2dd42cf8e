"""One trading engine: its life from start to stop, and what it does every second.

The engine is given its venues, strategies and ports; it looks nothing up by name.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from core.control.commands import AnyCommand, CommandResult, Kill
from core.control.consoles import ConsoleHello, Presence
from core.engine.alert_builder import blocker_alert
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
from core.engine.venue_opening import VenueOpening
from core.journal.facts import EngineStarted, EngineStopped, RiskModeChanged
from core.ports.strategy import RunningStrategy
from core.ports.venue import ExecutionVenue, Feed, OrderReport
from core.state.away import AwayReport
from core.state.desk import DeskRequest, DeskSnapshot
from core.state.monitoring import Alert, KillState, MonitoringState, RateLimitState
from core.types.account import AccountReport, FundingPayment
from core.types.control import HaltLevel
from core.types.order import Fill, OrderStatus

RECONCILE_EVERY_S: Final = 30
PROBE_DOUBT_EVERY_S: Final = 2
ACCOUNT_TIMEOUT_S: Final = 10.0
STOP_PATIENCE_S: Final = 15.0
JOBS_PATIENCE_S: Final = 10
JOBS_STEP_S: Final = 0.25
SNAPSHOT_PATIENCE_S: Final = 5.0
START_IN_SILENCE_S: Final = 30
NS_PER_S: Final = 1_000_000_000
STOPPING: Final = "stopping"
UNSETTLED: Final = frozenset({OrderStatus.IN_DOUBT, OrderStatus.CANCELLING, OrderStatus.FILLED})
"""What a live order is in for a moment only; FILLED among them: reported, and its fills are still to come."""


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
        kill_wish: Callable[[], Kill | None],
        rate_limit: Callable[[str], RateLimitState | None],
        engine_id: str,
    ) -> None:
        self.parts = parts
        self._pump = pump
        self._tasks = tasks
        self._feeds = feeds
        self._executions = executions
        parts.first_comparisons.expect(execution.venue for execution in executions)
        self._reconciler = Reconciler(parts, ACCOUNT_TIMEOUT_S, self._book_report)
        self._opening = VenueOpening(feeds, executions, self._reconciler, parts.log)
        self._kill_switch = KillSwitch(parts, tasks, kill_wish, self._read_account, self._reconciler.last_read)
        self._kill_switch.on_kill(lambda blocker: parts.alerts.announce(blocker_alert(blocker)))
        parts.desk.before_orders(self._kill_switch.look_outside)
        health.on_halt(self._kill_switch.go_on)
        self._commands = CommandDesk(
            parts,
            self._kill_switch,
            make_strategy,
            lambda: health.judge(parts.views.valuation()),
            self.monitoring,
        )
        self._desk = DeskBuilder(parts, engine_id, parts.settings.version)
        self._monitoring = MonitoringBuilder(parts, parts.clock.utc_ns(), self._kill_switch.state, rate_limit)
        parts.consoles.connect(self._standing_alarms, engine_id)
        parts.alarms.connect(self._standing_alarms)
        self._intake = EventIntake(parts, health)
        self._seconds = 0
        self._comparing: dict[str, None] = {}  # venues asked for their account right now
        self._waiting: list[RunningStrategy] = []  # strategies whose venue has not come up yet
        self._said_waiting: dict[str, str] = {}  # what each of them waits for
        self.is_starting = True
        self.is_stopping = False
        self._is_leaving = False  # nothing is begun any more, not even the reading of an account

    # life ------------------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Journal the start and bring the feeds up, until their instruments are known."""
        parts = self.parts
        is_first = not parts.fold.run
        fact = EngineStarted(at_ns=parts.clock.utc_ns(), version=parts.settings.version, run=parts.fold.run + 1)
        # Durable before the first order id of this run can leave: ids hold the run's number.
        await parts.recorder.record(fact)
        mode = parts.settings.risk_mode
        # A fold that begins with the configuration of a later day would be another one. What a person has chosen
        # while the engine began stands: the configuration loosens nothing.
        if is_first and parts.fold.risk_mode == mode:
            parts.recorder.record(RiskModeChanged(at_ns=fact.at_ns, mode=mode, who="the configuration"))
        parts.consoles.open()
        parts.recorder.on_failure(self._kill_switch.storage_failed)
        self._pump.connect(self._intake)
        for execution in self._executions:
            parts.desk.executions[execution.venue] = execution
            self._reconciler.close_venue(execution.venue)
        await self._opening.start_feeds(parts.market)

    async def trade(self, strategies: Sequence[RunningStrategy]) -> None:
        """Reconcile every venue, then let strategies run. The same path after a crash."""
        self._waiting = list(strategies)
        await self._opening.open_trading(self, lambda: self._tasks.spawn(self._start_waiting()))
        self.parts.first_comparisons.start_is_over()
        self._intake.on_second()
        self.is_starting = False
        self.parts.account_reads.connect(self._read_account)
        self.parts.jobs.open()
        await self._start_waiting()

    async def _start_waiting(self) -> None:
        """Start every strategy whose instruments are known; the others wait as long as a venue may still come."""
        if self.is_stopping:
            return
        waiting, self._waiting = self._waiting, []
        for strategy in waiting:
            is_known = all(instrument_id in self.parts.market.instruments for instrument_id in strategy.instruments)
            if not is_known and self._opening.is_under_way:
                self._waiting.append(strategy)
                self._say_waiting(strategy)
                continue
            problem = await self.parts.strategies.start(strategy)
            if problem is not None:
                self.parts.log.error("strategy", problem)

    def _say_waiting(self, strategy: RunningStrategy) -> None:
        known = self.parts.market.instruments
        missing = ", ".join(f"{each.symbol} of {each.venue}" for each in strategy.instruments if each not in known)
        if self._said_waiting.get(strategy.name) != missing:
            self._said_waiting[strategy.name] = missing
            self.parts.log.warning("strategy", f"{strategy.name} waits for {missing}")

    async def stop(self, reason: str, *, cancel_orders: bool) -> None:
        """End strategies and begun jobs, cancel its open orders if asked to, save everything and disconnect."""
        if self.is_stopping:
            return
        self.is_stopping = True
        parts = self.parts
        parts.conditions.hold("global", STOPPING, HaltLevel.REDUCE_ONLY, "the engine stops")
        parts.strategies.shut_down()
        await self._opening.stop()
        await self._end_jobs()
        self._is_leaving = True
        # An order that came behind the cancels would rest at its venue with nobody left to look after it.
        parts.conditions.hold("global", STOPPING, HaltLevel.CANCEL_ONLY, "the engine stops")
        if cancel_orders:
            parts.held.end_all("the engine stops")
        elif len(parts.fold.held):
            parts.log.warning(
                "order", f"{len(parts.fold.held)} held orders are not watched while the engine is stopped"
            )
        if cancel_orders:
            await self._kill_switch.cancel_own()
            await asyncio.gather(*(self._reconciler.last_words(execution) for execution in self._with_live_orders()))
        for execution in self._executions:
            await self._quietly(execution.venue, execution.stop())
        for feed in self._feeds:
            await self._quietly(feed.venue, feed.stop())
        await self._tasks.finish(STOP_PATIENCE_S)
        await self._quietly("alerts", parts.alerts.stop())
        parts.consoles.close()
        parts.recorder.record(EngineStopped(at_ns=parts.clock.utc_ns(), reason=reason))
        await self._quietly("journal", asyncio.wait_for(parts.recorder.save_snapshot(), SNAPSHOT_PATIENCE_S))

    async def _end_jobs(self) -> None:
        """Let jobs hedge or give back what they have begun: nobody looks after a naked leg once this has stopped."""
        parts = self.parts
        until_ns = parts.clock.monotonic_ns() + JOBS_PATIENCE_S * NS_PER_S
        while len(parts.fold.runs) and not self.is_starting and parts.clock.monotonic_ns() < until_ns:
            self._kill_switch.go_on()
            self._intake.on_second()
            for execution in self._executions:
                if self._has_doubt(execution.venue):
                    self._tasks.spawn(self._compare(execution))
            await asyncio.wait((asyncio.get_running_loop().create_future(),), timeout=JOBS_STEP_S)
        for run in parts.fold.runs:
            text = f"job {run.job.job_id} is left as it is, {run.phase.value}: the next start goes on with it"
            parts.log.error("job", text)

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
        """Do what time alone asks for. A halt goes on first, whatever fails behind it."""
        if self.is_stopping:
            return
        self._seconds += 1
        self._kill_switch.go_on()
        self._commands.on_second()
        self._intake.on_second()
        for venue, trades in self._pump.take_dropped().items():
            self.parts.feed_watch.dropped(venue, trades, self.parts.clock.utc_ns())
        self._tell_alerts()
        if self.is_starting:
            return
        self._monitoring.look_at_limits(self.parts.views.valuation())
        if self._seconds % self.parts.settings.snapshot_every_s == 0:
            self.parts.recorder.save_snapshot()
        for execution in self._due_for_comparison():
            self._tasks.spawn(self._compare(execution))

    def _tell_alerts(self) -> None:
        """Hand on what stands; what a start goes through in its first moments is no news."""
        standing = self._standing_alarms()
        self.parts.alarms.look(standing, is_settled=self._seconds > START_IN_SILENCE_S)
        if self.is_starting and self._seconds <= START_IN_SILENCE_S:
            return
        self.parts.consoles.look_at_alarms(standing)
        if self.parts.alerts.has_sinks:
            self.parts.alerts.look(standing)

    def _standing_alarms(self) -> list[Alert]:
        return self._monitoring.alerts(self.parts.views.valuation())

    def _due_for_comparison(self) -> Sequence[ExecutionVenue]:
        if self._seconds % RECONCILE_EVERY_S == 0:
            return self._executions
        if self._seconds % PROBE_DOUBT_EVERY_S == 0:
            return [execution for execution in self._executions if self._has_doubt(execution.venue)]
        return ()

    def _has_doubt(self, venue: str) -> bool:
        """Tell whether a venue was never reconciled or has an order that should have moved on long ago."""
        steady_ns, movements = self.parts.clock.monotonic_ns(), self.parts.recorder.movements
        return self._reconciler.is_closed(venue) or any(
            order.intent.venue == venue
            and (order.status in UNSETTLED or order.is_in_doubt)
            and movements.was_quiet(order.intent.client_order_id, steady_ns, PROBE_DOUBT_EVERY_S * NS_PER_S)
            for order in self.parts.fold.orders.live()
        )

    def _with_live_orders(self) -> list[ExecutionVenue]:
        venues = {order.intent.venue: None for order in self.parts.fold.orders.live() if order.status.may_live}
        return [execution for execution in self._executions if execution.venue in venues]

    async def _compare(self, execution: ExecutionVenue) -> None:
        if execution.venue in self._comparing or self._opening.is_opening(execution.venue):
            return
        self._comparing[execution.venue] = None
        try:
            await self._reconciler.compare(execution)
        finally:
            del self._comparing[execution.venue]

    def _read_account(self, venue: str) -> None:
        execution = self.parts.desk.executions.get(venue)
        if execution is not None and not self._is_leaving:
            self._tasks.spawn(self._compare(execution))

    # front ends (EngineAccess) ---------------------------------------------------------------------

    def monitoring(self) -> MonitoringState:
        return self._monitoring.build(self.parts.views.valuation(), is_starting=self.is_starting)

    def desk(self, request: DeskRequest) -> DeskSnapshot:
        valuation = self.parts.views.valuation()
        return self._desk.build(request, self._monitoring.build(valuation, is_starting=self.is_starting), valuation)

    def kill_state(self) -> KillState | None:
        """Return how far a halt of everything has come, None without one."""
        return self._kill_switch.state()

    def attach(self, console: ConsoleHello) -> Presence:
        """Take note of a console that is shown this engine from here on, until its `Presence` ends."""
        return self.parts.consoles.attach(console)

    def away(self, who: str) -> AwayReport:
        return self.parts.consoles.away(who)

    async def execute(self, command: AnyCommand) -> CommandResult:
        return await self._commands.execute(command)
