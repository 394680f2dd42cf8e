"""Legal histories: whatever an engine could have written down, however unlucky, made from plain numbers."""

from decimal import Decimal

from core.journal.facts import CapitalReleased, CapitalReserved, JobFinished, JobStarted, OrderAdopted, SafeModeSet
from core.types.capital import Claim, Pool
from core.types.instrument import Instrument, InstrumentId
from core.types.job import JobOutcome
from core.types.job_tag import JobTag, LegRole
from core.types.order import Order, OrderStatus, Side
from tests.capital.desk import Desk, adopted, claimed, filled, status, tag
from tests.orders.making import ALL, D, intent

TRADED = tuple(ALL[InstrumentId(*each)] for each in (
    ("sim-a", "BTC/USDT:USDT"), ("sim-b", "BTC/USDT:USDT"), ("sim-a", "ETH/USDT:USDT"),
))  # fmt: skip
SIDES, POOLS, ROLES = tuple(Side), tuple(Pool), tuple(LegRole)
REPORTED = (
    OrderStatus.OPEN, OrderStatus.CANCELLING, OrderStatus.IN_DOUBT, OrderStatus.CANCELLED, OrderStatus.REJECTED,
    OrderStatus.EXPIRED, OrderStatus.FILLED,
)  # fmt: skip

Step = tuple[int, int, int, int]


