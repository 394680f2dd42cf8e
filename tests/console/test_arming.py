"""The key that arms asks, the key that disarms does not, and the header says who is armed."""

import pytest

from core.control.commands import Arm, Disarm
from core.state.desk import ArmingView
from tests.console.driving import Desk, run_console
from tests.console.fake_jobs import START_NS
from tests.console.fake_link import FakeLink


def lease(console: str, who: str = "console:alice@ssh") -> ArmingView:
    return ArmingView(console=console, who=who, since_ns=START_NS, until_ns=START_NS + 582_000_000_000)


def test_going_armed_costs_a_typed_word() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("a")
        assert "Only this console raises risk" in desk.dialog()
        assert "type arm and press enter" in desk.dialog()
        await desk.press("enter", "down", "enter", "tab", "enter", "y", "enter")
        assert desk.link.commands == []
        await desk.press("backspace", "a", "r", "m", "enter")

    link, _ = run_console(script)
    assert link.commands == [Arm(who="console:test", seconds=600.0)]


def test_the_armed_console_says_for_how_long_and_the_same_key_disarms_at_once() -> None:
    async def script(desk: Desk) -> None:
        assert "ARMED 9:41" in desk.bar("header")
        await desk.press("a")

    link, _ = run_console(script, FakeLink(arming=lease("this")))
    assert link.commands == [Disarm(who="console:test")]


def test_a_console_that_hears_nothing_does_not_call_itself_armed() -> None:
    async def script(desk: Desk) -> None:
        desk.link.lost_reason = "the engine is silent"
        await desk.frame()
        assert "ARMED" not in desk.bar("header")

    run_console(script, FakeLink(arming=lease("this")))


def test_the_others_say_who_is_armed_and_take_it_over_only_with_the_word() -> None:
    async def script(desk: Desk) -> None:
        assert "read-only: alice@ssh armed" in desk.bar("header")
        await desk.press("a")
        await desk.type("yes")
        await desk.press("enter")
        assert desk.link.commands == []
        await desk.press("escape", "a", "t", "a", "k", "e", "space", "o", "v", "e", "r", "enter")

    link, _ = run_console(script, FakeLink(arming=lease("other")))
    assert link.commands == [Arm(who="console:test", seconds=600.0, take_over=True)]


async def type_take_over(desk: Desk) -> None:
    await desk.type("take")
    await desk.press("space")
    await desk.type("over")


def test_the_lease_of_another_holder_than_was_shown_takes_another_word() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("a")
        assert "alice@ssh is armed" in desk.dialog()
        await type_take_over(desk)
        desk.link.arming = lease("third", "console:bob@ssh")  # not drawn yet
        await desk.pilot.press("enter")
        await desk.redraw()
        assert desk.link.commands == []
        assert "not taken over: bob@ssh is armed by now" in desk.bar("message")
        assert "bob@ssh is armed" in desk.dialog()
        await type_take_over(desk)
        await desk.press("enter")

    link, _ = run_console(script, FakeLink(arming=lease("other")))
    assert link.commands == [Arm(who="console:test", seconds=600.0, take_over=True)]


def test_a_lease_that_ended_while_the_word_was_typed_is_taken_over_from_nobody() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("a")
        await type_take_over(desk)
        desk.link.arming = None
        await desk.press("enter")

    link, _ = run_console(script, FakeLink(arming=lease("other")))
    assert link.commands == [Arm(who="console:test", seconds=600.0)]


def test_every_console_disarms_with_one_key() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("A")

    link, _ = run_console(script, FakeLink(arming=lease("other")))
    assert link.commands == [Disarm(who="console:test")]


def test_the_header_says_where_the_engine_is() -> None:
    async def script(desk: Desk) -> None:
        assert "attached" in desk.bar("header")

    run_console(script, FakeLink(is_hosted=False), size=(200, 60))


@pytest.mark.parametrize("console", ["other", "this"])
def test_an_order_on_a_read_only_console_says_before_it_is_sent_that_it_will_be_refused(console: str) -> None:
    async def script(desk: Desk) -> None:
        desk.link.is_empty = True  # no own order in the way
        await desk.frame()
        await desk.press("down", "b")
        await desk.type("1")
        await desk.press("enter")
        is_told = "read-only: alice@ssh is armed, the engine will refuse" in desk.dialog()
        assert is_told is (console == "other")

    run_console(script, FakeLink(arming=lease(console)))
