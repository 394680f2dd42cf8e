from itertools import product

import pytest

from core.orders.transitions import EVENT_OF_STATUS, OrderEvent, next_status
from core.types.order import OrderStatus as S

E = OrderEvent


def test_a_fill_is_taken_in_every_status() -> None:
    for status, event in product(S, (E.FILLED_IN_PART, E.FILLED_IN_FULL)):
        following = next_status(status, event, has_fills=True)
        assert following is not None
        assert following is S.FILLED or event is E.FILLED_IN_PART


def test_a_cancelled_order_that_fills_in_full_after_all_is_filled() -> None:
    assert next_status(S.CANCELLED, E.FILLED_IN_FULL, has_fills=True) is S.FILLED


def test_silence_never_ends_an_order() -> None:
    for status in S:
        following = next_status(status, E.SILENT, has_fills=False)
        assert following is S.IN_DOUBT or following is status


def test_asking_for_a_cancel_never_ends_an_order_and_never_hides_doubt() -> None:
    for status in S:
        following = next_status(status, E.CANCEL_ASKED, has_fills=False)
        assert following is not None
        assert following.is_final == status.is_final
    assert next_status(S.IN_DOUBT, E.CANCEL_ASKED, has_fills=False) is S.IN_DOUBT


@pytest.mark.parametrize("late", [E.REPORTED_OPEN, E.REPORTED_PARTIALLY_FILLED, E.SILENT, E.CANCEL_ASKED])
@pytest.mark.parametrize("status", [S.FILLED, S.CANCELLED, S.EXPIRED])
def test_a_report_overtaken_by_the_end_of_an_order_does_not_revive_it(status: S, late: OrderEvent) -> None:
    assert next_status(status, late, has_fills=status is S.FILLED) is status


def test_an_order_called_unknown_that_shows_up_lives_again() -> None:
    assert next_status(S.REJECTED, E.REPORTED_OPEN, has_fills=False) is S.OPEN


def test_the_venues_list_of_open_orders_revives_all_but_a_filled_order() -> None:
    for status in S:
        following = next_status(status, E.FOUND_AT_VENUE, has_fills=False)
        assert (following is None) if status is S.FILLED else (following is not None and following.may_live)


def test_a_reject_of_an_order_already_acknowledged_leaves_it_in_doubt() -> None:
    assert next_status(S.OPEN, E.REJECTED, has_fills=False) is S.IN_DOUBT


def test_an_order_with_fills_is_never_merely_open_and_was_never_rejected() -> None:
    for status, event in product(S, E):
        following = next_status(status, event, has_fills=True)
        assert following not in {S.OPEN, S.REJECTED}


def test_a_rejected_cancel_leaves_the_order_open_again() -> None:
    assert next_status(S.CANCELLING, E.REPORTED_OPEN, has_fills=False) is S.OPEN
    assert next_status(S.CANCELLING, E.REPORTED_OPEN, has_fills=True) is S.PARTIALLY_FILLED


@pytest.mark.parametrize(
    ("status", "event"),
    [(S.FILLED, E.CANCELLED), (S.FILLED, E.REJECTED), (S.CANCELLED, E.REJECTED), (S.PARTIALLY_FILLED, E.REJECTED)],
)
def test_a_contradiction_has_no_following_status(status: S, event: OrderEvent) -> None:
    assert next_status(status, event, has_fills=status is not S.CANCELLED) is None


def test_every_status_but_the_first_can_be_reported() -> None:
    assert [status for status in S if status not in EVENT_OF_STATUS] == [S.INTENDED]
