"""How old what is shown is: fresh is plain, late is dim, stale is struck through."""

from collections.abc import Iterator
from enum import IntEnum

from core.state.desk import DeskSnapshot
from tui.present.ink import Decor, Ink

LATE_AFTER_S = 1.0
STALE_AFTER_S = 5.0


class Freshness(IntEnum):
    FRESH = 0
    LATE = 1
    STALE = 2

    @property
    def decor(self) -> Decor:
        return _DECOR[self]

    @property
    def ink(self) -> Ink:
        return _INK[self]


_DECOR = {Freshness.FRESH: Decor.NONE, Freshness.LATE: Decor.DIM, Freshness.STALE: Decor.DIM | Decor.STRUCK}
_INK = {Freshness.FRESH: Ink.QUIET, Freshness.LATE: Ink.WARNING, Freshness.STALE: Ink.ALARM}


def freshness(age_s: float | None) -> Freshness:
    """Judge an age; without one there is no data, which is stale, and so is one that is no number."""
    if age_s is None or not age_s <= STALE_AFTER_S:
        return Freshness.STALE
    return Freshness.LATE if age_s > LATE_AFTER_S else Freshness.FRESH


def book_freshness(validity: str, age_s: float | None, snapshot_age_s: float) -> Freshness:
    """Judge a book: what the engine does not call valid (or closed) is stale whatever its age."""
    if validity == "closed":
        return freshness(snapshot_age_s)
    if validity != "valid":
        return Freshness.STALE
    return freshness(None if age_s is None else age_s + snapshot_age_s)


Thing = tuple[str, ...]  # a kind, and the names of one


def stale_things(snapshot: DeskSnapshot | None, snapshot_age_s: float | None) -> frozenset[Thing]:
    """Return what is stale by now of all that a picture is drawn from: what joins these must be seen at once."""
    if snapshot is None:
        return frozenset()
    return frozenset(_stale(snapshot, snapshot_age_s))


def _stale(snapshot: DeskSnapshot, snapshot_age_s: float | None) -> Iterator[Thing]:
    if freshness(snapshot_age_s) is Freshness.STALE:
        yield ("snapshot",)
    old_s = snapshot_age_s or 0.0
    for name, book in snapshot.books.items():
        if book_freshness(book.validity, book.age_s, old_s) is Freshness.STALE:
            yield ("book", name)
    for venue, markets in snapshot.monitoring.market.items():
        for symbol, market in markets.items():
            if book_freshness(market.validity, market.age_s, old_s) is Freshness.STALE:
                yield ("market", venue, symbol)
    for position in snapshot.positions:
        if freshness(_sum(position.mark_age_s, old_s)) is Freshness.STALE:
            yield ("position", position.venue, position.symbol)
    for strategy in snapshot.monitoring.strategies:
        profit = strategy.profit
        if profit and profit.open_positions and freshness(_sum(profit.mark_age_s, old_s)) is Freshness.STALE:
            yield ("strategy", strategy.name)
    for name, state in snapshot.monitoring.venues.items():
        if state.feed_state != "closed" and freshness(_sum(state.feed_age_s, old_s)) is Freshness.STALE:
            yield ("venue", name)


def _sum(age_s: float | None, old_s: float) -> float | None:
    return None if age_s is None else age_s + old_s
