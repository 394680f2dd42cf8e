"""A key that sends something for a symbol does so for what the focused pane has under its cursor, and for no other."""

import pytest

from core.control.commands import AmendOrder, CancelOrders
from tests.console.driving import LARGE, MEDIUM, Desk, run_console
from tests.console.fake_link import FakeLink
from tui.panes.tables import OrdersPane, PositionsPane

CANCEL_KEYS = ("X", "B", "S")


def cancelled(link: FakeLink) -> list[str | None]:
    return [command.symbol for command in link.commands if isinstance(command, CancelOrders)]


@pytest.mark.parametrize("key", CANCEL_KEYS)
def test_a_net_row_of_several_venues_names_no_symbol_to_cancel(key: str) -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("positions")
        pane = desk.app.area.panes["positions"]
        assert isinstance(pane, PositionsPane)
        pane.select("net ETH")
        await desk.press(key)
        assert "no symbol is selected" in desk.bar("message")
        assert "choose a position" in desk.bar("message")

    link, _ = run_console(script, size=LARGE)
    assert link.commands == []


def test_a_position_under_the_cursor_names_its_symbol() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("positions")
        pane = desk.app.area.panes["positions"]
        assert isinstance(pane, PositionsPane)
        pane.select("ETH/USDT:USDT@sim-b")
        await desk.press("X")

    link, _ = run_console(script, size=LARGE)
    assert cancelled(link) == ["ETH/USDT:USDT"]


@pytest.mark.parametrize("pane", ["orders", "positions", "fills", "strategies", "venues", "jobs", "capital"])
def test_a_pane_of_rows_without_one_of_a_symbol_cancels_nothing_of_the_ladder_beside_it(pane: str) -> None:
    async def script(desk: Desk) -> None:
        await desk.focus(pane)
        await desk.press("escape", "X")
        assert "no symbol is selected" in desk.bar("message")

    link, _ = run_console(script, size=LARGE)
    assert link.commands == []


def test_an_order_that_left_takes_no_other_symbol_with_it() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("6")
        await desk.focus("orders")
        pane = desk.app.area.panes["orders"]
        assert isinstance(pane, OrdersPane)
        pane.select("o-3")
        desk.link.is_empty = True
        await desk.press("X")

    link, _ = run_console(script)
    assert link.commands == []


def test_a_ladder_in_focus_names_its_own_symbol() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("ladder-3")
        await desk.press("X")
        assert desk.app.area.ladders[2].instrument == "ETH/USDT:USDT@sim-a"

    link, _ = run_console(script, size=LARGE)
    assert cancelled(link) == ["ETH/USDT:USDT"]


def test_a_chart_names_the_selected_symbol_only_while_a_ladder_shows_it_beside() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("chart")
        await desk.press("X")
        assert cancelled(desk.link) == ["BTC/USDT:USDT"]
        await desk.press("z", "X")
        assert desk.app.area.zoomed == "chart"
        assert "no symbol is selected" in desk.bar("message")
        await desk.press("z")
        desk.app.selection.selected = "SOL/USDT@sim-b"  # as the watchlist selects; no ladder of this desk has it
        await desk.press("X")
        assert "no symbol is selected" in desk.bar("message")

    link, _ = run_console(script, size=MEDIUM)
    assert cancelled(link) == ["BTC/USDT:USDT"]


@pytest.mark.parametrize("pane", ["orders", "positions", "fills"])
def test_no_order_of_a_ladder_is_moved_from_a_pane_of_rows(pane: str) -> None:
    async def script(desk: Desk) -> None:
        ladder = desk.app.area.ladders[0]
        await desk.focus("ladder-1")
        await desk.press("down")
        book = ladder.book()
        assert book is not None
        ticks = book.own[0].price_ticks
        while (ladder.cursor_price_ticks() or 0) > ticks:
            await desk.press("down")
        await desk.focus(pane)
        await desk.press("escape", "shift+down")
        assert "no own limit order is selected" in desk.bar("message")
        await desk.focus("ladder-1")
        await desk.press("shift+down")

    link, _ = run_console(script, size=LARGE)
    assert [type(command) for command in link.commands] == [AmendOrder]  # from the ladder, once
