"""Runs strategies: feeds them events within their time budget and turns their wishes into orders."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Final, Protocol

import msgspec

from core.bars.bar import Bar
from core.engine.amend_desk import AmendAnswer, AmendDesk, AmendEnd
from core.engine.bar_store import BarStore
from core.engine.engine_log import EngineLog
from core.engine.fold import EngineFold
from core.engine.order_desk import OrderDesk
from core.engine.recorder import Recorder
from core.engine.stages import Origin
from core.engine.statistics import SecondMeter
from core.engine.strategy_context import EngineContext, QueuedAmend, QueuedCancel, QueuedJob, QueuedSignal
from core.journal.facts import StrategyOverran, StrategyStarted, StrategyStopped
from core.market.market import Market
from core.ports.clock import Clock
from core.ports.ids import IdSource
from core.ports.strategy import RunningStrategy
from core.ports.time_budget import Budget, BudgetExceeded
from core.risk.halts import strategy_scope
from core.risk.verdict import Check, Refused
from core.risk.view import StrategyStatus
from core.state.monitoring import Alert, StrategyState
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob, JobEnd
from core.types.market import Trade
from core.types.order import Fill, Order, OrderIntent, OrderStatus
from core.types.signal import Signal

MAX_REFUSALS_PER_S: Final = 50  # what answers every refusal with another order must not keep the engine busy


class Hosted(msgspec.Struct, kw_only=True):
    """One strategy on the host, running or ended."""

    strategy: RunningStrategy
    context: EngineContext
    status: StrategyStatus
    detail: str = ""
    since_ns: int
    signals: int = 0
    orders: int = 0
    last_signal: str | None = None
    refusals: SecondMeter = msgspec.field(default_factory=SecondMeter)


class JobIntake(Protocol):
    """Takes the jobs that strategies want."""

    def submit(self, job: HedgeJob) -> Sequence[Check]:
        """Take a job; return why it is not taken, which its strategy is told on the next turn of the loop."""
        ...

    def live_jobs(self, strategy: str) -> int:
        """Return how many jobs of a strategy wait or run."""
        ...


class StrategyHost:
    """Hold strategies by name; a callback that fails or overruns ends its strategy and nothing else."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdSource,
        fold: EngineFold,
        market: Market,
        bars: BarStore,
        recorder: Recorder,
        log: EngineLog,
        budget: Budget,
        run_blocking: Callable[[Callable[[], None]], Awaitable[None]],
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._fold = fold
        self._market = market
        self._bars = bars
        self._recorder = recorder
        self._log = log
        self._budget = budget
        self._run_blocking = run_blocking
        self._hosted: dict[str, Hosted] = {}
        self._preparing: dict[str, str | None] = {}  # with why it is not wanted any more
        self._desk: OrderDesk | None = None
        self._amends: AmendDesk | None = None
        self._jobs: JobIntake | None = None
        self._is_shut = False
        self._heard_ns = 0  # steady clock, when the callback that runs began
        self._received_ns: int | None = None  # UTC, when the message behind it came in

    def connect(self, desk: OrderDesk, amends: AmendDesk) -> None:
        self._desk, self._amends = desk, amends

    def connect_jobs(self, jobs: JobIntake) -> None:
        self._jobs = jobs

    # starting and stopping -------------------------------------------------------------------------

    async def start(self, strategy: RunningStrategy) -> str | None:
        """Start a strategy; return None, or why it cannot run."""
        name = strategy.name
        known = self._hosted.get(name)
        if name in self._preparing or (known is not None and known.status is StrategyStatus.RUNNING):
            return f"strategy {name} is running already"
        missing = [str(key) for key in strategy.instruments if key not in self._market.instruments]
        hosted = self._host(strategy)
        if missing:
            hosted.status, hosted.detail = StrategyStatus.FAILED, f"no venue has {', '.join(missing)}"
            return f"strategy {name}: {hosted.detail}"
        self._preparing[name] = None
        try:
            await self._run_blocking(strategy.prepare)
        except Exception as error:  # third-party code
            hosted.status, hosted.detail = StrategyStatus.FAILED, f"{type(error).__name__}: {error}"
            return f"strategy {name} cannot be prepared: {hosted.detail}"
        finally:
            unwanted = self._preparing.pop(name)
        if self._is_shut or unwanted is not None:
            hosted.detail = unwanted or "the engine stops"
            return f"strategy {name} is not started: {hosted.detail}"
        return self._begin(hosted)

    def _begin(self, hosted: Hosted) -> str | None:
        strategy, name = hosted.strategy, hosted.strategy.name
        for instrument_id in strategy.instruments:
            self._bars.watch(instrument_id, strategy.timeframe, strategy.history_bars)
        hosted.status, hosted.detail = StrategyStatus.RUNNING, ""
        now_ns = self._clock.utc_ns()
        self._recorder.record(StrategyStarted(at_ns=now_ns, name=name, parameters=strategy.parameter_texts()))
        self._call(hosted, "on_start", strategy.handle_start, hosted.context)
        return None if hosted.status is StrategyStatus.RUNNING else f"strategy {name} failed: {hosted.detail}"

    def _host(self, strategy: RunningStrategy) -> Hosted:
        name = strategy.name
        context = EngineContext(
            source=f"strategy:{name}",
            watched=tuple((key, strategy.timeframe) for key in strategy.instruments),
            fold=self._fold,
            market=self._market,
            bars=self._bars,
            next_order_id=self._ids.next_order_id,
            live_jobs=lambda: 0 if self._jobs is None else self._jobs.live_jobs(name),
            now_ns=self._clock.utc_ns,
            log=lambda text: self._log.info("strategy", f"{name}: {text}"),
        )
        hosted = Hosted(
            strategy=strategy,
            context=context,
            status=StrategyStatus.STOPPED,
            detail="starting",
            since_ns=self._clock.utc_ns(),
        )
        self._hosted[name] = hosted
        return hosted

    def stop(self, name: str, reason: str) -> str | None:
        """Stop a strategy and cancel its orders; its position stays. Return None, or why it cannot be stopped."""
        if name in self._preparing:
            self._preparing[name] = reason
            self._recorder.record(StrategyStopped(at_ns=self._clock.utc_ns(), name=name, reason=reason))
            return None
        hosted = self._hosted.get(name)
        if hosted is None or hosted.status is not StrategyStatus.RUNNING:
            return f"strategy {name} is not running"
        self._call(hosted, "on_stop", hosted.strategy.handle_stop, hosted.context)
        if hosted.status is StrategyStatus.RUNNING:
            self._end(hosted, StrategyStatus.STOPPED, reason)
        return None

    def _end(self, hosted: Hosted, status: StrategyStatus, reason: str) -> None:
        name = hosted.strategy.name
        hosted.status, hosted.detail, hosted.since_ns = status, reason, self._clock.utc_ns()
        hosted.context.is_open = False
        hosted.context.queue.clear()
        self._recorder.record(StrategyStopped(at_ns=hosted.since_ns, name=name, reason=reason))
        if self._desk is not None:
            for order in list(self._fold.orders.live()):
                if order.intent.source == f"strategy:{name}" and order.status.may_live:
                    self._desk.cancel_soon(order.intent.client_order_id)

    def shut_down(self) -> None:
        """Say goodbye to running strategies, and start none any more; they are not recorded as stopped."""
        self._is_shut = True
        for hosted in self._hosted.values():
            if hosted.status is StrategyStatus.RUNNING:
                self._call(hosted, "on_stop", hosted.strategy.handle_stop, hosted.context)
                hosted.context.is_open = False

    def status(self, name: str) -> StrategyStatus | None:
        hosted = self._hosted.get(name)
        return None if hosted is None else hosted.status

    def states(self) -> list[StrategyState]:
        return [
            StrategyState(
                name=name,
                status=hosted.status.value,
                detail=hosted.detail,
                instruments=[str(key) for key in hosted.strategy.instruments],
                parameters=hosted.strategy.parameter_texts(),
                signals=hosted.signals,
                orders=hosted.orders,
                last_signal=hosted.last_signal,
            )
            for name, hosted in self._hosted.items()
        ]

    def failures(self) -> list[Alert]:
        """Return an alert for every strategy that ended without being asked to: nobody tends its position."""
        return [
            Alert(
                severity="severe",
                name=f"strategy {name}",
                text=f"failed, and its position stays: {hosted.detail}",
                since_ns=hosted.since_ns,
                scope=strategy_scope(name),
            )
            for name, hosted in self._hosted.items()
            if hosted.status is StrategyStatus.FAILED
        ]

    @property
    def running(self) -> int:
        return sum(hosted.status is StrategyStatus.RUNNING for hosted in self._hosted.values())

    # events ----------------------------------------------------------------------------------------

    def on_bar(self, bar: Bar) -> None:
        for hosted in self._interested(bar.instrument_id):
            if hosted.strategy.timeframe is bar.timeframe:
                self._call(hosted, "on_bar", hosted.strategy.handle_bar, hosted.context, bar)

    def on_trade(self, trade: Trade) -> None:
        self._received_ns = trade.received_ns
        for hosted in self._interested(trade.instrument_id):
            if hosted.strategy.wants_trades:
                self._call(hosted, "on_trade", hosted.strategy.handle_trade, hosted.context, trade)
        self._received_ns = None

    def on_book(self, instrument_id: InstrumentId) -> None:
        book = self._market.books.get(instrument_id)
        self._received_ns = None if book is None else book.received_ns
        for hosted in self._interested(instrument_id):
            if hosted.strategy.wants_books and self._market.is_fresh(instrument_id):
                self._call(hosted, "on_book", hosted.strategy.handle_book, hosted.context, instrument_id)
        self._received_ns = None

    def on_fill(self, source: str, fill: Fill) -> None:
        hosted = self._of_source(source)
        if hosted is not None:
            self._call(hosted, "on_fill", hosted.strategy.handle_fill, hosted.context, fill)

    def on_order(self, order: Order) -> None:
        hosted = self._of_source(order.intent.source)
        if hosted is not None:
            self._call(hosted, "on_order", hosted.strategy.handle_order, hosted.context, order)

    def on_job(self, strategy: str, end: JobEnd) -> None:
        hosted = self._of_source(f"strategy:{strategy}")
        if hosted is not None:
            self._call(hosted, "on_job", hosted.strategy.handle_job, hosted.context, end)

    def _interested(self, instrument_id: InstrumentId) -> list[Hosted]:
        return [
            hosted
            for hosted in self._hosted.values()
            if hosted.status is StrategyStatus.RUNNING and instrument_id in hosted.strategy.instruments
        ]

    def _of_source(self, source: str) -> Hosted | None:
        hosted = self._hosted.get(source.removeprefix("strategy:")) if source.startswith("strategy:") else None
        return hosted if hosted is not None and hosted.status is StrategyStatus.RUNNING else None

    def _call(self, hosted: Hosted, callback: str, handler: Callable[..., None], *arguments: object) -> None:
        name = hosted.strategy.name
        self._heard_ns = self._clock.monotonic_ns()
        try:
            with self._budget:
                handler(*arguments)
        except BudgetExceeded as overrun:
            budget_ms = round(overrun.budget_s * 1e3)
            at_ns = self._clock.utc_ns()
            self._recorder.record(StrategyOverran(at_ns=at_ns, name=name, callback=callback, budget_ms=budget_ms))
            self._end(hosted, StrategyStatus.FAILED, f"{callback} used more than {budget_ms} ms")
            return
        except Exception as error:  # strategy code may raise anything; the engine goes on without it
            self._end(hosted, StrategyStatus.FAILED, f"{callback} raised {type(error).__name__}: {error}")
            return
        self._work_off(hosted)

    # wishes ----------------------------------------------------------------------------------------

    def _work_off(self, hosted: Hosted) -> None:
        queue = hosted.context.queue
        while queue and self._desk is not None:
            wish = queue.popleft()
            if isinstance(wish, QueuedCancel):
                self._desk.cancel_soon(wish.client_order_id)
                continue
            if isinstance(wish, QueuedAmend):
                self._amend(hosted, wish)
                continue
            if isinstance(wish, QueuedJob):
                self._submit_job(hosted, wish)
            else:
                self._place(hosted, wish, self._desk)
            if hosted.refusals.last_second(self._clock.monotonic_ns()) > MAX_REFUSALS_PER_S:
                self._end(
                    hosted, StrategyStatus.FAILED, f"more than {MAX_REFUSALS_PER_S} orders and jobs refused in a second"
                )

    def _amend(self, hosted: Hosted, wish: QueuedAmend) -> None:
        if self._amends is None:
            return
        answer = self._amends.amend(wish.client_order_id, wish.limit_price, wish.quantity)
        answer.add_done_callback(lambda done: self._amend_answered(hosted, done))

    def _amend_answered(self, hosted: Hosted, done: "asyncio.Future[AmendAnswer]") -> None:
        answer = None if done.cancelled() else done.result()
        if answer is not None and answer.end is AmendEnd.REFUSED:
            hosted.refusals.note(self._clock.monotonic_ns())
        if answer is not None and answer.end is not AmendEnd.DONE:
            self._log.info("strategy", f"{hosted.strategy.name}: {answer.text}")

    def _submit_job(self, hosted: Hosted, wish: QueuedJob) -> None:
        proposal, now_ns = wish.proposal, self._clock.utc_ns()
        hosted.signals += 1
        hosted.last_signal = f"job {proposal.symbol}: edge {proposal.expected_edge_bps:.1f} bps"
        job = HedgeJob(
            job_id=wish.job_id,
            strategy_type=proposal.strategy_type,
            strategy=hosted.strategy.name,
            symbol=proposal.symbol,
            legs=proposal.legs,
            notional_usd=proposal.notional_usd,
            expected_edge_bps=proposal.expected_edge_bps,
            est_volume_usd=proposal.notional_usd * len(proposal.legs),
            created_ns=now_ns,
            expires_ns=now_ns + int(proposal.ttl_s * 1e9),
            max_acceptable_loss_bps=proposal.max_acceptable_loss_bps,
            metadata=proposal.metadata,
            edge_source=proposal.edge_source,
        )
        if self._jobs is not None and self._jobs.submit(job):
            hosted.refusals.note(self._clock.monotonic_ns())

    def _place(self, hosted: Hosted, wish: QueuedSignal, desk: OrderDesk) -> None:
        signal = wish.signal
        hosted.signals += 1
        hosted.last_signal = f"{signal.side} {signal.instrument_id}: {signal.reason}"
        intent = OrderIntent(
            client_order_id=wish.client_order_id,
            venue=signal.instrument_id.venue,
            symbol=signal.instrument_id.symbol,
            side=signal.side,
            order_type=signal.order_type,
            quantity=self._quantity(signal),
            limit_price=signal.limit_price,
            reduce_only=signal.reduce_only,
            source=f"strategy:{hosted.strategy.name}",
            confidence=signal.confidence,
            created_ns=self._clock.utc_ns(),
        )
        verdict = desk.place(intent, Origin(self._heard_ns, self._received_ns))
        if isinstance(verdict, Refused):
            hosted.refusals.note(self._clock.monotonic_ns())
            order = Order(intent=intent, status=OrderStatus.REJECTED, reason=verdict.reason)
            # On the next turn of the loop: a strategy that answers every refusal with an order must not recurse.
            asyncio.get_running_loop().call_soon(self.on_order, order)
        else:
            hosted.orders += 1

    def _quantity(self, signal: Signal) -> Decimal:
        """Return the size in whole lots, rounded down; zero where it cannot be known, which the gate refuses."""
        instrument = self._market.instruments.get(signal.instrument_id)
        if instrument is None:
            return Decimal(0)
        if signal.quantity is not None:
            return instrument.floor_quantity(signal.quantity)
        mark = self._market.marks.mark(signal.instrument_id)
        rate = self._market.marks.asset_usd(instrument.venue, instrument.quote)
        price = signal.limit_price or (None if mark is None else mark.price)
        if signal.notional_usd is None or price is None or rate is None:
            return Decimal(0)
        return instrument.floor_quantity(signal.notional_usd / (price * instrument.contract_size * rate.price))
