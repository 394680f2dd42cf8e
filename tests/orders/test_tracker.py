from decimal import Decimal
from itertools import permutations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.journal.facts import AnyFact, OrderAdopted, OrderFilled, OrderIntended, OrderStatusChanged
from core.orders.outcome import Applied, Duplicate, Parked, Quarantined
from core.orders.state import TrackerState
from core.orders.tracker import OrderTracker
from core.types.order import OrderStatus, Side
from tests.orders.making import PERP, SPOT, D, fill, intent


def intended(client_order_id: str = "o1", **changes: object) -> OrderIntended:
    return OrderIntended(at_ns=1, intent=intent(client_order_id, **changes), checks=())


def status(to: OrderStatus, client_order_id: str = "o1", at_ns: int = 2) -> OrderStatusChanged:
    return OrderStatusChanged(at_ns=at_ns, client_order_id=client_order_id, status=to)


def filled(fill_id: str = "f1", client_order_id: str = "o1", **changes: object) -> OrderFilled:
    return OrderFilled(at_ns=3, fill=fill(fill_id, client_order_id, **changes))


def fold(*facts: AnyFact) -> OrderTracker:
    tracker = OrderTracker()
    for fact in facts:
        tracker.apply(fact)
    return tracker


def test_an_intent_counts_as_live_before_the_venue_has_answered() -> None:
    tracker = fold(intended())
    assert [order.status for order in tracker.live(PERP.id)] == [OrderStatus.INTENDED]
    assert list(tracker.live(SPOT.id)) == []


def test_fills_add_up_to_the_average_price() -> None:
    tracker = fold(
        intended(),
        filled("f1", price=D(100), quantity=D("0.25")),
        filled("f2", price=D(102), quantity=D("0.75")),
    )
    order = tracker.get("o1")
    assert order is not None
    assert (order.status, order.average_price, order.remaining_quantity) == (OrderStatus.FILLED, D("101.5"), D(0))
    assert tracker.live_count == 0
    assert list(tracker.finished()) == [order]


def test_ack_fill_and_cancel_in_any_order_give_the_same_filled_quantity() -> None:
    events = (status(OrderStatus.OPEN), filled("f1", quantity=D("0.4")), status(OrderStatus.CANCELLED))
    for order_of_events in permutations(events):
        order = fold(intended(), *order_of_events).get("o1")
        assert order is not None
        assert (order.status, order.filled_quantity) == (OrderStatus.CANCELLED, D("0.4"))


def test_the_same_fill_from_three_sources_counts_once() -> None:
    tracker = fold(intended(), filled("f1", quantity=D("0.4")))
    again = tracker.apply(filled("f1", quantity=D("0.4")))
    assert isinstance(again, Duplicate)
    order = tracker.get("o1")
    assert order is not None
    assert order.filled_quantity == D("0.4")


def test_a_fill_of_an_unknown_order_waits_for_the_order() -> None:
    tracker = OrderTracker()
    assert isinstance(tracker.apply(filled("f1", "x1", quantity=D("0.4"))), Parked)
    assert len(tracker.parked) == 1
    entered = tracker.apply(OrderAdopted(at_ns=5, intent=intent("x1"), venue_order_id="77"))
    assert isinstance(entered, Applied)
    assert [(fill.fill_id, fill.quantity) for fill in entered.fills] == [("f1", D("0.4"))]
    order = tracker.get("x1")
    assert order is not None
    assert (order.is_external, order.filled_quantity, order.status) == (True, D("0.4"), OrderStatus.PARTIALLY_FILLED)
    assert tracker.parked == ()


def test_more_filled_than_ordered_is_set_aside_and_the_order_stays_live() -> None:
    tracker = fold(intended(), filled("f1", quantity=D("0.8")))
    outcome = tracker.apply(filled("f2", quantity=D("0.3")))
    assert isinstance(outcome, Quarantined)
    assert "more than the 0.2 left" in outcome.reason
    order = tracker.get("o1")
    assert order is not None
    assert order.filled_quantity == D("0.8")
    assert order.status.may_live
    assert tracker.quarantine == (outcome,)


def test_a_fill_for_the_other_side_or_market_is_set_aside() -> None:
    tracker = fold(intended())
    assert isinstance(tracker.apply(filled("f1", side=Side.SELL)), Quarantined)
    assert isinstance(tracker.apply(filled("f2", of=SPOT)), Quarantined)
    assert isinstance(tracker.apply(filled("f3", quantity=D(0))), Quarantined)
    assert isinstance(tracker.apply(filled("f4", price=D("NaN"))), Quarantined)


