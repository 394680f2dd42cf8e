"""The mouse on a ladder: what a click, a wheel and the right button do, and what a dialog keeps from it."""

from textual import events
from textual.widgets import Input

from core.control.commands import CancelOrder
from tests.console.driving import Desk, run_console
from tui.panes.ladder import LadderPane, Wish
from tui.panes.tables import OrdersPane


def ladder_of(desk: Desk) -> LadderPane:
    return desk.app.area.ladders[0]


def own_row(desk: Desk, side: str) -> int:
    """Return the line of the pane in which an own order stands."""
    ladder = ladder_of(desk)
    book, window = ladder.book(), ladder.window
    assert book is not None
    assert window is not None
    own = next(own for own in book.own if own.side == side)
    price = own.price_ticks // window.group if side == "buy" else -(-own.price_ticks // window.group)
    return 2 + window.row_of(price)


async def click(desk: Desk, x: int, y: int, button: int = 1) -> None:
    await point(desk, events.MouseDown, x, y, button)
    await point(desk, events.MouseUp, x, y, button)


async def point(
    desk: Desk, kind: type[events.MouseEvent], x: int = 17, y: int = 5, button: int = 0, *, shift: bool = False
) -> None:
    """Send what a terminal sends; the pilot's own clicks do not go through the app."""
    origin = ladder_of(desk).region
    x, y = origin.x + x, origin.y + y
    desk.app.post_message(kind(None, x, y, 0, 0, button, shift, False, False, x, y))
    await desk.pilot.pause()
    await desk.redraw()


def test_a_click_sets_the_cursor_and_a_second_one_on_the_row_opens_the_ticket_there():
    async def script(desk: Desk) -> None:
        ladder = ladder_of(desk)
        assert ladder.window is not None
        top, group = ladder.window.top, ladder.window.group
        await click(desk, 17, 2 + 3)
        assert ladder.cursor_price_ticks() == (top - 3) * group
        assert desk.app.dialogs.top is None
        await click(desk, 17, 2 + 3)
        book = ladder.book()
        assert book is not None
        assert f"{(top - 3) * group * book.tick_size:f}" in [field.value for field in desk.app.screen.query(Input)]

    link, _ = run_console(script)
    assert link.commands == []


def test_a_click_on_another_row_moves_the_cursor_and_opens_nothing():
    async def script(desk: Desk) -> None:
        await click(desk, 17, 5)
        await click(desk, 17, 6)
        assert desk.app.dialogs.top is None

    run_console(script)


def test_a_click_on_the_header_or_below_the_prices_does_nothing():
    async def script(desk: Desk) -> None:
        ladder = ladder_of(desk)
        for y in (0, 1, ladder.size.height - 2, ladder.size.height - 1):
            await click(desk, 17, y)
        assert ladder.cursor_price_ticks() is None

    run_console(script)


def test_the_wheel_moves_the_cursor_as_the_arrows_do_and_with_shift_it_groups():
    async def script(desk: Desk) -> None:
        ladder = ladder_of(desk)
        await desk.press("down")
        by_key = ladder.window
        assert by_key is not None
        assert by_key.cursor is not None
        await point(desk, events.MouseScrollDown)
        assert ladder.cursor_price_ticks() == (by_key.cursor - 1) * by_key.group
        await point(desk, events.MouseScrollUp)
        assert ladder.window == by_key
        await point(desk, events.MouseScrollDown, shift=True)
        assert ladder.window is not None
        assert ladder.window.group > by_key.group

    run_console(script)


def test_a_click_on_an_own_order_selects_it_and_opens_no_ticket():
    async def script(desk: Desk) -> None:
        await zoomed(desk)
        row = own_row(desk, "buy")
        column = ladder_of(desk).size.width // 2 + 10
        await click(desk, column, row)
        await click(desk, column, row)
        assert desk.app.dialogs.top is None
        orders = desk.app.area.panes["orders"]
        assert isinstance(orders, OrdersPane)
        assert orders.selected == "o-1"
        assert "o-1: BUY 0.250 @ 64,004.0, ahead of it 0.6" in desk.bar("message")

    run_console(script)


