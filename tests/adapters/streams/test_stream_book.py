"""A book that lives from snapshot to snapshot."""

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.streams.stream_book import NO_LEVELS
from core.book.book import BookState
from tests.adapters.streams.making import Asked, levels


def test_changes_before_the_snapshot_have_no_effect_and_ask_for_nothing() -> None:
    asked = Asked()
    asked.change(levels((100, 1)), NO_LEVELS)
    assert (asked.book.is_live, asked.book.updates, asked.names) == (False, 1, [])
    assert asked.book.book.state is not BookState.VALID


def test_a_snapshot_then_changes_make_the_book() -> None:
    asked = Asked()
    asked.load(levels((100, 1), (99, 2)), levels((101, 3)))
    asked.change(levels((100, 0), (98, 5)), levels((101, 4), (102, 6)), at_ns=7)
    assert asked.sides == ({99: 2, 98: 5}, {101: 4, 102: 6})
    assert (asked.book.is_live, asked.book.last_ns, asked.book.latency_ns, asked.book.resyncs) == (True, 7, 0, 0)


def test_whatever_breaks_it_makes_it_unreadable_and_asks_once() -> None:
    asked = Asked()
    asked.load(levels((100, 1)), levels((101, 1)))
    asked.book.gap("5 after 3", 2)
    asked.book.damage("and a wrong checksum", 3)
    assert (asked.book.book.state, asked.names) == (BookState.INVALID, ["BTC-USD"])
    assert (asked.book.gaps, asked.book.damaged) == (1, 1)
    asked.change(levels((100, 9)), NO_LEVELS)
    assert asked.book.book.state is BookState.INVALID
    asked.load(levels((90, 1)), levels((91, 1)))
    assert (asked.sides, asked.book.resyncs) == (({90: 1}, {91: 1}), 1)


def test_a_crossed_book_is_damage() -> None:
    asked = Asked()
    asked.load(levels((100, 1)), levels((101, 1)))
    asked.change(levels((105, 1)), NO_LEVELS)
    assert (asked.book.book.state, asked.names, asked.book.damaged) == (BookState.INVALID, ["BTC-USD"], 1)


def test_a_lost_connection_asks_for_nothing() -> None:
    asked = Asked()
    asked.load(levels((100, 1)), levels((101, 1)))
    asked.book.forget("gone", 2)
    assert (asked.book.is_live, asked.names, asked.book.book.reason) == (False, [], "gone")


def test_what_falls_behind_the_depth_is_dropped_however_much_it_is() -> None:
    """A ghost that stayed would come back with its old size when better levels go."""
    asked = Asked(depth=10)
    asked.load(levels(*((1000 - n, 1) for n in range(10))), levels((5001, 1)))
    asked.change(levels(*((3000 - n, 2) for n in range(300))), NO_LEVELS)
    assert sorted(asked.sides[0]) == list(range(2991, 3001))


SIDE = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 5)), max_size=25)


@settings(max_examples=60)
@given(changes=st.lists(SIDE, max_size=8), depth=st.integers(1, 12))
def test_the_depth_holds_what_a_plain_book_cut_at_each_message_holds(changes, depth: int) -> None:
    asked, plain = Asked(depth=depth), {}
    asked.load(levels((50, 1)), levels((100, 1)))
    plain[50] = 1
    for side in changes:
        once = dict(side)
        asked.change(levels(*once.items()), NO_LEVELS)
        plain |= once
        plain = {ticks: lots for ticks, lots in plain.items() if lots}
        plain = {ticks: plain[ticks] for ticks in sorted(plain, reverse=True)[:depth]}
        if asked.book.is_live:
            assert asked.sides[0] == plain
