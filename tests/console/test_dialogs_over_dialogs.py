"""Of several open dialogs the newest is in sight, whole, however large the one below."""

from textual.geometry import Region
from textual.widgets import Input

from core.control.commands import Kill
from tests.console.driving import SMALL, Desk, run_console
from tests.console.fake_rehearsals import RehearsingLink
from tui.console.dialogs.halted import HaltDialog
from tui.console.dialogs.ticket import TicketDialog


def test_the_checklist_of_a_halt_is_in_sight_over_a_ticket_that_fills_the_screen() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("b")
        await desk.type("0.01")
        for _ in range(5):
            await desk.frame()
        ticket = desk.app.dialogs.top
        assert isinstance(ticket, TicketDialog)
        assert ticket.region.height > SMALL[1] // 2  # no room for the checklist below it
        await desk.press("ctrl+k")
        checklist = desk.app.dialogs.top
        assert isinstance(checklist, HaltDialog)
        assert Region(0, 0, *SMALL).contains_region(checklist.region)
        assert not ticket.display
        await desk.press("escape")
        assert desk.app.dialogs.top is ticket
        assert ticket.display

    link, _ = run_console(script, RehearsingLink(), size=SMALL)
    assert [type(command) for command in link.commands] == [Kill]


def test_a_dialog_that_was_covered_gets_its_focus_back_where_it_was() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("b")
        await desk.type("0.01")
        await desk.press("tab", "ctrl+k", "escape")
        await desk.type("64000")  # a price must never end up in the quantity
        fields = {name: desk.app.screen.query_one(f"#{name}", Input).value for name in ("quantity", "price")}
        assert fields == {"quantity": "0.01", "price": "64000"}

    run_console(script)
