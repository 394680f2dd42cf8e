"""An engine that nothing is heard of: what trades is kept back and said to be, what is safer is tried all the same."""

from decimal import Decimal

import pytest

from core.control.commands import (
    AmendOrder,
    AnyCommand,
    Arm,
    CancelOrders,
    Kill,
    Pause,
    PlaceOrder,
    Resume,
    SetRiskMode,
    StartStrategy,
)
from tests.console.driving import MEDIUM, SMALL, Desk, run_console
from tests.console.fake_link import FakeLink
from tui.console.sender import not_sent

SILENCE = "the engine has been silent for 8.7 s"


def order(*, reduce_only: bool = False) -> PlaceOrder:
    return PlaceOrder(venue="v", symbol="s", side="buy", quantity=Decimal(1), reduce_only=reduce_only)


@pytest.mark.parametrize("size", [SMALL, MEDIUM])
def test_an_order_is_not_sent_to_an_engine_that_is_silent_and_the_trader_is_told(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("b")
        await desk.type("0.01")
        await desk.press("tab")
        await desk.type("64000")
        await desk.press("enter")
        desk.link.lost_reason = SILENCE
        await desk.press("tab", "enter")
        assert "REFUSED not sent: the engine has been silent for 8.7 s" in desk.bar("message")

    link, _ = run_console(script, size=size)
    assert link.commands == []


@pytest.mark.parametrize(
    "command",
    [
        order(),
        AmendOrder(client_order_id="x", quantity=Decimal(2)),
        StartStrategy(name="s"),
        Resume(),
        SetRiskMode(mode="aggressive"),
        Arm(),
    ],
    ids=lambda command: type(command).__name__,
)
def test_what_trades_or_raises_risk_is_kept_from_a_lost_engine_alone(command: AnyCommand) -> None:
    assert not_sent(FakeLink(), command) is None
    kept = not_sent(FakeLink(lost_reason=SILENCE), command)
    assert kept is not None
    assert SILENCE in kept.message


@pytest.mark.parametrize(
    "command",
    [Kill(), Pause(), CancelOrders(), SetRiskMode(mode="conservative"), order(reduce_only=True)],
    ids=lambda command: type(command).__name__,
)
def test_what_makes_things_safer_is_sent_to_a_lost_engine_all_the_same(command: AnyCommand) -> None:
    assert not_sent(FakeLink(lost_reason=SILENCE), command) is None


def test_what_the_console_says_while_the_engine_is_silent_has_the_time_at_which_it_said_so() -> None:
    async def script(desk: Desk) -> None:
        await desk.frame()
        desk.link.is_silent = True
        await desk.frame(40)
        desk.app.say("info", "said 40 s later")
        before, now = desk.app.messages.lines[0].at_ns, desk.app.messages.lines[-1].at_ns
        assert now - before >= 40_000_000_000

    async def after_a_word(desk: Desk) -> None:
        desk.app.say("info", "first")
        await script(desk)

    run_console(after_a_word)


def test_no_word_is_typed_for_an_order_that_a_silent_engine_does_not_get() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("b")
        await desk.type("0.01")
        await desk.press("tab", *["backspace"] * 12)
        await desk.type("64000")
        desk.link.lost_reason = SILENCE
        await desk.press("enter")
        assert desk.app.dialogs.top is None
        assert "REFUSED not sent: the engine has been silent for 8.7 s" in desk.bar("message")

    link, _ = run_console(script)
    assert link.commands == []


@pytest.mark.parametrize("is_asked", [True, False])
def test_no_word_is_typed_for_a_move_that_a_silent_engine_does_not_get(*, is_asked: bool) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("6")
        await desk.focus("orders")
        if not is_asked:
            desk.link.lost_reason = SILENCE
        await desk.press("shift+up")
        if is_asked:
            await desk.type("16001")
            desk.link.lost_reason = SILENCE
            await desk.press("enter")
        assert desk.app.dialogs.top is None
        assert "REFUSED not sent: the engine has been silent for 8.7 s" in desk.bar("message")

    link, _ = run_console(script)
    assert link.commands == []


def test_a_ticket_says_that_the_link_is_lost_where_prices_stood() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("b")
        desk.link.lost_reason = SILENCE
        await desk.frame()
        assert "LINK LOST" in desk.dialog()
        assert "no order is sent" in desk.dialog()

    run_console(script, size=SMALL)
