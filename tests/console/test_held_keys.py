"""A key that is held down does what it does once or twice; the kill key is sent however fast it comes."""

import pytest

from core.control.commands import AnyCommand, CancelOrder, CancelOrders, Halt, Kill, Pause
from tests.console.driving import Desk, run_console

HELD = (0.3, 0.5, *[0.03] * 40)  # a keyboard repeats after half a second, then fast


@pytest.mark.parametrize(
    ("pane", "key", "command"),
    [("ladder-1", "X", CancelOrders), ("ladder-1", "f8", CancelOrders), ("ladder-1", "r", Halt),
     ("ladder-1", "f9", Pause), ("orders", "x", CancelOrder)],
)  # fmt: skip
def test_a_held_key_does_not_flood_the_venues(pane: str, key: str, command: type[AnyCommand]) -> None:
    async def script(desk: Desk) -> None:
        if pane in desk.app.area.panes:
            await desk.focus(pane)
        for wait_s in HELD:
            desk.clock.advance(wait_s)
            await desk.pilot.press(key)

    link, _ = run_console(script)
    assert [type(each) for each in link.commands] == [command] * 2


def test_the_kill_key_is_sent_however_fast_it_comes() -> None:
    async def script(desk: Desk) -> None:
        for _ in range(5):
            desk.clock.advance(0.03)
            await desk.pilot.press("ctrl+k")

    link, _ = run_console(script)
    assert [type(each) for each in link.commands] == [Kill] * 5


def test_a_held_arrow_goes_on_through_the_rows() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("orders")
        first = desk.app.area.panes["orders"].selected
        for wait_s in (0.3, 0.5, 0.03, 0.03):
            desk.clock.advance(wait_s)
            await desk.pilot.press("down")
        await desk.redraw()
        assert (first, desk.app.area.panes["orders"].selected) == ("o-1", "o-5")

    run_console(script)
