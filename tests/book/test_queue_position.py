"""Where an order stands in its queue: an estimate that may be late, and never promises too much."""

from hypothesis import given
from hypothesis import strategies as st

from core.book.queue_position import QueuePosition

LOTS = st.integers(0, 10_000)
WHAT = ["traded", "seen", "seen_again", "filled", "shrinks", "loses_behind"]
EVENTS = st.lists(st.tuples(st.sampled_from(WHAT), LOTS), max_size=40)


@given(LOTS, st.integers(1, 10_000), st.none() | LOTS, EVENTS)
def test_what_is_ahead_never_grows_and_is_never_more_than_the_level(
    level: int, own: int, before: int | None, events: list[tuple[str, int]]
) -> None:
    queue = QueuePosition.joined(level, own, before)
    ahead = queue.ahead_lots
    assert 0 <= ahead <= level
    for what, lots in events:
        getattr(queue, what)(lots)
        assert 0 <= queue.ahead_lots <= min(ahead, queue.level_lots)
        assert queue.ahead_lots + queue.own_lots + queue.behind_lots == queue.level_lots
        ahead = queue.ahead_lots


def test_an_order_joins_behind_what_rests_and_does_not_count_itself() -> None:
    assert QueuePosition.joined(850, 250, 600).ahead_lots == 600
    assert QueuePosition.joined(250, 250, 0).ahead_lots == 0


def test_an_order_that_the_level_does_not_show_yet_has_the_whole_level_ahead() -> None:
    queue = QueuePosition.joined(600, 250, 600)
    assert queue.ahead_lots == 600
    queue.seen(850)  # now it does
    assert (queue.ahead_lots, queue.own_lots, queue.behind_lots) == (600, 250, 0)


def test_without_a_look_before_only_a_level_of_its_own_size_is_taken_for_the_order_itself() -> None:
    assert QueuePosition.joined(250, 250, None).ahead_lots == 0
    assert QueuePosition.joined(300, 250, None).ahead_lots == 300


def test_trades_take_from_the_front_and_their_decrease_is_not_counted_twice() -> None:
    queue = QueuePosition.joined(850, 250, 600)
    queue.seen(1_450)
    queue.traded(200)
    queue.seen(1_250)
    assert queue.ahead_lots == 400


def test_cancels_are_shared_between_ahead_and_behind_in_proportion() -> None:
    queue = QueuePosition.joined(850, 250, 600)
    queue.seen(1_150)  # 300 joined behind
    queue.seen(850)  # 300 of 900 were cancelled: 200 ahead, 100 behind
    assert (queue.ahead_lots, queue.behind_lots) == (400, 200)


@given(st.integers(1, 10_000), st.integers(1, 1_000), LOTS, st.integers(0, 10_000))
def test_a_cancel_takes_no_more_from_the_front_than_its_share(ahead: int, own: int, behind: int, gone: int) -> None:
    queue = QueuePosition.joined(ahead + own, own, ahead)
    queue.seen(ahead + own + behind)
    gone = min(gone, ahead + behind)
    queue.seen(ahead + own + behind - gone)
    assert ahead - gone * ahead // (ahead + behind) == queue.ahead_lots


@given(st.integers(1, 10_000), st.integers(2, 1_000), st.integers(1, 1_000), st.lists(st.integers(0, 500)), st.data())
def test_what_own_orders_take_from_a_level_moves_no_order_forward(
    ahead: int, own: int, behind: int, joining: list[int], data: st.DataObject
) -> None:
    queue = QueuePosition.joined(ahead + own, own, ahead)
    level = ahead + own + behind
    queue.seen(level)
    less = data.draw(st.integers(0, own - 1))
    queue.shrinks(less)
    queue.loses_behind(behind)
    leaving = less + behind
    for joined in joining:  # the book shows others, and pieces of what was asked to go, in any order
        level += joined
        queue.seen(level)
        gone = data.draw(st.integers(0, leaving))
        level, leaving = level - gone, leaving - gone
        queue.seen(level)
    queue.seen(level - leaving)
    assert queue.ahead_lots == ahead
    assert queue.own_lots == own - less


def test_what_others_cancel_beyond_what_own_orders_take_is_shared_as_ever() -> None:
    queue = QueuePosition.joined(850, 250, 600)
    queue.seen(1_150)  # 300 joined behind
    queue.shrinks(200)
    queue.seen(650)  # 200 own ones left, and 300 of 900 were cancelled
    assert (queue.ahead_lots, queue.own_lots, queue.behind_lots) == (400, 50, 200)


def test_a_level_that_went_unseen_while_the_order_shrank_moves_it_by_what_others_took_alone() -> None:
    queue = QueuePosition.joined(850, 250, 600)
    queue.shrinks(200)
    queue.seen_again(650)
    assert queue.ahead_lots == 600


def test_an_own_execution_leaves_nothing_ahead() -> None:
    queue = QueuePosition.joined(850, 250, 600)
    queue.filled(50)
    assert queue.ahead_lots == 0


def test_after_a_gap_only_a_smaller_level_says_anything() -> None:
    queue = QueuePosition.joined(850, 250, 600)
    queue.seen_again(900)
    assert queue.ahead_lots == 600
    queue.seen_again(500)
    assert queue.ahead_lots == 250
