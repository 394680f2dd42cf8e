"""A ladder whose instrument gets another tick size keeps its cursor on its price, or drops it; never on another one."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from textual.widgets import Input

from core.state.desk import BookView, DeskSnapshot
from tests.console.driving import LARGE, Desk, run_console
from tests.console.fake_link import FakeLink
from tests.console.ladders import book
from tui.present.ladder_window import GROUPS, centred, moved_cursor, on_grid_of, regrouped, touch_is_visible

D = Decimal
ROWS = 20
TICKS = st.sampled_from([D("0.01"), D("0.02"), D("0.05"), D("0.1"), D("0.25"), D("0.5"), D(1), D("2.5")])


def at_tick(tick: Decimal) -> BookView:
    """Return a book about 500 at another tick size."""
    bid = int(D(500) / tick)
    return book(bid, bid + 1, tick_size=tick)


@given(TICKS, TICKS, st.sampled_from(GROUPS[:6]), st.lists(st.sampled_from([1, -1, 7, -7]), max_size=6))
def test_the_cursor_stays_on_its_price_and_its_row_or_is_dropped_with_the_touch_in_sight(
    old: Decimal, new: Decimal, group: int, steps: list[int]
) -> None:
    window = centred(at_tick(old), ROWS, group)
    assert window is not None
    for step in steps:
        window = moved_cursor(window, at_tick(old), step, ROWS)
    changed = on_grid_of(window, at_tick(new), ROWS)
    assert changed is not None
    if changed.cursor is None:
        assert window.cursor is None or old % new  # a finer grid that the old one is part of has every price
        assert changed.cursor_price() is None
        assert old == new or not old % new or touch_is_visible(changed, at_tick(new), ROWS)
    else:
        assert window.cursor is not None
        assert changed.cursor_price() == window.cursor_price()
        assert changed.row_of(changed.cursor) == window.row_of(window.cursor)
    assert on_grid_of(changed, at_tick(new), ROWS) == changed


def test_a_finer_grid_that_has_every_old_price_leaves_each_of_them_on_its_row() -> None:
    window = centred(at_tick(D("0.5")), ROWS, 1)
    assert window is not None
    changed = on_grid_of(window, at_tick(D("0.1")), ROWS)
    assert changed is not None
    assert (changed.top, changed.group) == (window.top, 5)


def test_a_grouping_between_two_others_goes_to_the_next_coarser_and_the_next_finer_one() -> None:
    coarse = centred(at_tick(D(1)), ROWS, 1)
    assert coarse is not None
    window = on_grid_of(coarse, at_tick(D("0.25")), ROWS)
    assert window is not None
    assert window.group == 4
    assert [regrouped(window, at_tick(D("0.25")), step, ROWS).group for step in (1, -1)] == [5, 2]


@dataclass
class RegriddedLink(FakeLink):
    """The engine takes another tick size over from its venues while the console runs: so many times as fine."""

    finer: Decimal | None = None

    def snapshot(self) -> DeskSnapshot:
        snapshot = super().snapshot()
        times = self.finer
        if times is not None:
            snapshot.instruments = [replace(each, tick_size=each.tick_size / times) for each in snapshot.instruments]
            snapshot.books = {name: self._regridded(each, times) for name, each in snapshot.books.items()}
        return snapshot

    def _regridded(self, view: BookView, times: Decimal) -> BookView:
        return replace(
            view, tick_size=view.tick_size / times, own=[], last_ticks=None,
            bid_ticks=[int(times * ticks) for ticks in view.bid_ticks],
            ask_ticks=[int(times * ticks) for ticks in view.ask_ticks],
        )  # fmt: skip


@pytest.mark.parametrize(("finer", "is_kept"), [(D(5), True), (D("0.0078125"), False)])
def test_a_ticket_opens_at_the_price_the_cursor_was_put_on_or_without_one(finer: Decimal, is_kept: bool) -> None:
    link = RegriddedLink()

    async def script(desk: Desk) -> None:
        ladder = desk.app.area.ladders[0]
        await desk.focus("ladder-1")
        await desk.press("up")
        price = ladder.cursor_price()
        assert price is not None
        link.finer = finer
        await desk.frame()
        assert ladder.cursor_price() == (price if is_kept else None)
        await desk.press("b")
        field = desk.app.screen.query_one("#price", Input)
        assert field.value == (f"{price:f}" if is_kept else "")

    run_console(script, link, size=LARGE)
