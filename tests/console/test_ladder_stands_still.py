"""The ladder never moves under the finger: only the trader moves the row of a price, or a touch nobody attends."""

from hypothesis import given
from hypothesis import strategies as st

from tests.console.driving import SMALL, Desk, run_console
from tests.console.ladders import book
from tui.present.ladder_window import (
    GROUPS,
    LadderWindow,
    Recentring,
    centred,
    followed,
    in_sight,
    moved_cursor,
    regrouped,
    touch_is_visible,
)

ROWS = 20
MARKET = st.tuples(st.just("market"), st.integers(1, 2_000))
KEY = st.sampled_from([("cursor", 1), ("cursor", -1), ("cursor", 10), ("cursor", -10), ("group", 1), ("group", -1),
                       ("drop", 0), ("centre", 0)])  # fmt: skip


@given(st.lists(MARKET | KEY, max_size=30), st.sampled_from(Recentring), st.booleans())
def test_the_row_of_the_cursors_price_moves_by_the_traders_keys_alone(
    events: list[tuple[str, int]], recentring: Recentring, is_held: bool
):
    view = book(500, 502)
    window = centred(view, ROWS, 1)
    assert window is not None
    for what, amount in events:
        before = window
        if what == "market":
            view = book(amount, amount + 2)
            followed_window = followed(window, view, ROWS, recentring, is_held=is_held)
            assert followed_window is not None
            window = followed_window
            may_move = before.cursor is None and not is_held and recentring is not Recentring.NEVER
            assert window == before or (may_move and not touch_is_visible(before, view, ROWS, ROWS // 6))
        elif what == "cursor":
            window = moved_cursor(window, view, amount, ROWS)
        elif what == "group":
            window = regrouped(window, view, amount, ROWS)
            assert before.cursor is None or window.cursor is not None
            if before.cursor is not None and window.cursor is not None:
                assert window.row_of(window.cursor) == before.row_of(before.cursor)
        elif what == "drop":
            window = LadderWindow(window.top, window.group)
        else:
            window = centred(view, ROWS, window.group, window.cursor) or window


@given(st.integers(0, 19), st.integers(1, 40), st.integers(1, 40))
def test_a_ladder_that_loses_rows_keeps_its_cursor_in_sight(row: int, before: int, rows: int):
    window = LadderWindow(top=500, group=1, cursor=500 - row)
    shown = in_sight(window, before, rows)
    assert shown == window or rows <= row < before
    if row < before:
        assert 0 <= shown.row_of(500 - row) < rows


def test_grouping_goes_through_one_two_five_ten_and_keeps_the_row_of_the_cursor():
    assert GROUPS[:6] == (1, 2, 5, 10, 20, 50)

    async def script(desk: Desk) -> None:
        ladder = desk.app.area.ladders[0]
        await desk.press("down", "down")
        seen = [ladder.window]
        for _ in range(4):
            await desk.press(">")
            seen.append(ladder.window)
        groups = [window.group for window in seen if window is not None]
        assert groups == list(GROUPS[GROUPS.index(groups[0]) : GROUPS.index(groups[0]) + 5])
        rows = {window.row_of(window.cursor) for window in seen if window is not None and window.cursor is not None}
        assert len(rows) == 1

    run_console(script)


def moved_market(desk: Desk) -> None:
    """Move the touch of the first ladder out of its margin."""
    desk.link.moved_ticks = 200


def test_an_unattended_ladder_follows_a_touch_that_left():
    async def script(desk: Desk) -> None:
        before = desk.app.area.ladders[0].window
        moved_market(desk)
        await desk.frame()
        assert desk.app.area.ladders[0].window != before

    run_console(script, size=(80, 18))


def test_a_ladder_stands_still_while_a_ticket_is_open():
    async def script(desk: Desk) -> None:
        before = desk.app.area.ladders[0].window
        await desk.press("b")
        moved_market(desk)
        await desk.frame()
        assert desk.app.area.ladders[0].window == before
        await desk.press("escape")
        await desk.frame()
        assert desk.app.area.ladders[0].window != before

    run_console(script, size=(80, 18))


def test_a_ladder_stands_still_under_a_mouse_that_moves_and_goes_on_when_it_rests():
    async def script(desk: Desk) -> None:
        ladder = desk.app.area.ladders[0]
        before = ladder.window
        await desk.pilot.hover(ladder, offset=(5, 5))
        moved_market(desk)
        await desk.frame()
        assert ladder.window == before
        desk.link.step += 40
        await desk.frame()
        assert ladder.window != before

    run_console(script, size=(80, 18))


def test_zooming_out_keeps_the_cursor_in_sight():
    async def script(desk: Desk) -> None:
        await desk.press("z", *["pagedown"] * 4)
        await desk.press("z")
        ladder = desk.app.area.ladders[0]
        assert ladder.window is not None
        assert ladder.window.cursor is not None
        price = ladder.window.cursor_ticks()
        assert 0 <= ladder.window.row_of(ladder.window.cursor) < ladder.size.height - 4
        assert ladder.cursor_price_ticks() == price

    run_console(script, size=SMALL)
