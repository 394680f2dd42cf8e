from decimal import Decimal

import msgspec
import pytest

from core.control.commands import CancelOrders, CommandResult, Outcome
from tests.console.driving import Desk, run_console
from tests.console.fake_link import FakeLink
from tui.console.exit_choice import ExitChoice


def test_detach_leaves_at_once() -> None:
    async def script(desk: Desk) -> None:
        await desk.pilot.press("ctrl+d")

    link, left = run_console(script)
    assert left is ExitChoice.DETACH
    assert link.commands == []


@pytest.mark.parametrize(
    ("downs", "choice", "commands"),
    [
        (0, None, []),
        (1, ExitChoice.QUIT_LEAVE_ENGINE, []),
        (2, ExitChoice.QUIT_CANCEL_AND_STOP, [CancelOrders]),
        (3, ExitChoice.QUIT_STOP_ENGINE, []),
    ],
)
def test_quitting_a_hosted_engine_asks_what_becomes_of_it(
    downs: int, choice: ExitChoice | None, commands: list[type]
) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("ctrl+q")
        assert "open orders" in desk.dialog()
        await desk.press(*["down"] * downs)
        desk.clock.advance(1)
        await desk.pilot.press("enter")
        await desk.pilot.pause()

    link, left = run_console(script)
    assert left is choice
    assert [type(command) for command in link.commands] == commands


def test_quitting_stays_when_the_orders_could_not_be_cancelled() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("ctrl+q", "down", "down", "enter")
        assert "not stopped: the orders could not be cancelled" in desk.bar("message")

    _, left = run_console(script, FakeLink(answer=CommandResult(outcome=Outcome.FAILED, message="venue is down")))
    assert left is None


def test_quitting_an_attached_console_leaves_the_engine_alone() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("ctrl+q", "down")
        desk.clock.advance(1)
        await desk.pilot.press("enter")

    link, left = run_console(script, FakeLink(is_hosted=False))
    assert left is ExitChoice.DETACH
    assert link.commands == []


def test_a_closed_position_is_not_counted_as_open_when_quitting() -> None:
    async def script(desk: Desk) -> None:
        snapshot = desk.app.view.snapshot
        assert snapshot is not None
        held = snapshot.positions[0]
        snapshot.positions.append(msgspec.structs.replace(held, quantity=Decimal(0)))
        count = sum(1 for position in snapshot.positions if position.quantity)
        await desk.pilot.press("ctrl+q")
        await desk.pilot.pause()
        assert f"{count} open positions" in desk.dialog()

    run_console(script, size=(80, 24))
