"""Amends folded in every order in which a venue, its silence and its list can tell of them."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.journal.facts import (
    AnyFact,
    OrderAdopted,
    OrderAmendAsked,
    OrderAmendDoubted,
    OrderAmended,
    OrderAmendRefused,
    OrderFilled,
    OrderIntended,
    OrderStatusChanged,
)
from core.orders.outcome import Quarantined
from core.orders.tracker import OrderTracker
from core.types.order import Order, OrderStatus
from tests.orders.making import fill, intent

D = Decimal
IDS = ("v1", "v2", "v3", None)


def intended() -> OrderIntended:
    return OrderIntended(at_ns=0, intent=intent(quantity=D(4)), checks=())


def told(status: OrderStatus, venue_order_id: str | None) -> OrderStatusChanged:
    return OrderStatusChanged(at_ns=1, client_order_id="o1", status=status, venue_order_id=venue_order_id)


def asked(number: int, quantity: int, price: int = 100) -> OrderAmendAsked:
    return OrderAmendAsked(
        at_ns=1, client_order_id="o1", number=number, limit_price=D(price), quantity=D(quantity), checks=()
    )


def amended(number: int, quantity: int, venue_order_id: str | None, price: int = 100) -> OrderAmended:
    return OrderAmended(
        at_ns=1, client_order_id="o1", number=number, limit_price=D(price), quantity=D(quantity),
        venue_order_id=venue_order_id,
    )  # fmt: skip


def refused(number: int, quantity: int, price: int = 100) -> OrderAmendRefused:
    return OrderAmendRefused(
        at_ns=1, client_order_id="o1", number=number, limit_price=D(price), quantity=D(quantity), reason="no"
    )


def tracked(*facts: AnyFact) -> tuple[OrderTracker, Order]:
    tracker = OrderTracker()
    for fact in (intended(), *facts):
        tracker.apply(fact)
    order = tracker.get("o1")
    assert order is not None
    return tracker, order


OPEN_V1 = told(OrderStatus.OPEN, "v1")
NUMBERS, QUANTITIES = st.integers(1, 3), st.integers(1, 6)
ANY_FACT = st.one_of(
    st.builds(told, st.sampled_from(list(OrderStatus)), st.sampled_from(IDS)),
    st.builds(asked, NUMBERS, QUANTITIES),
    st.builds(amended, NUMBERS, QUANTITIES, st.sampled_from(IDS)),
    st.builds(refused, NUMBERS, QUANTITIES),
    st.builds(lambda n: OrderAmendDoubted(at_ns=1, client_order_id="o1", number=n, reason="silence"), NUMBERS),
    st.builds(
        lambda n, q: OrderFilled(at_ns=1, fill=fill(f"f{n}", quantity=D(q))), st.integers(1, 5), st.integers(1, 3)
    ),
    st.builds(lambda v: OrderAdopted(at_ns=1, intent=intent(quantity=D(4)), venue_order_id=v), st.sampled_from(IDS)),
)


@given(st.lists(ANY_FACT, max_size=14), st.integers(0, 14))
def test_whatever_is_told_no_more_is_filled_than_may_be_and_a_snapshot_goes_on_alike(facts: list[AnyFact], cut: int):
    tracker, order = tracked()
    restored = OrderTracker()
    for at, fact in enumerate(facts):
        if at == cut:
            restored.restore(tracker.to_state())
        tracker.apply(fact)
        if at >= cut:
            restored.apply(fact)
        assert D(0) <= order.filled_quantity <= order.possible_quantity
        assert order.possible_quantity >= order.intent.quantity
        is_listed = any(each is order for each in tracker.live())
        assert is_listed == (
            order.status.may_live or (order.status is OrderStatus.FILLED and order.remaining_quantity > 0)
        )
    if cut < len(facts):
        assert restored.to_state() == tracker.to_state()


@given(st.data())
def test_f08_no_order_that_lives_is_taken_for_ended_however_late_its_replacements_are_reported(data: st.DataObject):
    """The venue gives a new id with each amend and reports the old one as cancelled; reports are late, lost, twice."""
    tracker, order = tracked(OPEN_V1)
    reports: list[AnyFact] = []
    number = 1
    for _ in range(data.draw(st.integers(1, 4))):
        quantity, price = data.draw(QUANTITIES), 100 + number
        tracker.apply(asked(number, quantity, price))
        reports += [told(OrderStatus.CANCELLED, f"v{number}"), told(OrderStatus.OPEN, f"v{number + 1}")]
        answer = amended(number, quantity, f"v{number + 1}", price)
        steps = data.draw(st.lists(st.sampled_from(range(len(reports))), max_size=6))
        answered_at = data.draw(st.integers(0, len(steps)))
        for at, which in enumerate([*steps, None]):
            if at == answered_at:
                if data.draw(st.booleans()):
                    silence = OrderAmendDoubted(at_ns=1, client_order_id="o1", number=number, reason="silence")
                    tracker.apply(silence)
                    assert order.is_in_doubt
                tracker.apply(answer)
            if which is not None:
                tracker.apply(reports[which])
            assert order.status.may_live
        number += 1
        assert (order.intent.quantity, order.intent.limit_price) == (D(quantity), D(price))
        assert order.pending_amend is None
    tracker.apply(told(OrderStatus.CANCELLED, order.venue_order_id))
    assert order.status is OrderStatus.CANCELLED


@given(st.permutations(range(3)), st.integers(0, 3), st.booleans())
def test_fills_around_an_amend_count_once_each_in_every_order(order_of: list[int], amended_after: int, twice: bool):
    tracker, order = tracked(OPEN_V1, asked(1, 6))
    for at, which in enumerate([*order_of, None]):
        if at == amended_after:
            tracker.apply(amended(1, 6, "v2"))
        if which is not None:
            for _ in range(2 if twice else 1):
                tracker.apply(OrderFilled(at_ns=2, fill=fill(f"f{which}", quantity=D(2))))
    assert (order.filled_quantity, order.status) == (D(6), OrderStatus.FILLED)
    assert not any(True for _ in tracker.live())


def test_cancel_told_during_an_amend_is_doubt_and_an_end_once_the_amend_is_refused():
    _, order = tracked(OPEN_V1, asked(1, 2), told(OrderStatus.CANCELLED, "v1"))
    assert order.status is OrderStatus.IN_DOUBT
    _, order = tracked(OPEN_V1, asked(1, 2), told(OrderStatus.CANCELLED, "v1"), refused(1, 2))
    assert order.status is OrderStatus.CANCELLED


def test_cancel_of_the_replaced_order_told_during_an_amend_is_no_end_once_it_is_confirmed():
    _, order = tracked(OPEN_V1, asked(1, 2), told(OrderStatus.CANCELLED, "v1"), amended(1, 2, "v2"))
    assert (order.status, order.venue_order_id) == (OrderStatus.OPEN, "v2")


def test_cancel_of_the_new_order_told_before_the_answer_ends_it_with_the_answer():
    _, order = tracked(OPEN_V1, asked(1, 2), told(OrderStatus.CANCELLED, "v2"), amended(1, 2, "v2"))
    assert order.status is OrderStatus.CANCELLED


def test_cancel_told_during_an_amend_whose_answer_names_no_id_stays_doubt():
    _, order = tracked(OPEN_V1, asked(1, 2), told(OrderStatus.CANCELLED, "v1"), amended(1, 2, None))
    assert order.status is OrderStatus.IN_DOUBT


def test_cancel_under_an_id_that_nobody_heard_of_is_doubt():
    _, order = tracked(OPEN_V1, told(OrderStatus.CANCELLED, "v7"))
    assert (order.status, order.venue_order_id) == (OrderStatus.IN_DOUBT, "v1")


def test_amend_below_what_is_filled_is_set_aside_and_stays_open():
    tracker, order = tracked(OPEN_V1, asked(1, 2), OrderFilled(at_ns=2, fill=fill(quantity=D(3))))
    assert isinstance(tracker.apply(amended(1, 2, "v1")), Quarantined)
    assert (order.intent.quantity, order.remaining_quantity) == (D(4), D(1))
    assert order.pending_amend is not None


def test_amend_down_to_what_is_filled_meanwhile_fills_the_order():
    _, order = tracked(OPEN_V1, asked(1, 2), OrderFilled(at_ns=2, fill=fill(quantity=D(2))), amended(1, 2, "v1"))
    assert order.status is OrderStatus.FILLED


def test_order_filled_to_its_old_total_is_open_until_the_amend_to_more_is_settled():
    filled = OrderFilled(at_ns=2, fill=fill(quantity=D(4)))
    _, order = tracked(OPEN_V1, asked(1, 6), filled)
    assert (order.status, order.remaining_quantity) == (OrderStatus.PARTIALLY_FILLED, D(2))
    _, order = tracked(OPEN_V1, asked(1, 6), filled, refused(1, 6))
    assert (order.status, order.remaining_quantity) == (OrderStatus.FILLED, D(0))


def test_answer_to_an_older_amend_changes_nothing_of_the_open_one():
    _, order = tracked(OPEN_V1, asked(1, 2), refused(1, 2), asked(2, 6), refused(1, 2))
    assert order.pending_amend is not None
    assert order.pending_amend.number == 2
