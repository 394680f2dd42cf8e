"""Amends: the order gets another number at the venue, and never stands for more than was asked for in all."""

from collections import deque
from collections.abc import Callable
from decimal import Decimal

import pytest

from core.journal.facts import OrderAmendAsked, OrderAmended, OrderFilled, OrderIntended, OrderStatusChanged
from core.orders.outcome import Quarantined
from core.orders.tracker import OrderTracker
from core.ports.venue import AmendSupport, SendOutcome, SendResult
from core.types.order import OrderStatus, Side
from tests.adapters.hyperliquid.rig import NVDA, OWNER, PASSED, Rig, intent, run
from tests.venues.hyperliquid.faults import after, answered, done_and_lost
from tests.venues.hyperliquid.server import LoopbackHyperliquid

D = Decimal
ACCEPTED, REJECTED, IN_DOUBT = SendOutcome.ACCEPTED, SendOutcome.REJECTED, SendOutcome.IN_DOUBT
ONE = "s0001-1"


def sells(size: str, price: str = "190.4") -> Callable[[LoopbackHyperliquid], None]:
    return lambda venue: venue.state.crowd(NVDA, Side.SELL, price, size)


def resting(rig: Rig) -> list[tuple[Decimal, Decimal]]:
    """Return price and what is left of every order that rests at the venue."""
    return [(o.price, o.left) for o in rig.venue.state.orders.values() if o.user == OWNER and o.status == "open"]


def placed_and(then: Callable[[Rig], object]) -> Callable[[Rig], object]:
    async def scenario(rig: Rig) -> None:
        await rig.start()
        await rig.submit(ONE, Side.BUY, "190.4", "1")
        await then(rig)

    return scenario


def total(rig: Rig) -> Decimal:
    """Return what was filled and what may still be."""
    return sum((o.size - o.left for o in rig.venue.state.orders.values()), D(0)) + sum(
        (left for _, left in resting(rig)), D(0)
    )


def test_an_amend_changes_price_and_quantity_and_tells_the_new_number() -> None:
    async def then(rig: Rig) -> None:
        assert rig.execution.amend_support is AmendSupport.NATIVE
        old = next(iter(rig.venue.state.orders.values()))
        result = await rig.amend(ONE, Side.BUY, "190.3", "0.6")
        new = rig.venue.state.find(OWNER, old.cloid)
        assert (result.outcome, result.venue_order_id) == (ACCEPTED, str(new.number))
        assert new.number != old.number
        assert resting(rig) == [(D("190.3"), D("0.6"))]
        (order,) = (await rig.execution.account(0)).open_orders
        assert (order.intent.client_order_id, order.intent.quantity, order.intent.limit_price) == (
            ONE, D("0.6"), D("190.3"),
        )  # fmt: skip
        await rig.records.until(lambda: len(rig.records.reports) >= 3)
        assert [(r.status.value, r.venue_order_id) for r in rig.records.reports] == [
            ("open", str(old.number)), ("cancelled", str(old.number)), ("open", str(new.number)),
        ]  # fmt: skip

    run(placed_and(then))


def test_the_engines_tracker_takes_an_amend_for_one_living_order() -> None:
    async def then(rig: Rig) -> None:
        tracker = OrderTracker()
        tracker.apply(OrderIntended(at_ns=1, intent=intent(ONE, Side.BUY, "190.4", "1"), checks=(PASSED,)))
        await rig.records.until(lambda: len(rig.records.reports) == 1)
        fold(rig, tracker)
        tracker.apply(
            OrderAmendAsked(at_ns=2, client_order_id=ONE, number=1, limit_price=D("190.3"), quantity=D(2), checks=())
        )
        rig.venue.exchange_faults.append(after(sells("0.25")))
        result = await rig.amend(ONE, Side.BUY, "190.3", "2")
        tracker.apply(
            OrderAmended(
                at_ns=3, client_order_id=ONE, number=1, limit_price=D("190.3"), quantity=D(2),
                venue_order_id=result.venue_order_id,
            )
        )  # fmt: skip
        sells("5", "190.3")(rig.venue)
        await rig.records.until(lambda: rig.records.filled(ONE) == D(2))
        await rig.records.until(lambda: rig.records.reports[-1].status is OrderStatus.FILLED)
        fold(rig, tracker)
        order = tracker.get(ONE)
        assert order is not None
        assert (order.status, order.filled_quantity, order.pending_amend) == (OrderStatus.FILLED, D(2), None)
        assert tracker.quarantine == ()

    run(placed_and(then))


def fold(rig: Rig, tracker: OrderTracker) -> None:
    """Let the tracker take everything reported so far, fills last: the hardest order."""
    for report in rig.records.reports:
        outcome = tracker.apply(
            OrderStatusChanged(at_ns=1, client_order_id=ONE, status=report.status, venue_order_id=report.venue_order_id)
        )
        assert not isinstance(outcome, Quarantined), outcome
    for fill in rig.records.fills:
        tracker.apply(OrderFilled(at_ns=1, fill=fill))
    rig.records.reports.clear()


def test_what_is_filled_already_is_taken_off_the_new_quantity() -> None:
    async def then(rig: Rig) -> None:
        sells("0.3")(rig.venue)
        assert (await rig.amend(ONE, Side.BUY, "190.3", "1.5")).outcome is ACCEPTED
        assert resting(rig) == [(D("190.3"), D("1.2"))]
        (order,) = (await rig.execution.account(0)).open_orders
        assert (order.intent.quantity, order.filled_quantity) == (D("1.5"), D("0.3"))
        assert (await rig.amend(ONE, Side.BUY, "190.2", "0.8")).outcome is ACCEPTED
        assert resting(rig) == [(D("190.2"), D("0.5"))]

    run(placed_and(then))


