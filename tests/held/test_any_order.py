"""One bracket or pair against a small venue, with anything happening in any order."""

from decimal import Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from core.held.actions import AskAccount, Cancel, End, Send, Trigger
from core.held.book import HeldBook, HeldBookState
from core.held.decide import decide
from core.held.look import HeldLook, is_through
from core.journal.facts import (
    AnyFact,
    HeldOrderEnded,
    HeldOrderPlaced,
    HeldOrderTriggered,
    OrderFilled,
    OrderIntended,
    OrderStatusChanged,
)
from core.orders.tracker import OrderTracker
from core.types.control import HaltLevel
from core.types.held_order import HeldKind, HeldOrder, HeldOutcome, StopTrigger, TriggerBy
from core.types.held_tag import HeldRole, HeldTag
from core.types.order import Fill, Liquidity, OrderIntent, OrderStatus, OrderType, Side
from tests.engine.venues import perpetual

D = Decimal
STEP_NS = 10_000_000
WHOLE = D(4)
STOP, PROFIT = D(97), D(103)
INSTRUMENT = perpetual("v1")


class World:
    """The truth of a venue, and what an engine has heard of it."""

    def __init__(self, kind: HeldKind) -> None:
        self.now_ns, self.read, self.number = STEP_NS, 0, 0
        self.mid: Decimal | None = D(100)
        self.facts: list[AnyFact] = []
        self.tracker, self.book = OrderTracker(), HeldBook()
        self.live: dict[str, OrderIntent] = {}
        self.true_filled: dict[str, Decimal] = {}
        self.intents: dict[str, OrderIntent] = {}
        self.unheard: list[Fill] = []
        self.asked_to_cancel: dict[str, None] = {}
        self.rejects = 0
        stop = StopTrigger(price=STOP, by=TriggerBy.MARK)
        self.order = HeldOrder(
            held_id="held-1", kind=kind, venue="v1", symbol=INSTRUMENT.symbol, side=Side.SELL, quantity=WHOLE,
            stop=stop, limit_price=PROFIT, reduce_only=True, created_ns=0,
        )  # fmt: skip
        self.record(HeldOrderPlaced(at_ns=self.now_ns, order=self.order))
        if kind is HeldKind.BRACKET:
            self.send(HeldRole.ENTRY, WHOLE)

    # facts ---------------------------------------------------------------------------------------------

    def record(self, fact: AnyFact) -> None:
        self.facts.append(fact)
        self.book.apply(fact, self.tracker.apply(fact), len(self.facts))

    def status(self, client_order_id: str, status: OrderStatus) -> None:
        self.record(OrderStatusChanged(at_ns=self.now_ns, client_order_id=client_order_id, status=status))

    def restart(self) -> None:
        state = msgspec.json.decode(msgspec.json.encode(self.book.to_state()), type=HeldBookState)
        self.book = HeldBook()
        self.book.restore(state)
        self.read = 0

    # the venue -----------------------------------------------------------------------------------------

    def send(self, role: HeldRole, quantity: Decimal) -> None:
        self.number += 1
        price = {HeldRole.ENTRY: D(99), HeldRole.LIMIT: PROFIT, HeldRole.STOP: None}[role]
        intent = OrderIntent(
            client_order_id=f"o{self.number}", venue="v1", symbol=INSTRUMENT.symbol,
            side=Side.BUY if role is HeldRole.ENTRY else Side.SELL,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT, quantity=quantity, limit_price=price,
            held=HeldTag(held_id="held-1", role=role), created_ns=self.now_ns,
        )  # fmt: skip
        self.intents[intent.client_order_id] = intent
        self.record(OrderIntended(at_ns=self.now_ns, intent=intent, checks=()))
        if self.rejects and role is not HeldRole.ENTRY:
            self.rejects -= 1
            self.status(intent.client_order_id, OrderStatus.REJECTED)
            return
        self.live[intent.client_order_id] = intent
        self.true_filled[intent.client_order_id] = D(0)
        self.status(intent.client_order_id, OrderStatus.OPEN)
        assert self.exits(possible=True) <= self.entered(), "more may be filled than has entered"

    def fill(self, index: int, share: int, *, is_heard: bool) -> None:
        if not self.live:
            return
        client_order_id = list(self.live)[index % len(self.live)]
        intent = self.live[client_order_id]
        left = intent.quantity - self.true_filled[client_order_id]
        quantity = left if share == 4 else INSTRUMENT.floor_quantity(left * share / 4)
        if not quantity:
            return
        self.true_filled[client_order_id] += quantity
        fill = Fill(
            fill_id=f"f{len(self.unheard)}-{self.now_ns}", client_order_id=client_order_id, venue="v1",
            symbol=INSTRUMENT.symbol, side=intent.side, price=D(100), quantity=quantity, fee=D(0),
            liquidity=Liquidity.MAKER, venue_ns=self.now_ns, received_ns=self.now_ns,
        )  # fmt: skip
        if quantity == left:
            del self.live[client_order_id]
        self.unheard.append(fill)
        if is_heard:
            self.hear()

    def hear(self) -> None:
        unheard, self.unheard = self.unheard, []
        for fill in unheard:
            self.record(OrderFilled(at_ns=self.now_ns, fill=fill))

    def answer_cancels(self) -> None:
        asked, self.asked_to_cancel = self.asked_to_cancel, {}
        for client_order_id in asked:
            if self.live.pop(client_order_id, None) is not None:
                self.status(client_order_id, OrderStatus.CANCELLED)

    def read_account(self) -> None:
        self.hear()
        self.read = len(self.facts)

    # truth ---------------------------------------------------------------------------------------------

    def _sum(self, role: HeldRole | None, *, possible: bool = False) -> Decimal:
        total = D(0)
        for client_order_id, filled in self.true_filled.items():
            tag = self.intents[client_order_id].held
            assert tag is not None
            if (tag.role is HeldRole.ENTRY) == (role is HeldRole.ENTRY):
                total += self.intents[client_order_id].quantity if possible and client_order_id in self.live else filled
        return total

    def exits(self, *, possible: bool = False) -> Decimal:
        return self._sum(None, possible=possible)

    def entered(self) -> Decimal:
        return WHOLE if self.order.kind is not HeldKind.BRACKET else self._sum(HeldRole.ENTRY)

    # the engine ----------------------------------------------------------------------------------------

    def look(self) -> HeldLook:
        run = self.book.get("held-1")
        assert run is not None
        return HeldLook(
            now_ns=self.now_ns, instrument=INSTRUMENT, mid=self.mid, last=None, last_age_ns=0, halt=HaltLevel.NORMAL,
            halt_reason="", position=run.rest, reducible=max(D(0), run.rest - run.may_fill),
            account_read=self.read, collar_pct=D(5),
        )  # fmt: skip

    def drive(self) -> None:
        for _ in range(20):
            run = self.book.active("held-1")
            actions = [] if run is None else decide(run, self.look())
            if not [self._carry_out(action) for action in actions if not isinstance(action, AskAccount | Cancel)]:
                self.asked_to_cancel |= {each.client_order_id: None for each in actions if isinstance(each, Cancel)}
                return
        raise AssertionError("it wants something more each time it is asked")

    def _carry_out(self, action: Trigger | Send | End) -> None:
        match action:
            case Trigger(seen=seen):
                assert self.mid is not None, "nothing triggers without a valid book"
                assert is_through(Side.SELL, STOP, self.mid)
                self.record(HeldOrderTriggered(at_ns=self.now_ns, held_id="held-1", price=seen.price, by=seen.by))
            case Send():
                assert not action.is_blind
                self.send(action.role, action.quantity)
            case End():
                self.end(action.outcome, action.reason)

    def end(self, outcome: HeldOutcome, reason: str) -> None:
        self.record(HeldOrderEnded(at_ns=self.now_ns, held_id="held-1", outcome=outcome, reason=reason))

    def folds_again(self) -> None:
        tracker, book = OrderTracker(), HeldBook()
        for applied, fact in enumerate(self.facts, 1):
            book.apply(fact, tracker.apply(fact), applied)
        assert msgspec.json.encode(book.to_state()) == msgspec.json.encode(self.book.to_state())


