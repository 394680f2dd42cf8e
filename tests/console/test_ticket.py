"""The ticket says what would become of the order as it is typed, and its guards ask before it is sent."""

from decimal import Decimal

import pytest
from textual.widgets import Input

from core.control.commands import CommandResult, Outcome, PlaceOrder, RehearseOrder
from core.state.desk import ArmingView
from tests.cli.rehearsals import rehearsal, room, unknown_fill
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_jobs import START_NS
from tests.console.fake_link import FakeLink
from tests.console.fake_rehearsals import RehearsingLink, told

ARMED = ArmingView(console="this", who="console:test", since_ns=START_NS, until_ns=START_NS + 582_000_000_000)


def sent(link: FakeLink) -> list[PlaceOrder]:
    return [command for command in link.commands if isinstance(command, PlaceOrder)]


async def settle(desk: Desk) -> None:
    for _ in range(4):
        await desk.frame(0.3)


async def ask_for_a_little(desk: Desk) -> None:
    """Open a ticket below the touch, type 0.02 and wait for its answer."""
    await desk.press("down", "enter")
    await desk.type("0.02")
    await settle(desk)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_it_shows_verdict_fill_fees_margin_and_room_on_every_screen(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("down", "enter")
        await desk.type("0.02")
        await settle(desk)
        text = desk.dialog()
        assert "approved: it would be sent" in text
        assert "slippage 0.00 bps" in text
        assert "0.3201 USDT as taker" in text
        assert "213.37 USD needed" in text
        assert "day loss" in text
        assert "20,000 → 19,360" in text
        assert "enter reviews" in text
        bottom = max(widget.region.bottom for widget in desk.app.screen.query("Lines"))
        assert bottom <= size[1]

    run_console(script, RehearsingLink(), size=size)


def test_the_engine_is_asked_once_the_typing_rests_and_not_with_every_letter() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("down", "enter")
        for key in ("0", "full_stop", "0", "2"):
            await desk.frame(0.05)
            await desk.pilot.press(key)
        await desk.frame(0.05)
        assert desk.link.commands == []
        assert isinstance(desk.link, RehearsingLink)
        assert desk.link.asked == []
        await settle(desk)
        assert set(desk.link.asked) == {Decimal("0.02")}

    run_console(script, RehearsingLink())


def test_an_old_answer_is_never_shown_beside_new_input() -> None:
    async def script(desk: Desk) -> None:
        await ask_for_a_little(desk)
        assert "answer for 0.02" in desk.dialog()
        await desk.frame(0.01)
        await desk.pilot.press("5")
        await desk.pilot.pause()
        text = desk.dialog()
        assert "answer for" not in text
        assert "approved" not in text
        assert "19,360" not in text
        assert "day loss" in text  # the rows stay where they are, without their numbers
        await settle(desk)
        assert "answer for 0.025" in desk.dialog()

    run_console(script, RehearsingLink())


def test_an_answer_that_comes_late_for_another_order_is_not_taken() -> None:
    async def script(desk: Desk) -> None:
        await ask_for_a_little(desk)
        await desk.press("backspace", "backspace")  # no order any more
        await settle(desk)
        assert "answer for" not in desk.dialog()

    run_console(script, RehearsingLink())


def test_a_refusal_and_a_limit_without_room_stand_out() -> None:
    def refuse(asked: RehearseOrder) -> CommandResult:
        rooms = [room(), room("order_value", left_now=Decimal(2_000), left_after=Decimal(-4_400))]
        return told(rehearsal(verdict="refused", reason="order_value: 6400 USD, allowed at most 2000", rooms=rooms))

    async def script(desk: Desk) -> None:
        await desk.press("down", "enter")
        await desk.type("0.02")
        await settle(desk)
        text = desk.dialog()
        assert "REFUSED: order_value: 6400 USD, allowed at most 2000" in text
        assert text.index("order value") < text.index("day loss")
        await desk.press("enter")
        assert "REFUSED: order_value" in desk.dialog()

    run_console(script, RehearsingLink(rehearse=refuse))


def test_what_the_engine_does_not_know_is_said_to_be_unknown() -> None:
    def unknown(asked: RehearseOrder) -> CommandResult:
        return told(rehearsal(fill=unknown_fill(), funding=None, rooms=[room(left_after=None, note="no price")]))

    async def script(desk: Desk) -> None:
        await desk.press("down", "enter")
        await desk.type("0.02")
        await settle(desk)
        text = desk.dialog()
        assert "unknown: the book is stale, 3.2 s old" in text
        assert "500 → unknown" in text

    run_console(script, RehearsingLink(rehearse=unknown))


def test_an_engine_that_does_not_answer_is_no_verdict() -> None:
    def failed(asked: RehearseOrder) -> CommandResult:
        return CommandResult(outcome=Outcome.FAILED, message="no answer within 10 s")

    async def script(desk: Desk) -> None:
        await desk.press("down", "enter")
        await desk.type("0.02")
        await settle(desk)
        text = desk.dialog()
        assert "the engine says nothing of it: no answer within 10 s" in " ".join(text.split())
        assert "approved" not in text

    run_console(script, RehearsingLink(rehearse=failed))


def test_shift_and_arrows_step_by_the_lot_and_by_the_tick() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("down", "enter")
        await desk.type("0.02")
        await desk.press("shift+up", "shift+up", "shift+down")
        assert "0.021" in _fields(desk)["quantity"]
        before = Decimal(_fields(desk)["price"])
        await desk.press("tab", "shift+down")
        assert Decimal(_fields(desk)["price"]) == before - Decimal("0.5")

    run_console(script)


def _fields(desk: Desk) -> dict[str, str]:
    return {str(field.id): field.value for field in desk.app.screen.query(Input)}


def test_the_same_order_again_within_seconds_asks_even_when_armed() -> None:
    async def script(desk: Desk) -> None:
        for _ in range(2):
            await desk.press("down", "enter")
            for key in ("0", "full_stop", "0", "2", "tab", *["backspace"] * 8, "6", "4", "0", "0", "0"):
                await desk.pilot.press(key)
            await desk.press("enter")
        assert "the same order was sent" in desk.dialog()
        await desk.press("enter")  # on Cancel

    link = RehearsingLink(arming=ARMED)
    run_console(script, link)
    assert len(sent(link)) == 1


def test_an_armed_ticket_is_sent_without_a_review() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("down", "enter")
        await desk.type("0.02")
        await desk.press("enter")
        assert desk.app.dialogs.top is None

    link = RehearsingLink(arming=ARMED)
    run_console(script, link)
    assert [order.quantity for order in sent(link)] == [Decimal("0.02")]


def test_a_price_far_from_the_touch_has_its_amount_typed() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("down", "enter")
        await desk.type("0.02")
        await desk.press("tab", *["backspace"] * 8)
        await desk.type("60000")
        await desk.press("enter")
        assert "below the touch" in " ".join(desk.dialog().split())
        await desk.press("enter")
        assert sent(desk.link) == []
        await desk.type("1200")
        await desk.press("enter")

    link = RehearsingLink(arming=ARMED)
    run_console(script, link)
    assert [order.limit_price for order in sent(link)] == [Decimal(60_000)]
