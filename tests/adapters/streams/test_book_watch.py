"""When a book is asked for again, and when a connection is given up for one that does not come."""

from adapters.network.backoff import Backoff
from adapters.streams.book_watch import BookWatch
from adapters.streams.stream_book import NO_LEVELS
from core.ports.randomness import NoRandomness
from tests.adapters.streams.making import Asked, levels

S = 1_000_000_000
NAME = "BTC-USD"


class Watched:
    """One book under watch; times in seconds."""

    def __init__(self) -> None:
        self.asked_s: list[int] = []
        self.now_s = 0
        self.symbol = Asked()
        self.watch = BookWatch(
            lambda: Backoff(NoRandomness(), first_s=4, cap_s=32),
            lambda _: self.asked_s.append(self.now_s),
            quiet_after_s=30,
            answer_limit_s=10,
        )
        self.watch.connected([NAME], 0)

    def snapshot(self) -> None:
        self.symbol.load(levels((100, 1)), levels((101, 1)))

    def lost(self) -> None:
        self.symbol.book.forget("broken", 1)
        self.watch.lost(self.symbol.book, self.now_s * S)

    def look(self, at_s: int) -> str | None:
        self.now_s = at_s
        return self.watch.look([self.symbol.book], at_s * S)


def test_a_first_loss_is_asked_for_at_once_and_each_further_one_after_twice_the_time() -> None:
    watched = Watched()
    watched.snapshot()
    watched.look(1)
    watched.lost()
    for at_s in range(1, 46):
        if watched.asked_s[-1] == watched.now_s:  # each answer is as broken as the one before
            watched.snapshot()
            watched.lost()
        watched.look(at_s + 1)
    assert watched.asked_s == [1, 5, 13, 29, 45]


def test_a_book_that_lived_long_is_asked_for_at_once_again() -> None:
    watched = Watched()
    watched.snapshot()
    watched.look(1)
    watched.lost()
    watched.snapshot()
    for at_s in range(2, 70, 5):
        watched.symbol.change(NO_LEVELS, NO_LEVELS)
        assert watched.look(at_s) is None
    watched.lost()
    assert watched.asked_s == [1, watched.now_s]


def test_a_quiet_book_is_asked_for_and_its_answer_makes_it_well() -> None:
    watched = Watched()
    watched.snapshot()
    assert [watched.look(at_s) for at_s in (1, 31)] == [None, None]
    assert watched.asked_s == []
    assert watched.look(32) is None
    assert watched.asked_s == [32]
    watched.snapshot()
    assert [watched.look(at_s) for at_s in (40, 60)] == [None, None]
    assert watched.asked_s == [32]


def test_a_book_that_does_not_come_ends_the_connection() -> None:
    watched = Watched()
    assert watched.look(10) is None
    assert watched.look(11) == "BTC-USD: its book was asked for and did not come"
    watched.watch.connected([NAME], 11 * S)
    assert watched.look(21) is None
    watched.snapshot()
    assert watched.look(40) is None


def test_a_quiet_book_that_does_not_answer_ends_the_connection() -> None:
    watched = Watched()
    watched.snapshot()
    watched.look(1)
    watched.look(32)
    assert watched.look(42) is None
    assert watched.look(43) is not None


def test_changes_of_a_book_that_waits_for_its_snapshot_are_no_answer() -> None:
    watched = Watched()
    watched.snapshot()
    watched.look(1)
    watched.lost()
    watched.symbol.change(NO_LEVELS, NO_LEVELS)
    assert watched.look(11) is None
    watched.symbol.change(NO_LEVELS, NO_LEVELS)
    assert watched.look(12) is not None


def test_what_was_due_is_forgotten_with_its_connection() -> None:
    watched = Watched()
    for _ in range(2):
        watched.snapshot()
        watched.look(watched.now_s + 1)
        watched.lost()
    assert watched.asked_s == [1]  # the second waits
    watched.watch.connected([NAME], 2 * S)
    watched.snapshot()
    for at_s in range(3, 30):
        assert watched.look(at_s) is None
    assert watched.asked_s == [1]