fills = st.tuples(st.just("fill"), st.integers(0, 5), st.integers(1, 4), st.booleans())
races = st.tuples(st.just("race"), st.integers(1, 3))
prices = st.tuples(st.just("price"), st.sampled_from([None, "100", "102", "98", "97", "95"]))
others = st.sampled_from([("hear",), ("answer",), ("read",), ("restart",), ("reject",), ("cancel limit",), ("wait",)])
happenings = st.lists(st.one_of(fills, fills, prices, prices, races, others), max_size=40)


def happen(world: World, what: tuple[object, ...]) -> None:
    match what:
        case ("fill", int(index), int(share), bool(is_heard)):
            world.fill(index, share, is_heard=is_heard)
        case ("price", str(price)):
            world.mid = D(price)
        case ("price", None):
            world.mid = None
        case ("hear",):
            world.hear()
        case ("answer",):
            world.answer_cancels()
        case ("race", int(share)):  # fills of what is being cancelled, told of later
            for client_order_id in list(world.asked_to_cancel):
                if client_order_id in world.live:
                    world.fill(list(world.live).index(client_order_id), share, is_heard=False)
            world.answer_cancels()
        case ("read",):
            world.read_account()
        case ("restart",):
            world.restart()
        case ("reject",):
            world.rejects += 1
        case ("cancel limit",):
            world.asked_to_cancel |= {each: None for each in world.live if world.live[each].limit_price == PROFIT}
        case _:
            world.now_ns += 2_000_000_000
            world.read_account()


@settings(deadline=None, max_examples=400)
@given(st.sampled_from([HeldKind.BRACKET, HeldKind.OCO]), happenings)
def test_exits_never_exceed_the_entry_whatever_happens_in_whatever_order(
    kind: HeldKind, story: list[tuple[object, ...]]
):
    world = World(kind)
    world.drive()
    for what in story:
        world.now_ns += STEP_NS
        happen(world, what)
        world.drive()
        assert world.exits() <= world.entered()
        world.folds_again()
    world.mid, world.rejects = D(95), 0
    for _ in range(60):  # all is calm, and the market is through the stop
        world.now_ns += 31_000_000_000
        world.read_account()
        world.answer_cancels()
        world.drive()
        for index in range(len(world.live)):
            is_resting = list(world.live.values())[index % max(1, len(world.live))].limit_price is not None
            if world.live and not is_resting:
                world.fill(index, 4, is_heard=True)
        world.drive()
    run = world.book.get("held-1")
    assert run is not None
    entry_may_fill = any(intent.side is Side.BUY for intent in world.live.values())
    if not entry_may_fill:
        assert run.end is not None, run
        assert world.exits() == world.entered()
        assert not world.live