@pytest.mark.parametrize("raced", ["0.1", "0.5", "0.9"])
def test_a_fill_that_races_the_amend_is_taken_off_before_the_answer(raced: str) -> None:
    async def then(rig: Rig) -> None:
        rig.venue.exchange_faults.append(after(sells(raced)))
        assert (await rig.amend(ONE, Side.BUY, "190.3", "1")).outcome is ACCEPTED
        assert total(rig) == D(1)
        assert resting(rig) == [(D("190.3"), D(1) - D(raced))]

    run(placed_and(then))


def test_a_remainder_below_what_the_venue_takes_ends_the_order_and_is_told_as_a_refusal() -> None:
    async def then(rig: Rig) -> None:
        rig.venue.exchange_faults.append(after(sells("0.99")))
        result = await rig.amend(ONE, Side.BUY, "190.3", "1")
        assert (result.outcome, "minimum value" in result.reason) == (REJECTED, True)
        assert resting(rig) == []
        assert total(rig) == D("0.99")

    run(placed_and(then))


def test_an_order_filled_beyond_the_new_quantity_while_it_changed_is_taken_off() -> None:
    async def then(rig: Rig) -> None:
        rig.venue.exchange_faults.append(after(sells("0.7")))
        result = await rig.amend(ONE, Side.BUY, "190.3", "0.5")
        assert result.outcome is ACCEPTED
        assert resting(rig) == []
        assert total(rig) == D("0.7")

    run(placed_and(then))


def test_an_amend_of_an_order_that_has_just_filled_is_refused() -> None:
    async def then(rig: Rig) -> None:
        rig.venue.exchange_faults.append(after(sells("1")))
        result = await rig.amend(ONE, Side.BUY, "190.3", "1")
        assert (result.outcome, "Cannot modify" in result.reason) == (REJECTED, True)
        result = await rig.amend(ONE, Side.BUY, "190.3", "1")
        assert (result.outcome, "rests no more" in result.reason) == (REJECTED, True)

    run(placed_and(then))


def test_an_amend_whose_new_order_is_refused_ends_the_order_and_says_so() -> None:
    async def then(rig: Rig) -> None:
        result = await rig.amend(ONE, Side.BUY, "190.3", "5000")
        assert (result.outcome, "placing new order during modify" in result.reason) == (REJECTED, True)
        await rig.records.until(lambda: rig.records.statuses(ONE) == ["open", "cancelled"])
        assert resting(rig) == []

    run(placed_and(then))


def test_an_amend_whose_answer_is_lost_is_doubt_and_the_account_shows_the_new_terms() -> None:
    async def then(rig: Rig) -> None:
        sells("0.3")(rig.venue)
        rig.venue.exchange_faults.append(done_and_lost)
        assert (await rig.amend(ONE, Side.BUY, "190.3", "2")).outcome is IN_DOUBT
        (order,) = (await rig.execution.account(0)).open_orders
        assert (order.intent.quantity, order.intent.limit_price) == (D(2), D("190.3"))
        assert order.filled_quantity == D("0.3")

    run(placed_and(then))


@pytest.mark.parametrize("question", ["frontendOpenOrders", "userFillsByTime", "orderStatus"])
def test_an_amend_that_cannot_be_looked_at_is_not_sent_or_doubt(question: str) -> None:
    async def then(rig: Rig) -> None:
        rig.venue.info_faults[question] = deque([answered(500)])
        result: SendResult = await rig.amend(ONE, Side.BUY, "190.3", "2")
        was_sent = bool(rig.venue.sent("batchModify"))
        assert result.outcome is (IN_DOUBT if was_sent else REJECTED)
        assert was_sent is (question != "frontendOpenOrders")
        assert (result.venue_order_id is not None) is was_sent

    run(placed_and(then))


def test_an_order_that_somebody_else_changed_is_read_with_what_it_had_filled() -> None:
    async def then(rig: Rig) -> None:
        sells("0.3")(rig.venue)
        old = next(iter(rig.venue.state.orders.values()))
        wire = rig.venue.sent("order")[0]["orders"][0]
        rig.venue.state.modify(OWNER, {"oid": old.number, "order": wire | {"p": "190.2", "s": "4"}})
        (order,) = (await rig.execution.account(0)).open_orders
        assert (order.intent.client_order_id, order.intent.quantity, order.filled_quantity) == (
            ONE, D("4.3"), D("0.3"),
        )  # fmt: skip

    run(placed_and(then))


@pytest.mark.parametrize("is_read", [False, True])
def test_after_a_restart_what_earlier_numbers_filled_still_counts(is_read: bool) -> None:
    async def then(rig: Rig) -> None:
        sells("0.3")(rig.venue)
        await rig.amend(ONE, Side.BUY, "190.3", "1.5")
        await rig.execution.stop()
        await rig.start(rig.make_execution())
        if is_read:
            await rig.execution.account(0)
        assert (await rig.amend(ONE, Side.BUY, "190.2", "1.2")).outcome is ACCEPTED
        assert resting(rig) == [(D("190.2"), D("0.9"))]
        (order,) = (await rig.execution.account(0)).open_orders
        assert (order.intent.client_order_id, order.intent.quantity, order.filled_quantity) == (
            ONE, D("1.2"), D("0.3"),
        )  # fmt: skip
        assert (await rig.amend(ONE, Side.BUY, "190.1", "1")).outcome is ACCEPTED
        assert resting(rig) == [(D("190.1"), D("0.7"))]

    run(placed_and(then))
