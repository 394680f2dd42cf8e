import asyncio
from decimal import Decimal

import pytest
from textual import events
from textual.widgets import Input

from core.control.commands import (
    AmendOrder,
    AnyCommand,
    CancelOrder,
    CancelOrders,
    CommandResult,
    Halt,
    Kill,
    Outcome,
    Pause,
    PlaceOrder,
    Resume,
    SetRiskMode,
    StartStrategy,
    StopStrategy,
)
from core.state.monitoring import LeftPosition
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_link import FakeLink

SIZES = [SMALL, MEDIUM, LARGE]


@pytest.mark.parametrize("size", SIZES)
def test_safety_keys_send_their_commands_at_once_at_every_size(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("p", "m", "f8", "ctrl+k")

    link, _ = run_console(script, size=size)
    assert [type(command) for command in link.commands] == [Pause, SetRiskMode, CancelOrders, Kill]
    assert link.commands[1] == SetRiskMode(mode="conservative", only_safer=True, who="console:test")
    assert link.commands[3].who == "console:test"


def test_halt_works_in_a_text_field_and_with_dialogs_open() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("b")
        await desk.type("0.0")
        await desk.press("ctrl+k")
        assert "every venue has confirmed and reports no open order" in desk.dialog()
        await desk.press("F", "ctrl+k")

    link, _ = run_console(script)
    assert [type(command) for command in link.commands] == [Kill, Kill]


def test_pause_and_cancel_all_work_in_a_text_field() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("b", "f9", "f8")

    link, _ = run_console(script)
    assert [type(command) for command in link.commands] == [Pause, CancelOrders]


def test_halt_works_in_the_command_palette() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("ctrl+p", "ctrl+k")

    link, _ = run_console(script)
    assert [type(command) for command in link.commands] == [Kill]


@pytest.mark.parametrize("size", [(20, 5), (59, 40), (80, 15)])
def test_too_small_a_terminal_says_so_and_still_halts(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        text = " ".join(desk.bar("too-small").split())
        assert f"terminal too small: {size[0]}×{size[1]}, needs at least 60×16" in text  # noqa: RUF001 (the sign terminals' sizes are written with)
        assert "^k HALT works here" in text
        await desk.press("ctrl+k")

    link, _ = run_console(script, size=size)
    assert [type(command) for command in link.commands] == [Kill]


def test_a_growing_terminal_gets_its_desk_back() -> None:
    async def script(desk: Desk) -> None:
        await desk.pilot.resize_terminal(120, 40)
        await desk.pilot.pause()
        await desk.redraw()
        assert "Positions" in desk.pane("positions")
        assert desk.app.area.panes["positions"].size.width > 20

    run_console(script, size=(20, 5))


def is_red(desk: Desk) -> bool:
    top = desk.app.dialogs.top
    assert top is not None
    return top.has_class("danger")


def test_flattening_stays_red_until_it_is_verified_and_says_what_is_left() -> None:
    async def script(desk: Desk) -> None:
        stuck = LeftPosition(symbol="NVDA/USD", quantity=Decimal(3), reason="its market is closed")
        desk.link.left["sim-x"] = [stuck]
        await desk.press("ctrl+k")
        assert not is_red(desk)
        desk.link.halt_level = "flatten"
        await desk.frame()
        assert is_red(desk)
        assert "NVDA/USD 3 left: its market is closed" in desk.dialog()
        assert "not done: sim-x" in desk.dialog()
        assert desk.dialog().count("■ not flat") == 1  # in full: a cut verdict is no verdict
        desk.link.left.clear()
        await desk.frame()
        assert not is_red(desk)
        assert "FLAT, verified by every venue's own account" in desk.dialog()

    run_console(script)


def test_a_halt_whose_venues_are_slow_is_not_called_a_failed_one() -> None:
    answer = CommandResult(outcome=Outcome.FAILED, message="HALTED, sim-b has not answered", data={"is_halted": True})

    async def script(desk: Desk) -> None:
        await desk.press("ctrl+k")
        assert "engine: HALTED, sim-b has not answered" in desk.dialog()
        assert "run `seraphim kill`" not in desk.dialog()

    run_console(script, FakeLink(answer=answer))


def test_the_checklist_of_a_halt_counts_down_to_confirmed_by_all() -> None:
    link = FakeLink(answer=CommandResult(outcome=Outcome.DONE, message="halted, cancelling 3 orders"))

    async def script(desk: Desk) -> None:
        await desk.press("ctrl+k")
        assert "level NORMAL: not halted yet" in desk.dialog()
        assert is_red(desk)
        link.unconfirmed.add("sim-b")
        link.status, link.halt_level = "halted", "halted"
        await desk.frame()
        assert "✓ 12 ms" in desk.dialog()
        assert "not confirmed" in desk.dialog()
        assert "not done: sim-b" in desk.dialog()
        assert is_red(desk)
        link.unconfirmed.clear()
        await desk.frame()
        assert not is_red(desk)
        assert "every venue has confirmed and reports no open order" in desk.dialog()
        assert "level HALTED" in desk.dialog()

    run_console(script, link)


def test_the_checklist_never_calls_old_numbers_done() -> None:
    async def script(desk: Desk) -> None:
        desk.link.status = "halted"
        await desk.frame()
        await desk.press("ctrl+k")
        desk.link.is_silent = True
        desk.clock.advance(3)
        await desk.redraw()
        assert "NOT VERIFIED" in desk.dialog()
        assert "no open order" not in desk.dialog()

    run_console(script)


def test_a_failed_halt_names_the_other_way_to_halt() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("ctrl+k")
        assert "FAILED: socket is gone; run `seraphim kill`" in desk.dialog()

    run_console(script, FakeLink(answer=CommandResult(outcome=Outcome.FAILED, message="socket is gone")))


def test_flatten_needs_its_word() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("ctrl+k", "F")
        await desk.type("flat")
        await desk.press("enter")
        assert "expected 'flatten'" in desk.dialog()
        await desk.type("ten")
        await desk.press("enter")

    link, _ = run_console(script)
    assert [getattr(command, "flatten", None) for command in link.commands] == [False, True]


def test_resume_after_a_pause_asks_and_cancel_has_the_focus() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("p", "p", "enter")
        assert len(desk.link.commands) == 1
        await desk.press("p", "down", "enter")

    link, _ = run_console(script)
    assert [type(command) for command in link.commands] == [Pause, Resume]


def test_resume_after_a_halt_takes_the_word_and_a_reason() -> None:
    async def script(desk: Desk) -> None:
        desk.link.status = "halted"
        await desk.frame()
        await desk.press("p")
        await desk.type("resume")
        await desk.press("enter", "enter")
        assert desk.link.commands == []
        await desk.type("checked")
        await desk.press("enter")

    link, _ = run_console(script)
    assert link.commands == [Resume(word="resume", reason="checked", who="console:test", as_of_ns=link.engine_ns)]


def test_pause_key_pauses_when_the_snapshot_is_too_old_to_say_paused() -> None:
    async def script(desk: Desk) -> None:
        desk.link.status = "paused"
        await desk.frame()
        desk.link.is_silent = True
        desk.clock.advance(5)
        await desk.redraw()
        await desk.press("p")

    link, _ = run_console(script)
    assert [type(command) for command in link.commands] == [Pause]


def test_a_riskier_mode_costs_its_name_typed_and_a_held_enter_does_not_confirm() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("M")
        desk.app.repeat.heard("enter")
        for _ in range(10):
            desk.clock.advance(0.03)
            await desk.pilot.press("enter")
        await desk.press("down", "enter")
        await desk.type("balanced")
        await desk.press("enter")
        assert desk.link.commands == []
        await desk.press("escape", "M")
        await desk.type("aggressive")
        await desk.press("enter")

    link, _ = run_console(script)
    assert link.commands == [SetRiskMode(mode="aggressive", who="console:test")]


def test_a_ticket_from_a_ladder_row_sends_a_limit_order_after_its_review() -> None:
    async def script(desk: Desk) -> None:
        ladder = desk.app.area.ladders[0]
        await desk.press("down", "down", "enter")
        await desk.type("0.02")
        assert "value 1,28" in desk.dialog()
        assert "max position per trade: 2,000 left, 7" in desk.dialog()
        await desk.press("enter")
        assert desk.link.commands == []
        await desk.press("tab", "enter")
        desk.names.append(str(ladder.cursor_price_ticks()))

    link, _ = run_console(script)
    (order,) = link.commands
    assert isinstance(order, PlaceOrder)
    assert (order.venue, order.symbol, order.side, order.order_type) == ("sim-a", "BTC/USDT:USDT", "buy", "limit")
    assert order.quantity == Decimal("0.02")
    assert order.limit_price is not None
    assert order.limit_price % Decimal("0.5") == 0


def test_f5_opens_the_fields_of_a_bracket_and_the_order_carries_them() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("down", "down", "enter")
        await desk.type("0.02")
        assert "f5 stop, take profit, stop loss" in desk.dialog()
        await desk.press("f5", "tab")
        await desk.type("65000")
        await desk.press("tab")
        await desk.type("63000")
        await desk.press("f6")
        assert "in a bracket" in desk.dialog()
        await desk.press("enter")
        review = " ".join(desk.dialog().split())
        assert "take profit 65,000, stop loss 63,000" in review
        await desk.press("tab", "enter")

    link, _ = run_console(script)
    (order,) = link.commands
    assert isinstance(order, PlaceOrder)
    assert (order.order_type, order.take_profit, order.stop_loss) == ("limit", Decimal(65000), Decimal(63000))
    assert (order.trigger, order.stop_price) == ("mark", None)


def test_f5_again_closes_and_empties_the_fields_of_what_is_held() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("down", "down", "enter")
        await desk.type("0.02")
        await desk.press("f5")
        await desk.type("65000")
        assert "stop-limit" in desk.dialog()
        await desk.press("f5", "enter")
        assert "stop" not in desk.dialog()
        await desk.press("tab", "enter")

    link, _ = run_console(script)
    (order,) = link.commands
    assert isinstance(order, PlaceOrder)
    assert (order.order_type, order.stop_price) == ("limit", None)


def test_a_ticket_refuses_what_the_grid_does_not_have() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("s")
        await desk.type("0.0005")
        await desk.press("enter")
        assert "not a multiple of the lot 0.001" in desk.dialog()

    link, _ = run_console(script)
    assert link.commands == []


def test_a_large_order_needs_its_amount_typed() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("b")
        await desk.type("0.1")
        await desk.press("tab")
        await desk.type("64000")
        await desk.press("enter")
        assert "type 6400 and press enter" in desk.dialog()
        await desk.press("enter")
        assert desk.link.commands == []
        await desk.type("6400")
        await desk.press("enter")

    link, _ = run_console(script)
    assert [type(command) for command in link.commands] == [PlaceOrder]


def test_x_cancels_the_selected_order_and_capital_x_all_on_its_symbol() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("orders")
        await desk.press("down", "x", "X")

    link, _ = run_console(script)
    assert link.commands == [
        CancelOrder(client_order_id="o-2", who="console:test"),
        CancelOrders(symbol="BTC/USDT:USDT", who="console:test"),
    ]


def test_one_side_of_a_symbol_is_cancelled_with_one_key() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("B", "S")

    link, _ = run_console(script)
    assert link.commands == [
        CancelOrders(symbol="BTC/USDT:USDT", side="buy", who="console:test"),
        CancelOrders(symbol="BTC/USDT:USDT", side="sell", who="console:test"),
    ]


def test_reduce_only_is_one_key() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("r")

    link, _ = run_console(script)
    (command,) = link.commands
    assert isinstance(command, Halt)
    assert (command.scope, command.level) == ("global", "reduce_only")


def test_shift_and_an_arrow_moves_an_order_away_from_the_market_at_once_and_asks_before_it_comes_nearer() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("orders")
        await desk.press("shift+down")  # the buy at 64,004.0 gives way
        await desk.press("shift+up", "escape")
        await desk.press("shift+up", *"16001", "enter")  # its value, for it is a large one
        await desk.press("down", "shift+up")  # the sell at 64,018.5 gives way
        await desk.press("down", "shift+up", "enter")  # Cancel has the focus
        await desk.press("shift+up", "down", "enter")

    link, _ = run_console(script)
    assert link.commands == [
        AmendOrder(client_order_id="o-1", limit_price=Decimal("64003.5"), who="console:test"),
        AmendOrder(client_order_id="o-1", limit_price=Decimal("64004.5"), who="console:test"),
        AmendOrder(client_order_id="o-2", limit_price=Decimal("64019.0"), who="console:test"),
        AmendOrder(client_order_id="o-3", limit_price=Decimal("3110.05"), who="console:test"),
    ]


def test_only_orders_that_rest_are_moved() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("orders")
        await desk.press("down", "down", "down", "down", "shift+up")
        assert "cannot be moved" in desk.bar("message")

    link, _ = run_console(script)
    assert link.commands == []


def test_strategies_start_after_asking_and_stop_at_once() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3")
        await desk.focus("strategies")
        await desk.press("minus", "down", "plus", "down", "enter")

    link, _ = run_console(script)
    assert link.commands == [
        StopStrategy(name="ma_cross", who="console:test"),
        StartStrategy(name="bollinger_rsi", who="console:test"),
    ]


def test_a_refusal_is_shown_in_the_message_line_and_kept_in_the_log() -> None:
    refused = CommandResult(outcome=Outcome.REFUSED, message="order value: 3,200 USD, allowed 2,000")

    async def script(desk: Desk) -> None:
        await desk.press("f8")
        assert "REFUSED order value: 3,200 USD, allowed 2,000" in desk.bar("message")
        assert "REFUSED order value" in desk.pane("log")

    run_console(script, FakeLink(answer=refused))


def test_an_unanswered_command_is_shown_as_waiting_until_its_answer_comes() -> None:
    class Slow(FakeLink):
        async def execute(self, command: AnyCommand) -> CommandResult:
            await released.wait()
            return await super().execute(command)

    async def script(desk: Desk) -> None:
        await desk.press("f8")
        assert "cancel all orders: waiting for the engine's answer" in desk.bar("message")
        released.set()
        await desk.frame()
        assert "cancel all orders: done" in desk.bar("message")

    released = asyncio.Event()
    run_console(script, Slow())


def test_keys_typed_before_the_ticket_is_there_are_not_lost_or_misplaced() -> None:
    async def script(desk: Desk) -> None:
        keys = [("b", "b"), *((key, key) for key in "12"), ("full_stop", "."), ("5", "5"), ("tab", None)]
        for key, character in [*keys, *((digit, digit) for digit in "61234")]:
            desk.app.post_message(events.Key(key, character))
        for _ in range(5):
            await desk.redraw()
        fields = {field.id: field.value for field in desk.app.screen.query(Input) if field.value}
        assert fields == {"quantity": "12.5", "price": "61234"}
        assert desk.app.area.desk == 1

    run_console(script)


@pytest.mark.parametrize("next_field", ["tab", "down"])
def test_keys_that_come_in_a_burst_reach_the_fields_of_what_is_held(next_field: str) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("b")
        typed = ["1", "f5", next_field, *"65000", next_field, *"63000", "shift+tab", *"9"]
        for key in typed:
            desk.app.post_message(events.Key(key, key if len(key) == 1 else None))
        for _ in range(5):
            await desk.redraw()
        fields = {field.id: field.value for field in desk.app.screen.query(Input) if field.value}
        assert fields == {"quantity": "1", "profit": "9", "loss": "63000"}  # a field that is come back to is typed anew

    run_console(script)


def test_a_click_beside_a_dialog_does_not_take_its_focus() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("ctrl+q")
        await desk.pilot.click(offset=(3, 30))
        await desk.press("escape")
        assert desk.app.dialogs.top is None

    run_console(script)


def test_a_link_that_raises_is_reported_and_the_console_lives() -> None:
    class Broken(FakeLink):
        async def execute(self, command: object) -> CommandResult:
            raise ConnectionResetError("daemon died")

    async def script(desk: Desk) -> None:
        await desk.press("f8")
        assert "FAILED ConnectionResetError: daemon died (cancel all" in desk.bar("message")
        await desk.press("ctrl+k")
        assert "FAILED: ConnectionResetError" in desk.dialog()

    run_console(script, Broken())


def test_why_a_venue_did_not_confirm_the_halt_is_read_to_its_end_on_a_small_terminal() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("ctrl+k")
        await desk.frame()
        assert "free space on it and start again" in " ".join(desk.dialog().split())

    message = (
        "HALTED, but not everything was confirmed: sim-a in_doubt: the disk is full; free space on it and start again"
    )
    run_console(script, FakeLink(answer=CommandResult(outcome=Outcome.FAILED, message=message)), size=(80, 24))
