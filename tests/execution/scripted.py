"""A job among venues whose every answer a test decides; the venues keep the truth that claims are held against."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto
from fractions import Fraction

import msgspec

from core.book.book import BookState
from core.execution.commands import AskAccount, CancelOrder, Command, EnterPhase, FinishJob, SendOrder
from core.execution.decide import decide
from core.execution.job_run import JobRun
from core.execution.plan import Plan, Unfit
from core.execution.preflight import Level, PreflightLeg, PreflightView, preflight
from core.execution.view import LegView, RunView
from core.jobs.limits import JobLimits
from core.journal.facts import AnyFact, JobFinished, JobMoved, OrderFilled, OrderIntended, OrderStatusChanged
from core.orders.tracker import OrderTracker
from core.types.control import HaltLevel
from core.types.instrument import Instrument
from core.types.job import HedgeJob, JobPhase, JobType, Leg
from core.types.job_tag import JobTag, LegRole
from core.types.order import Fill, Liquidity, OrderIntent, OrderStatus, OrderType, Side, TimeInForce
from tests.engine.venues import perpetual

D = Decimal
MS = 1_000_000
S = 1_000 * MS
START_NS = 1_767_625_200_000_000_000
FEE_RATE = D("0.0005")
ZERO, ONE, BID, ASK = D(0), D(1), D("99.9"), D("100.1")


class Mood(Enum):
    """How a venue takes an order; `part` of the order is filled where it is taken."""

    TAKE = auto()  # accepted, filled as far as `part` says, the rest cancelled
    REJECT = auto()
    FILL_FIRST = auto()  # the fill overtakes the answer
    FILLS_LATE = auto()  # said to be cancelled or filled, and the fills come after that
    FILLS_LOST = auto()  # the same, and only the account tells the fills
    ANSWER_LOST = auto()  # taken, and nobody ever says so
    REQUEST_LOST = auto()  # never arrived, and nobody ever says so
    RESTS = auto()  # accepted, filled in part, and not cancelled as it should be
    FILLS_ON_CANCEL = auto()  # the same, and a cancel comes too late: the rest is filled
    REFUSE = auto()  # the gate says no


@dataclass
class Answer:
    mood: Mood = Mood.TAKE
    part: Decimal = ONE


@dataclass
class TrueOrder:
    """An order as its venue knows it."""

    intent: OrderIntent
    part: Decimal
    filled: Decimal = ZERO
    is_resting: bool = False
    fills_on_cancel: bool = False
    untold: list[Fill] = field(default_factory=list)


@dataclass
class Quote:
    bid: Decimal = BID
    ask: Decimal = ASK
    state: BookState = BookState.VALID
    received_ns: int | None = None  # None: always fresh


def a_job(**changes: object) -> HedgeJob:
    """Sell 40 contracts of about 100 dollars on sim-a, buy them on sim-b."""
    fields: dict[str, object] = {
        "job_id": "j1", "strategy_type": JobType.HEDGE, "strategy": "hedged_volume", "symbol": "BTC/USDT",
        "legs": (a_leg("sim-a", Side.SELL), a_leg("sim-b", Side.BUY)),
        "notional_usd": D(4_000), "expected_edge_bps": D(20), "est_volume_usd": D(8_000),
        "created_ns": START_NS, "expires_ns": START_NS + 60 * S,
    }  # fmt: skip
    return HedgeJob(**{**fields, **changes})


def a_leg(venue: str, side: Side, quantity: str = "40") -> Leg:
    return Leg(venue=venue, symbol="BTC/USDT:USDT", side=side, quantity=D(quantity))


class Script:
    """Carry out what the job decides, deliver what the venues say when it is due, and keep the books."""

    def __init__(
        self, job: HedgeJob | None = None, *, limits: JobLimits | None = None, rules: Iterable[Instrument] | None = None
    ) -> None:
        self.job = job or a_job()
        self.limits = limits or JobLimits()
        self.rules = list(rules or (perpetual(leg.venue) for leg in self.job.legs))
        self.now_ns = START_NS
        self.quotes = [Quote() for _ in self.job.legs]
        self.halts = [HaltLevel.NORMAL for _ in self.job.legs]
        self.answers: list[deque[Answer]] = [deque() for _ in self.job.legs]
        self.usual = [Answer() for _ in self.job.legs]
        self.is_deaf = [False for _ in self.job.legs]  # tells nothing of accounts and orders
        self.reads: list[int | None] = [None for _ in self.job.legs]
        self.cancel_reason: str | None = None
        self.tracker, self.run = OrderTracker(), JobRun(self.job, START_NS)
        self.truth: dict[str, TrueOrder] = {}
        self.sent: list[SendOrder] = []
        self.moves: list[EnterPhase] = []
        self.end: FinishJob | None = None
        self.facts: list[AnyFact] = []
        self.on_send: Callable[[SendOrder], None] = lambda order: None
        self.on_end: Callable[[], None] = lambda: None
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._reading: set[str] = set()
        self._counter = 0
        self.plan: Plan | None = self.prepared()

    # the job's side --------------------------------------------------------------------------------

    def prepared(self) -> Plan:
        found = preflight(self.job, self.preflight_view())
        assert isinstance(found, Plan), found.reason
        return found

    def unfit(self, **changes: object) -> Unfit:
        found = preflight(self.job, self.preflight_view(**changes))
        assert isinstance(found, Unfit), found
        return found

    def preflight_view(self, **changes: object) -> PreflightView:
        """Return the legs with plenty of everything, but for `changes`."""
        plenty: dict[str, object] = {"room_usd": D(100_000), "reserve_usd": D(1_000), "order_budget": 50}
        legs = tuple(
            PreflightLeg(
                view=self.leg_view(index),
                taking=self._levels(index, leg.side),
                giving_back=self._levels(index, leg.side.opposite),
                **{**plenty, **changes},
            )
            for index, leg in enumerate(self.job.legs)
        )
        return PreflightView(now_ns=self.now_ns, legs=legs, limits=self.limits, stale_after_ns=2 * S)

    def _levels(self, index: int, side: Side) -> tuple[Level, ...]:
        quote = self.quotes[index]
        return (Level(quote.ask if side is Side.BUY else quote.bid, D(1_000)),)

    def leg_view(self, index: int) -> LegView:
        quote = self.quotes[index]
        is_readable = quote.state is BookState.VALID
        return LegView(
            instrument=self.rules[index],
            book_state=quote.state,
            book_age_ns=0 if quote.received_ns is None else self.now_ns - quote.received_ns,
            best_bid=quote.bid if is_readable and quote.bid else None,
            best_ask=quote.ask if is_readable and quote.ask else None,
            quote_usd=D(1),
            halt=self.halts[index],
            account_read=self.reads[index],
        )

    def view(self) -> RunView:
        return RunView(
            now_ns=self.now_ns,
            naked_age_ns=self.now_ns - (self.run.naked_since_ns or self.now_ns),
            phase_age_ns=self.now_ns - self.run.moved_ns,
            legs=tuple(self.leg_view(index) for index in range(len(self.job.legs))),
            limits=self.limits,
            stale_after_ns=2 * S,
            plan=self.plan,
            cancel_reason=self.cancel_reason,
        )

    def decide(self) -> list[Command]:
        """Decide, carry it out, and return what was decided."""
        commands = decide(self.run, self.view())
        assert commands == decide(self.run, self.view()), "the same facts and the same view give the same commands"
        for command in commands:
            self._carry_out(command)
        return commands

    def restart(self) -> None:
        """Come back from the journal: what was in memory only is gone, what was unanswered is in doubt."""
        self.run = JobRun.restore(
            msgspec.json.decode(msgspec.json.encode(self.run.to_state()), type=type(self.run.to_state()))
        )
        self.plan = None
        self._due.clear()
        self._reading.clear()
        for order in list(self.tracker.live()):
            if order.status is OrderStatus.INTENDED:
                self.say(order.intent.client_order_id, OrderStatus.IN_DOUBT)
        for index in range(len(self.job.legs)):
            self.reads[index] = None
            self._reconcile(index, settle_ns=0)

    def _carry_out(self, command: Command) -> None:
        match command:
            case SendOrder():
                self._send(command)
            case CancelOrder():
                self._cancel(command.client_order_id)
            case AskAccount():
                self._ask(command.venue)
            case EnterPhase():
                self.moves.append(command)
                fact = JobMoved(at_ns=self.now_ns, job_id=self.job.job_id, phase=command.phase, reason=command.reason)
                self.tell(fact)
            case FinishJob():
                self.end = command
                fields = {name: getattr(command, name) for name in command.__struct_fields__}
                self.tell(JobFinished(at_ns=self.now_ns, job_id=self.job.job_id, **fields))
                self.on_end()

    def tell(self, fact: AnyFact) -> None:
        self.facts.append(fact)
        self.run.apply(fact, len(self.facts), self.tracker.apply(fact))

    # time ------------------------------------------------------------------------------------------

    def step(self, ms: int = 50) -> list[Command]:
        """Let time pass, deliver what falls due, and decide after each of it and at the end."""
        until_ns = self.now_ns + ms * MS
        while self._due and min(each[0] for each in self._due) <= until_ns:
            self._due.sort(key=lambda each: each[:2])
            due_ns, _, deliver = self._due.pop(0)
            self.now_ns = max(self.now_ns, due_ns)
            deliver()
            if self.end is None:
                self.decide()
        self.now_ns = until_ns
        return self.decide() if self.end is None else []

    def play(self, seconds: float, step_ms: int = 50) -> "Script":
        """Go on until the job ends, at most this long."""
        self.decide()
        for _ in range(int(seconds * 1_000 / step_ms)):
            if self.end is not None:
                break
            self.step(step_ms)
        return self

    def later(self, ms: float, deliver: Callable[[], None]) -> None:
        self._counter += 1
        self._due.append((self.now_ns + int(ms * MS), self._counter, deliver))

    # the venues' side ------------------------------------------------------------------------------

    def _send(self, command: SendOrder) -> None:
        self.on_send(command)
        self.sent.append(command)
        answer = self.answers[command.leg].popleft() if self.answers[command.leg] else self.usual[command.leg]
        if answer.mood is Mood.REFUSE:
            self.run.refused(command.leg, command.role, "price_collar", self.now_ns)
            return
        leg, client_order_id = self.job.legs[command.leg], f"o{len(self.truth) + 1}"
        tag = JobTag(job_id=self.job.job_id, strategy=self.job.strategy, leg=command.leg, role=command.role)
        intent = OrderIntent(
            client_order_id=client_order_id, venue=leg.venue, symbol=leg.symbol, side=command.side,
            order_type=OrderType.LIMIT, quantity=command.quantity, limit_price=command.limit_price,
            time_in_force=TimeInForce.IOC, source=f"job:{self.job.job_id}", job=tag, created_ns=self.now_ns,
        )  # fmt: skip
        self.tell(OrderIntended(at_ns=self.now_ns, intent=intent, checks=()))
        order = self.truth[client_order_id] = TrueOrder(intent, answer.part)
        self._react(order, answer.mood)

    def _react(self, order: TrueOrder, mood: Mood) -> None:
        client_order_id = order.intent.client_order_id
        if mood is Mood.REQUEST_LOST or mood is Mood.ANSWER_LOST:
            if mood is Mood.ANSWER_LOST:
                self._fill(order)
            self.later(5_000, lambda: self.say(client_order_id, OrderStatus.IN_DOUBT))
            self._doubt_resolved_later(order)
            return
        if mood is Mood.REJECT:
            self.later(20, lambda: self.say(client_order_id, OrderStatus.REJECTED, "not today"))
            return
        self._fill(order)
        is_full = order.filled == order.intent.quantity
        end = OrderStatus.FILLED if is_full else OrderStatus.CANCELLED
        order.is_resting = mood in (Mood.RESTS, Mood.FILLS_ON_CANCEL) and not is_full
        order.fills_on_cancel = mood is Mood.FILLS_ON_CANCEL
        acknowledge = lambda: self.say(client_order_id, OrderStatus.OPEN)  # noqa: E731 - steps of a table
        finish = lambda: order.is_resting or self.say(client_order_id, end)  # noqa: E731 - steps of a table
        show = lambda: self._tell_fills(order)  # noqa: E731 - steps of a table
        match mood:
            case Mood.FILL_FIRST:
                happenings = (show, acknowledge, finish)
            case Mood.FILLS_LATE:
                happenings = (acknowledge, finish, lambda: self.later(400, show))
            case Mood.FILLS_LOST:
                happenings = (acknowledge, finish)
            case _:
                happenings = (acknowledge, show, finish)
        for at, happening in enumerate(happenings):
            self.later(20 + 5 * at, happening)

    def _fill(self, order: TrueOrder) -> None:
        """Fill an order at its venue in two pieces, at the touch; nobody has heard of it yet."""
        intent, lot = order.intent, self._rules_of(order).lot_size
        price, limit = self._touch(order), intent.limit_price
        if not price or limit is None or (price - limit) * intent.side.sign > 0:
            return
        quantity = (intent.quantity * order.part) // lot * lot - order.filled
        first = quantity / 2 // lot * lot
        for piece in (first, quantity - first):
            if not piece:
                continue
            self._counter += 1
            fill = Fill(
                fill_id=f"f{self._counter}", client_order_id=intent.client_order_id, venue=intent.venue,
                symbol=intent.symbol, side=intent.side, price=price, quantity=piece,
                fee=price * piece * FEE_RATE, liquidity=Liquidity.TAKER, venue_ns=self.now_ns, received_ns=self.now_ns,
            )  # fmt: skip
            order.filled += piece
            order.untold.append(fill)

    def _tell_fills(self, order: TrueOrder) -> None:
        for fill in order.untold:
            self.tell(OrderFilled(at_ns=self.now_ns, fill=fill))
        order.untold.clear()

    def say(self, client_order_id: str, status: OrderStatus, reason: str | None = None) -> None:
        self.tell(OrderStatusChanged(at_ns=self.now_ns, client_order_id=client_order_id, status=status, reason=reason))

    def _cancel(self, client_order_id: str) -> None:
        order = self.truth[client_order_id]
        self.say(client_order_id, OrderStatus.CANCELLING)

        def cancelled() -> None:
            if self.is_deaf[self._index_of(order)] or not order.is_resting:
                return
            order.is_resting = False
            if order.fills_on_cancel:
                order.part = ONE
                self._fill(order)
            self.say(client_order_id, OrderStatus.CANCELLED)
            self._tell_fills(order)

        self.later(20, cancelled)

    def _ask(self, venue: str) -> None:
        if venue in self._reading:
            return
        self._reading.add(venue)
        asked_at = len(self.facts)

        def answered() -> None:
            self._reading.discard(venue)
            for index, leg in enumerate(self.job.legs):
                if leg.venue == venue and not self.is_deaf[index]:
                    self._reconcile(index)
                    self.reads[index] = asked_at

        self.later(40, answered)

    def _account(self, index: int, asked_at: int) -> None:
        for order in self.truth.values():
            if self._index_of(order) == index:
                self._tell_fills(order)
        self.reads[index] = asked_at

    def _doubt_resolved_later(self, order: TrueOrder) -> None:
        self.later(7_000, lambda: self._reconcile(self._index_of(order)))

    def _reconcile(self, index: int, settle_ns: int = S) -> None:
        """Compare as the reconciler does: fills first, then what is not at the venue any more."""
        if self.is_deaf[index]:
            self.later(2_000, lambda: self._reconcile(index, settle_ns))
            return
        self._account(index, len(self.facts))
        for client_order_id, order in self.truth.items():
            known = self.tracker.get(client_order_id)
            if self._index_of(order) != index or known is None or not known.status.may_live or order.is_resting:
                continue
            if self.now_ns - known.updated_ns < settle_ns:
                self.later(2_000, lambda: self._reconcile(index, settle_ns))
                continue
            never = known.status is OrderStatus.IN_DOUBT and not known.filled_quantity
            self.say(client_order_id, OrderStatus.REJECTED if never else OrderStatus.CANCELLED, "not at the venue")
        for client_order_id, order in self.truth.items():
            if order.is_resting and self._index_of(order) == index:
                self.say(client_order_id, OrderStatus.OPEN)

    def _index_of(self, order: TrueOrder) -> int:
        tag = order.intent.job
        assert tag is not None
        return tag.leg

    def _touch(self, order: TrueOrder) -> Decimal:
        quote = self.quotes[self._index_of(order)]
        return quote.ask if order.intent.side is Side.BUY else quote.bid

    def _rules_of(self, order: TrueOrder) -> Instrument:
        return self.rules[self._index_of(order)]

    # what is true ----------------------------------------------------------------------------------

    def true_filled(self, leg: int) -> Decimal:
        """Return what the venue filled of a leg, unwinds taken off."""
        side = self.job.legs[leg].side
        return sum(
            (x.filled * (1 if x.intent.side is side else -1) for x in self.truth.values() if _leg(x) == leg), D(0)
        )

    def true_gross(self, role: LegRole) -> Decimal:
        return sum((x.filled for x in self.truth.values() if _role(x) is role), D(0))

    def true_share(self, leg: int) -> Fraction:
        return Fraction(self.true_filled(leg)) / Fraction(self.job.legs[leg].quantity)

    def phases(self) -> list[JobPhase]:
        return [move.phase for move in self.moves]

    def roles(self) -> list[LegRole]:
        return [order.role for order in self.sent]


def _role(order: TrueOrder) -> LegRole:
    assert order.intent.job is not None
    return order.intent.job.role


def _leg(order: TrueOrder) -> int:
    assert order.intent.job is not None
    return order.intent.job.leg