class History:
    """Grow a desk's facts step by step; a step is four numbers and always means something legal."""

    def __init__(self, *, unit: Decimal | None = None) -> None:
        self.desk = Desk()
        self._unit = unit
        self._numbers = 0
        self._running: list[str] = []

    def step(self, step: Step) -> None:
        kind, *numbers = step
        moves = (
            self._job, self._job_order, self._job_order, self._order, self._order, self._fill, self._fill, self._fill,
            self._report, self._report, self._found, self._external, self._adopt, self._finish, self._again,
            self._name, self._safe_mode, self._crash,
        )  # fmt: skip
        moves[kind % len(moves)](*numbers)

    def end(self) -> None:
        """Let everything end: orders, jobs, names, positions."""
        for order in list(self.desk.orders.live()):
            client_order_id = order.intent.client_order_id
            if order.status is OrderStatus.FILLED:
                self._fill_order(order, order.remaining_quantity, 0)
                continue
            self.desk.tell(status(OrderStatus.CANCELLED, client_order_id))
        while self._running:
            self._finish(0, 0, 0)
        for owner in ("x", "y"):
            self.desk.tell(CapitalReleased(at_ns=9, owner=owner))
        for instrument in TRADED:
            self.desk.tell(adopted(D(0), D(100), instrument))

    def _job(self, a: int, b: int, c: int) -> None:
        job_id = self._new("j")
        claims = (
            Claim(venue="sim-a", pool=Pool.HEDGE, amount_usd=D(50 + a)),
            Claim(venue="sim-b", pool=Pool.HEDGE, amount_usd=D(50 + b) / 8),
        )
        self.desk.tell(JobStarted(at_ns=c, job_id=job_id, claims=claims, checks=(), safety=1.0, volume=1.0, final=1.0))
        self._running.append(job_id)

    def _job_order(self, a: int, b: int, c: int) -> None:
        if not self._running:
            return self._order(a, b, c)
        leg = c % 2
        of_job = tag(self._running[a % len(self._running)], leg, ROLES[b % len(ROLES)])
        return self._intend(TRADED[leg], a, b, c, of_job)

    def _order(self, a: int, b: int, c: int) -> None:
        self._intend(TRADED[a % len(TRADED)], a, b, c, None)

    def _intend(self, of: Instrument, a: int, b: int, c: int, job: JobTag | None) -> None:
        quantity = D(1 + b) / 10
        fact = claimed(
            self._new("o"),
            of,
            quantity=quantity,
            side=SIDES[a % 2],
            unit=self._price(c),
            opening=min(quantity, D(a) / 10) if a % 3 else quantity,
            pool=POOLS[c % len(POOLS)],
            job=job,
        )
        self.desk.tell(fact)

    def _fill(self, a: int, b: int, c: int) -> None:
        fillable = [*self.desk.orders.live(), *self.desk.orders.finished()]
        fillable = [order for order in fillable if order.remaining_quantity > 0]
        if fillable:
            order = fillable[a % len(fillable)]
            part = order.remaining_quantity if b % 2 else min(order.remaining_quantity, D(1 + b) / 32)
            self._fill_order(order, part, c)

    def _fill_order(self, order: Order, quantity: Decimal, c: int) -> None:
        wanted = order.intent
        self.desk.tell(
            filled(
                self._new("f"),
                wanted.client_order_id,
                wanted.instrument_id,
                quantity=quantity,
                side=wanted.side,
                price=self._price(c),
            )
        )

    def _report(self, a: int, b: int, _: int) -> None:
        known = [*self.desk.orders.live(), *self.desk.orders.finished()]
        if known:
            self.desk.tell(status(REPORTED[b % len(REPORTED)], known[a % len(known)].intent.client_order_id))

    def _found(self, a: int, _: int, __: int) -> None:
        known = [*self.desk.orders.live(), *self.desk.orders.finished()]
        if known:
            self.desk.tell(OrderAdopted(at_ns=5, intent=known[a % len(known)].intent, venue_order_id="v"))

    def _external(self, a: int, b: int, c: int) -> None:
        client_order_id, of, side = self._new("x"), TRADED[a % len(TRADED)], SIDES[b % 2]
        quantity = D(1 + c) / 10
        found = OrderAdopted(
            at_ns=5, intent=intent(client_order_id, of, quantity=quantity, side=side), venue_order_id="v"
        )
        execution = filled(self._new("f"), client_order_id, of, quantity=quantity, side=side, price=self._price(c))
        self.desk.tell(*((found, execution), (execution, found), (execution,))[b % 3])

    def _adopt(self, a: int, b: int, c: int) -> None:
        of = TRADED[a % len(TRADED)]
        price = None if c % 4 == 0 else self._price(c)
        self.desk.tell(adopted(D(b - 20) / 10, price, of, average=self._price(c)))

    def _finish(self, a: int, _: int, __: int) -> None:
        if self._running:
            job_id = self._running.pop(a % len(self._running))
            self.desk.tell(
                JobFinished(
                    at_ns=9, job_id=job_id, outcome=JobOutcome.PARTIAL, reason="", pnl_usd=D(0), volume_usd=D(0),
                    fees_usd=D(0),
                )
            )  # fmt: skip

    def _again(self, a: int, _: int, __: int) -> None:
        executions = [fact for fact in self.desk.facts if fact.__class__.__name__ == "OrderFilled"]
        if executions:
            self.desk.tell(executions[a % len(executions)])

    def _name(self, a: int, b: int, c: int) -> None:
        owner = "xy"[a % 2]
        claim = Claim(venue=("sim-a", "sim-b")[b % 2], pool=POOLS[b % len(POOLS)], amount_usd=D(1 + c) / 7)
        is_release = a % 3 == 0
        self.desk.tell(
            CapitalReleased(at_ns=6, owner=owner) if is_release else CapitalReserved(at_ns=6, owner=owner, claim=claim)
        )

    def _safe_mode(self, a: int, b: int, _: int) -> None:
        self.desk.tell(SafeModeSet(at_ns=7, venue=("sim-a", "sim-b")[a % 2], is_on=b % 2 == 0, who="me", reason="test"))

    def _crash(self, _: int, __: int, ___: int) -> None:
        self.desk.crash()

    def _price(self, c: int) -> Decimal:
        return self._unit or D(90 + c) / 3

    def _new(self, letter: str) -> str:
        self._numbers += 1
        return f"{letter}{self._numbers}"