def test_a_client_order_id_is_never_taken_twice() -> None:
    tracker = fold(intended(quantity=D(1)))
    assert isinstance(tracker.apply(intended(quantity=D(5))), Quarantined)
    order = tracker.get("o1")
    assert order is not None
    assert order.intent.quantity == 1


def test_a_report_about_nobody_and_a_contradiction_are_set_aside() -> None:
    tracker = fold(intended(), filled("f1"))
    assert isinstance(tracker.apply(status(OrderStatus.OPEN, "nobody")), Quarantined)
    outcome = tracker.apply(status(OrderStatus.CANCELLED))
    assert isinstance(outcome, Quarantined)
    assert outcome.reason == "cancelled contradicts filled"


def test_an_order_reported_filled_counts_as_live_until_its_fills_have_come() -> None:
    tracker = fold(intended(), status(OrderStatus.FILLED))
    assert tracker.live_count == 1
    tracker.apply(filled("f1"))
    assert tracker.live_count == 0


def test_only_old_finished_orders_are_forgotten() -> None:
    tracker = OrderTracker(keep_final=2)
    for number in range(5):
        tracker.apply(intended(f"o{number}"))
    for number in range(4):
        tracker.apply(status(OrderStatus.CANCELLED, f"o{number}"))
    assert [order.intent.client_order_id for order in tracker.finished()] == ["o3", "o2"]
    assert [order.intent.client_order_id for order in tracker.live()] == ["o4"]
    assert tracker.get("o0") is None


def test_a_fill_older_than_memory_is_not_booked_again() -> None:
    tracker = OrderTracker(keep_fill_ids=2)
    tracker.apply(intended(quantity=D(10)))
    for number in range(3):
        tracker.apply(filled(f"f{number}", venue_ns=10 + number))
    assert isinstance(tracker.apply(filled("f0", venue_ns=10)), Quarantined)
    assert isinstance(tracker.apply(filled("f3", venue_ns=20)), Applied)
    order = tracker.get("o1")
    assert order is not None
    assert order.filled_quantity == 4


# a few orders, and everything that can be said of them in any order
_ids = st.sampled_from(["o1", "o2", "o3"])
_facts = st.lists(
    st.one_of(
        st.builds(intended, _ids, quantity=st.sampled_from([D(1), D(2)])),
        st.builds(status, st.sampled_from(OrderStatus), _ids),
        st.builds(
            filled,
            st.sampled_from([f"f{number}" for number in range(8)]),
            _ids,
            quantity=st.sampled_from([D("0.5"), D(1)]),
            venue_ns=st.integers(0, 50),
        ),
        st.builds(OrderAdopted, at_ns=st.just(4), intent=st.builds(intent, _ids), venue_order_id=st.none()),
    ),
    max_size=30,
)


@given(_facts, st.integers(0, 30))
def test_a_snapshot_and_the_facts_after_it_equal_all_facts(facts: list[AnyFact], cut: int) -> None:
    whole = fold(*facts)
    snapshot = msgspec.json.encode(fold(*facts[:cut]).to_state())
    resumed = OrderTracker()
    resumed.restore(msgspec.json.decode(snapshot, type=TrackerState))
    for fact in facts[cut:]:
        resumed.apply(fact)
    assert msgspec.json.encode(resumed.to_state()) == msgspec.json.encode(whole.to_state())


@given(_facts)
def test_no_order_is_ever_filled_beyond_its_quantity_and_no_fill_counts_twice(facts: list[AnyFact]) -> None:
    tracker = OrderTracker()
    booked: list[str] = []
    for fact in facts:
        outcome = tracker.apply(fact)
        if isinstance(outcome, Applied) and outcome.fill is not None:
            booked.append(outcome.fill.fill_id)
        for order in (*tracker.live(), *tracker.finished()):
            assert Decimal(0) <= order.filled_quantity <= order.intent.quantity
            assert order.status is not OrderStatus.OPEN or not order.filled_quantity
    assert len(booked) == len(set(booked))


@given(_facts)
def test_live_and_finished_are_apart_and_together_are_all(facts: list[AnyFact]) -> None:
    tracker = fold(*facts)
    live = {order.intent.client_order_id for order in tracker.live()}
    finished = {order.intent.client_order_id for order in tracker.finished()}
    known = {name for name in ("o1", "o2", "o3") if tracker.get(name) is not None}
    assert live | finished == known
    assert not live & finished
