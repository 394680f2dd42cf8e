"""Single keys trade on an armed console with a ladder in focus, and nowhere else; the guards stand all the same."""

from decimal import Decimal
from typing import Any

import pytest
from textual.widgets import Input

from core.control.commands import CommandResult, Outcome, PlaceOrder
from core.state.desk import ArmingView, BookView
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_jobs import START_NS
from tests.console.fake_link import FakeLink

D = Decimal
BTC = "BTC/USDT:USDT@sim-a"
SIZE = D("0.001")


def armed(console: str = "this", **more: Any) -> FakeLink:
    lease = ArmingView(console=console, who="console:test", since_ns=START_NS, until_ns=START_NS + 582_000_000_000)
    return FakeLink(arming=lease, **more)


def sent(link: FakeLink) -> list[PlaceOrder]:
    return [command for command in link.commands if isinstance(command, PlaceOrder)]


def shown_book(desk: Desk) -> BookView:
    assert desk.app.view.snapshot is not None
    return desk.app.view.snapshot.books[BTC]


async def clear_of_own_orders(desk: Desk) -> None:
    """Begin without own orders: some of the scripted ones rest at the touch."""
    desk.link.is_empty = True
    await desk.frame()


@pytest.mark.parametrize(("key", "side"), [("b", "buy"), ("s", "sell")])
def test_b_and_s_join_the_touch_at_the_size_of_the_ladder(key: str, side: str) -> None:
    touches: list[Decimal] = []

    async def script(desk: Desk) -> None:
        await clear_of_own_orders(desk)
        await desk.press(key)
        book = shown_book(desk)
        touches.append((book.bid_ticks if side == "buy" else book.ask_ticks)[0] * book.tick_size)
        assert desk.app.dialogs.top is None

    link = armed()
    run_console(script, link)
    (order,) = sent(link)
    assert (order.symbol, order.side, order.quantity, order.order_type) == ("BTC/USDT:USDT", side, SIZE, "limit")
    assert (order.limit_price, order.time_in_force) == (touches[0], "gtc")


@pytest.mark.parametrize(("key", "side"), [("l", "buy"), ("g", "sell")])
def test_l_and_g_take_the_touch_within_the_band_and_never_rest(key: str, side: str) -> None:
    async def script(desk: Desk) -> None:
        await clear_of_own_orders(desk)
        await desk.press(key)
        book = shown_book(desk)
        touch = (book.ask_ticks if side == "buy" else book.bid_ticks)[0] * book.tick_size
        (order,) = sent(desk.link)
        assert order.limit_price is not None
        beyond = (order.limit_price - touch) * (1 if side == "buy" else -1)
        assert 0 <= beyond <= touch / 1000

    link = armed()
    run_console(script, link)
    (order,) = sent(link)
    assert (order.side, order.quantity, order.time_in_force) == (side, SIZE, "ioc")


def test_n_closes_the_position_of_the_ladders_instrument_reduce_only() -> None:
    async def script(desk: Desk) -> None:
        desk.app.area.ladders[0].show("ETH/USDT:USDT@sim-b")
        desk.app.hands.select_instrument("ETH/USDT:USDT@sim-b")
        desk.app.wants_changed()
        await desk.frame()
        await desk.frame()
        await desk.press("n")

    link = armed()
    run_console(script, link)
    (order,) = sent(link)
    assert (order.symbol, order.side, order.order_type, order.reduce_only) == ("ETH/USDT:USDT", "buy", "market", True)
    assert order.quantity == D("1.20")


@pytest.mark.parametrize("key", ["l", "g"])
def test_a_console_that_is_not_armed_takes_nothing_and_says_how_to_arm(key: str) -> None:
    async def script(desk: Desk) -> None:
        await desk.press(key)
        assert "not armed: a arms this console" in desk.bar("message")

    link, _ = run_console(script)
    assert link.commands == []


def test_not_armed_b_opens_the_ticket_and_n_one_that_reduces() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("b")
        assert "tick 0.5" in desk.dialog()
        await desk.press("escape", "n")
        assert "[x] reduce-only" in desk.dialog()
        assert "0.250" in [field.value for field in desk.app.screen.query(Input)]

    link, _ = run_console(script)
    assert link.commands == []


def test_another_console_that_is_armed_gives_this_one_no_keys() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("l")
        await desk.press("b")
        assert desk.app.dialogs.top is not None

    link = armed("other")
    run_console(script, link)
    assert sent(link) == []


