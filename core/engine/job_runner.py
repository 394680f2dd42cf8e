"""Carries out what running jobs decide, and asks them again whenever something that concerns them has happened.

Deciding is pure (`core.execution.decide`); here are the ways out: the order desk with its gate, the journal, the
question for a venue's account.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from core.engine.engine_log import EngineLog
from core.engine.fold import EngineFold
from core.engine.job_ages import JobAges
from core.engine.order_desk import OrderDesk
from core.engine.passing_orders import Wanted, ends_by_itself, has_to_wait, in_the_way
from core.engine.recorder import Recorder
from core.engine.risk_views import RiskViews
from core.execution.commands import AskAccount, CancelOrder, Command, EnterPhase, FinishJob, SendOrder
from core.execution.decide import decide
from core.execution.ending import end_fact
from core.execution.job_run import JobRun
from core.execution.plan import Plan
from core.execution.situation import CANCEL_AGAIN_NS
from core.execution.view import LegView, RunView, leg_view
from core.jobs.limits import JobLimits
from core.journal.facts import JobCorrected, JobFinished, JobMoved, JobReopened
from core.market.market import Market
from core.ports.clock import Clock
from core.ports.ids import IdSource
from core.risk.verdict import Refused
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob, Leg
from core.types.job_tag import JobTag, LegRole
from core.types.market import FeedState
from core.types.order import Order, OrderIntent, OrderStatus, OrderType, TimeInForce

# A look at one job takes a fifth of a millisecond: on book events alone all of them together stay at 2 % of a core.
LEAST_GAP_NS: Final = 20_000_000
GAP_A_RUN_NS: Final = 10_000_000
CANCELLABLE: Final = frozenset({OrderStatus.INTENDED, OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})
RATES: Final = frozenset({"message_rate", "order_rate"})
MOST_ROUNDS: Final = 20  # of one drive; what is left is gone on with at the next event


class Accounts(Protocol):
    """Reads the accounts of venues."""

    def ask(self, venue: str) -> None:
        """Have the account read and booked soon; one read of a venue at a time."""
        ...

    def read(self, venue: str) -> int | None:
        """Return when the venue was asked for the account that was booked last."""
        ...


class JobRunner:
    """Drive every running job; a plan lives in memory only, so that nothing is opened after a restart."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdSource,
        fold: EngineFold,
        market: Market,
        recorder: Recorder,
        log: EngineLog,
        views: RiskViews,
        desk: OrderDesk,
        accounts: Accounts,
        limits: JobLimits,
        stale_after_ns: int,
        on_finished: Callable[[JobRun, JobFinished | JobCorrected], None],
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._fold = fold
        self._market = market
        self._recorder = recorder
        self._log = log
        self._views = views
        views.keep_free(self.keeps_free)
        self._desk = desk
        self._accounts = accounts
        self._limits = limits
        self._stale_after_ns = stale_after_ns
        self._on_finished = on_finished
        self._plans: dict[str, Plan] = {}
        self._cancelled: dict[str, str] = {}  # job → why somebody wants its end
        self._driving: dict[str, bool] = {}  # job → whether it must be asked again
        self._asked_ns: dict[str, int] = {}  # job → when it was last asked, in steady time
        self._waiting: dict[str, tuple[LegRole, Wanted]] = {}  # job → what waits for own orders to be out of the way
        self._ages = JobAges(clock)
        self._cancel_asked_ns: dict[str, int] = {}  # order → when its cancel was asked for last, in steady time

    # what happens ----------------------------------------------------------------------------------

    def begin(self, job_id: str, plan: Plan) -> None:
        """Start the work on a job whose start has just been journaled."""
        self._plans[job_id] = plan
        self.drive(job_id)

    def cancel(self, job_id: str, reason: str) -> bool:
        """Bring a running job to its end; return whether it runs."""
        if self._fold.runs.get(job_id) is None:
            return False
        self._cancelled.setdefault(job_id, reason)
        self.drive(job_id)
        return True

    def on_order(self, order: Order) -> None:
        """Go on with the job of an order that moved; after its end also with those that waited for it, hedges first."""
        if order.intent.job is not None:
            self._reopen_stirred()
            self.drive(order.intent.job.job_id)
        if not order.status.is_final:
            return
        self._cancel_asked_ns.pop(order.intent.client_order_id, None)
        self._drive_all(sorted(self._waiting, key=lambda job_id: self._waiting[job_id][0] is LegRole.PRIMARY))

    def on_book(self, instrument_id: InstrumentId) -> None:
        """Ask the jobs on an instrument, each no sooner than its share of time after it was asked last."""
        gap_ns = max(LEAST_GAP_NS, len(self._fold.runs) * GAP_A_RUN_NS)
        latest_ns = self._clock.monotonic_ns() - gap_ns
        self._drive_all(
            job_id for job_id in self._fold.runs.on(instrument_id) if self._asked_ns.get(job_id, latest_ns) <= latest_ns
        )

    def naked_ns(self, run: JobRun) -> int:
        """Return how long a job is naked, by the steady clock."""
        return self._ages.naked_ns(run)

    def on_second(self) -> None:
        self._reopen_stirred()
        self._drive_all(run.job.job_id for run in self._fold.runs)

    def _reopen_stirred(self) -> None:
        """Let jobs run again whose order moved after their end; what that left is levelled like any other nakedness."""
        for run in self._fold.runs.stirred():
            order_id = run.stirred_by or ""
            order = run.orders[order_id]
            text = f"order {order_id} moved after the end: it is {order.status.value}, {order.filled_quantity:f} filled"
            job_id = run.job.job_id
            fact = JobReopened(at_ns=self._clock.utc_ns(), job_id=job_id, client_order_id=order_id, reason=text)
            self._recorder.record(fact)

    def _drive_all(self, job_ids: Iterable[str]) -> None:
        """Drive each; one that fails must not keep the others from their hedges."""
        faults: list[Exception] = []
        for job_id in job_ids:
            try:
                self.drive(job_id)
            except Exception as error:  # raised again below: whoever called halts new risk
                faults.append(error)
        if faults:
            raise faults[0]

    def drive(self, job_id: str) -> None:
        """Ask a job what to do and do it, until it wants nothing more for now.

        Called again while it works, which happens when an order ends at once, it asks once more afterwards.
        """
        if job_id in self._driving:
            self._driving[job_id] = True
            return
        self._driving[job_id] = False
        self._asked_ns[job_id] = self._clock.monotonic_ns()
        try:
            for _ in range(MOST_ROUNDS):
                run = self._fold.runs.get(job_id)
                if run is None:
                    self._asked_ns.pop(job_id, None)
                    return
                self._driving[job_id] = False
                self._waiting.pop(job_id, None)
                commands = decide(run, self._view(run))
                changed = [self._carry_out(run, command) for command in commands]
                if not any(changed) and not self._driving[job_id]:
                    return
        finally:
            del self._driving[job_id]

    # doing -----------------------------------------------------------------------------------------

    def _carry_out(self, run: JobRun, command: Command) -> bool:
        """Do it; return whether the run is another one already. Cancels and accounts take effect later."""
        match command:
            case SendOrder():
                return self._send(run, command)
            case CancelOrder():
                self._cancel(command.client_order_id)
                return False
            case AskAccount():
                self._accounts.ask(command.venue)
                return False
            case EnterPhase():
                self._recorder.record(
                    JobMoved(
                        at_ns=self._clock.utc_ns(),
                        job_id=run.job.job_id,
                        phase=command.phase,
                        reason=command.reason,
                    )
                )
            case FinishJob():
                self._finish(run, command)
        return True

    def _cancel(self, client_order_id: str) -> bool:
        """Ask for a cancel unless one was asked for just now: it shows in the run only once it has left, if at all."""
        now_ns = self._clock.monotonic_ns()
        asked_ns = self._cancel_asked_ns.get(client_order_id)
        if asked_ns is not None and now_ns - asked_ns < CANCEL_AGAIN_NS:
            return False
        self._cancel_asked_ns[client_order_id] = now_ns
        self._desk.cancel_soon(client_order_id)
        return True

    def _send(self, run: JobRun, command: SendOrder) -> bool:
        """Send an order, or let it wait until own orders are out of its way; return whether it was tried."""
        job, leg = run.job, run.job.legs[command.leg]
        wanted = Wanted(leg.instrument_id, command.side, command.limit_price)
        if self._is_in_the_way(job.job_id, command, wanted):
            self._waiting[job.job_id] = (command.role, wanted)
            return False
        tag = JobTag(job_id=job.job_id, strategy=job.strategy, leg=command.leg, role=command.role)
        intent = OrderIntent(
            client_order_id=self._ids.next_order_id(),
            venue=leg.venue,
            symbol=leg.symbol,
            side=command.side,
            order_type=OrderType.LIMIT,
            quantity=command.quantity,
            limit_price=command.limit_price,
            time_in_force=TimeInForce.IOC,
            reduce_only=command.role is LegRole.UNWIND and self._is_reducing(leg, command),
            source=f"job:{job.job_id}",
            job=tag,
            created_ns=self._clock.utc_ns(),
        )
        verdict = self._desk.place(intent)
        if isinstance(verdict, Refused):
            if all(check.rule in RATES for check in verdict.failed):
                return False  # asked again within a second: no reason to give up a hedge for
            run.refused(command.leg, command.role, verdict.reason, self._clock.utc_ns())
        return True

    def _is_in_the_way(self, job_id: str, command: SendOrder, wanted: Wanted) -> bool:
        """Tell whether own orders must go first; those that rest are cancelled for what gives a naked leg back."""
        met = in_the_way(wanted, self._fold.orders.live(), self._views.book_id)
        if command.role is not LegRole.UNWIND or any(order.is_external for order in met):
            return has_to_wait(met) or self._gives_way(command, wanted)
        for order in met:
            if order.status in CANCELLABLE and not ends_by_itself(order) and self._cancel(order.intent.client_order_id):
                text = (
                    f"{order.intent.client_order_id} is cancelled: it keeps job {job_id} from giving back what is naked"
                )
                self._log.warning("job", text)
        return bool(met)

    def keeps_free(self) -> Iterator[Wanted]:
        """Yield what naked legs wait to be given back with: no other order may come into its way meanwhile."""
        return (wanted for role, wanted in self._waiting.values() if role is LegRole.UNWIND)

    def _gives_way(self, command: SendOrder, wanted: Wanted) -> bool:
        """Tell whether something new would keep the hedge of another job waiting still longer."""
        if command.role is not LegRole.PRIMARY:
            return False
        book_id = self._views.book_id(wanted.instrument_id)
        return any(
            role is not LegRole.PRIMARY
            and other.side is not wanted.side
            and self._views.book_id(other.instrument_id) == book_id
            for role, other in self._waiting.values()
        )

    def _is_reducing(self, leg: Leg, command: SendOrder) -> bool:
        """Tell whether the account's whole position shrinks: other strategies may hold the other side."""
        held = self._fold.ledger.quantity(leg.instrument_id) * -command.side.sign
        waiting = sum(
            order.remaining_quantity
            for order in self._fold.orders.live(leg.instrument_id)
            if order.intent.side is command.side
        )
        return command.quantity + waiting <= held

    def _finish(self, run: JobRun, command: FinishJob) -> None:
        fact = end_fact(run, command, self._clock.utc_ns())
        self._recorder.record(fact)
        self._plans.pop(fact.job_id, None)
        self._cancelled.pop(fact.job_id, None)
        self._waiting.pop(fact.job_id, None)
        self._ages.forget(fact.job_id)
        self._on_finished(run, fact)

    # seeing ----------------------------------------------------------------------------------------

    def _view(self, run: JobRun) -> RunView:
        job = run.job
        return RunView(
            now_ns=self._clock.utc_ns(),
            naked_age_ns=self._ages.naked_ns(run),
            phase_age_ns=self._ages.phase_ns(run),
            legs=self.leg_views(job.legs, job),
            limits=self._limits,
            stale_after_ns=self._stale_after_ns,
            plan=self._plans.get(job.job_id),
            cancel_reason=self._cancelled.get(job.job_id),
        )

    def leg_views(self, legs: Iterable[Leg], job: HedgeJob) -> tuple[LegView, ...]:
        """Return what is to be seen of each leg now; a book whose feed is not up is not seen."""
        return tuple(self._leg_view(leg, job) for leg in legs)

    def _leg_view(self, leg: Leg, job: HedgeJob) -> LegView:
        market, instrument = self._market, self._market.instruments.get(leg.instrument_id)
        feed = market.feeds.get(leg.venue)
        is_up = feed is not None and feed.state is FeedState.UP
        rate = None if instrument is None else market.marks.asset_usd(leg.venue, instrument.quote)
        return leg_view(
            instrument,
            market.books.get(leg.instrument_id) if is_up else None,
            book_age_ns=market.age_ns(leg.instrument_id),
            quote_usd=None if rate is None else rate.price,
            halt=self._views.halt_level(leg.venue, None if job.strategy == "manual" else job.strategy),
            account_read=self._accounts.read(leg.venue),
        )