def test_a_second_click_on_the_price_of_an_own_order_opens_the_ticket():
    async def script(desk: Desk) -> None:
        await zoomed(desk)
        row, middle = own_row(desk, "buy"), ladder_of(desk).size.width // 2 - 4
        await click(desk, middle, row)
        await click(desk, middle, row)
        assert desk.app.dialogs.top is not None

    run_console(script)


def test_the_right_button_cancels_the_own_orders_of_its_row_at_once():
    async def script(desk: Desk) -> None:
        await zoomed(desk)
        await click(desk, 17, own_row(desk, "sell"), button=3)
        assert desk.app.dialogs.top is None

    link, _ = run_console(script)
    assert link.commands == [CancelOrder(who="console:test", client_order_id="o-2")]


def test_the_right_button_without_an_own_order_says_so():
    async def script(desk: Desk) -> None:
        await click(desk, 17, 3, button=3)
        assert "no own order at this price" in desk.bar("message")

    link, _ = run_console(script)
    assert link.commands == []


def test_no_mouse_reaches_the_ladder_while_a_dialog_is_open():
    async def script(desk: Desk) -> None:
        await zoomed(desk)
        ladder = ladder_of(desk)
        row = own_row(desk, "sell")
        await desk.press("b")
        before, top = ladder.window, desk.app.dialogs.top
        await click(desk, 3, row)
        await click(desk, 3, row, button=3)
        await point(desk, events.MouseScrollDown)
        await point(desk, events.MouseScrollDown, shift=True)
        assert ladder.window == before
        assert desk.app.dialogs.top is top
        await desk.type("1")  # the ticket still has the keys
        assert "1" in "".join(field.value for field in desk.app.screen.query(Input))

    link, _ = run_console(script)
    assert link.commands == []


def test_a_press_that_waited_until_a_dialog_was_open_does_nothing():
    async def script(desk: Desk) -> None:
        ladder = ladder_of(desk)
        await desk.press("b")
        top = desk.app.dialogs.top
        for wish in Wish:
            desk.app.on_ladder_pane_touched(LadderPane.Touched(ladder, wish, 128_000, ["o-1"]))
        assert desk.app.dialogs.top is top

    link, _ = run_console(script)
    assert link.commands == []


def test_a_key_leaves_the_mouse_to_the_terminal_and_takes_it_back():
    async def script(desk: Desk) -> None:
        assert desk.app.has_mouse
        await desk.press("u")
        assert not desk.app.has_mouse
        assert "the mouse is the terminal's" in desk.bar("message")
        await desk.press("u")
        assert desk.app.has_mouse

    run_console(script)


def test_the_columns_keys_change_every_ladder():
    async def script(desk: Desk) -> None:
        await zoomed(desk)
        assert desk.pane("ladder-1").count("Σ") >= 2
        assert "PnL" in desk.pane("ladder-1")
        await desk.press("d", "i")
        assert "Σ" not in desk.pane("ladder-1").splitlines()[1]
        assert "PnL" not in desk.pane("ladder-1").splitlines()[1]
        await desk.press("d")
        assert "Σbids" in desk.pane("ladder-1")
        assert len({ladder.columns for ladder in desk.app.area.ladders}) == 1

    run_console(script)


def test_the_privacy_mask_hides_profit_position_and_queue_on_the_ladder():
    async def script(desk: Desk) -> None:
        await zoomed(desk)
        assert "63,990.33" in desk.pane("ladder-1")
        await desk.press("ctrl+y")
        text = desk.pane("ladder-1")
        assert "63,990.33" not in text
        assert "◂ •.•••" in text
        assert "+•.••" in text

    run_console(script)


async def zoomed(desk: Desk) -> None:
    """Give the first ladder the screen, with both own orders in sight."""
    desk.app.area.ladders[0].focus()
    await desk.press("z", "c")