def test_a_lease_that_is_seen_on_a_late_picture_arms_nothing() -> None:
    async def script(desk: Desk) -> None:
        desk.link.lost_reason = "the engine is silent"
        await desk.frame()
        await desk.press("l")

    link = armed()
    run_console(script, link)
    assert sent(link) == []


def test_without_a_ladder_in_focus_no_key_trades() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("positions")
        await desk.press("l", "g", "n")
        assert "focus a ladder" in desk.bar("message")

    link = armed()
    run_console(script, link)
    assert sent(link) == []


def test_a_held_key_sends_one_order() -> None:
    async def script(desk: Desk) -> None:
        await clear_of_own_orders(desk)
        for wait_s in (0.3, 0.5, *[0.03] * 20):  # a keyboard repeats after half a second, then fast
            desk.clock.advance(wait_s)
            await desk.pilot.press("b")
        await desk.redraw()
        assert "the same order was sent" in desk.dialog()

    link = armed()
    run_console(script, link)
    assert len(sent(link)) == 1


def test_a_second_order_is_sent_once_the_first_is_some_seconds_old() -> None:
    async def script(desk: Desk) -> None:
        await clear_of_own_orders(desk)
        await desk.press("b")
        desk.link.step += 60
        await desk.press("b")

    link = armed()
    run_console(script, link)
    assert len(sent(link)) == 2


def test_an_order_that_was_refused_may_be_sent_again_at_once() -> None:
    async def script(desk: Desk) -> None:
        await clear_of_own_orders(desk)
        desk.link.answer = CommandResult(outcome=Outcome.REFUSED, message="no room")
        await desk.press("b")
        desk.link.step += 10
        await desk.press("b")
        assert desk.app.dialogs.top is None

    link = armed()
    run_console(script, link)
    assert len(sent(link)) == 2


def test_above_five_thousand_dollars_the_amount_is_typed_all_the_same() -> None:
    async def script(desk: Desk) -> None:
        await clear_of_own_orders(desk)
        await desk.press(*["q"] * 7)  # 0.001 → 0.2
        await desk.press("b")
        assert "Type its value" in desk.dialog()
        await desk.press("enter")

    link = armed()
    run_console(script, link)
    assert sent(link) == []


def test_an_own_order_on_the_other_side_is_never_crossed() -> None:
    async def script(desk: Desk) -> None:
        await desk.frame()
        snapshot = desk.link.snapshot()
        own = next(each for each in snapshot.orders if f"{each.symbol}@{each.venue}" == BTC and each.side == "sell"
                   and each.status == "open" and each.limit_price is not None)  # fmt: skip
        book = snapshot.books[BTC]
        assert own.limit_price is not None
        while own.limit_price > book.ask_ticks[0] * book.tick_size:  # the market comes up to it
            desk.link.moved_ticks += 1
            book = desk.link.snapshot().books[BTC]
        await desk.frame(0.0)
        await desk.press("l")
        assert "is in the way: cancel it first" in desk.bar("message")

    link = armed()
    run_console(script, link)
    assert sent(link) == []


def test_a_book_that_must_not_be_read_trades_nothing() -> None:
    async def script(desk: Desk) -> None:
        desk.link.stale.add(BTC)
        await desk.frame()
        await desk.press("l", "b")
        assert "cannot be read" in desk.bar("message")

    link = armed()
    run_console(script, link)
    assert sent(link) == []


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_the_ladder_shows_the_size_and_whether_keys_trade(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        ladder = desk.app.area.ladders[0].id or ""
        assert "size 0.001" in desk.pane(ladder)
        assert "ARMED" not in desk.pane(ladder)
        await desk.press("q", "q", "q", "j")
        assert "size 0.005" in desk.pane(ladder)
        desk.link.arming = armed().arming
        await desk.frame()
        assert "ARMED size 0.005" in desk.pane(ladder)

    run_console(script, size=size)


def test_a_size_can_be_typed_and_one_that_the_venue_does_not_take_is_not() -> None:
    async def script(desk: Desk) -> None:
        ladder = desk.app.area.ladders[0].id or ""
        await desk.press("f")
        await desk.type("0.0155")
        await desk.press("enter")
        assert "not a multiple of the lot 0.001" in desk.dialog()
        await desk.press("backspace", "enter")
        assert "size 0.015" in desk.pane(ladder)

    run_console(script)
