"""What became of an order stands first: a narrow line cuts its end."""

import pytest

from core.control.commands import CommandResult, Outcome
from tests.console.driving import SMALL, Desk, run_console
from tests.console.fake_link import FakeLink
from tui.console.sender import became_of


def answer(outcome: Outcome, status: str, tail: str) -> CommandResult:
    return CommandResult(
        outcome=outcome,
        message=f"s1-7 BUY 0.02 BTC/USDT:USDT@sim-a market, manual: {tail}",
        data={"client_order_id": "s1-7", "status": status},
    )


@pytest.mark.parametrize(
    ("outcome", "status", "tail", "shown"),
    [
        (Outcome.DONE, "filled", "filled 0.02 at 64154", "✓ filled 0.02 at 64154, s1-7: BUY 0.02"),
        (Outcome.DONE, "partially_filled", "partially filled 0.01 at 64154", "✓ partially filled 0.01 at 64154, s1-7"),
        (
            Outcome.FAILED,
            "in_doubt",
            "in doubt (no answer within 5 s)",
            "✗ FAILED in doubt (no answer within 5 s), s1-7",
        ),
        (Outcome.FAILED, "rejected", "rejected (balance: too low)", "✗ FAILED rejected (balance: too low), s1-7"),
    ],
)
def test_what_became_of_an_order_is_read_at_eighty_columns(
    outcome: Outcome, status: str, tail: str, shown: str
) -> None:
    async def script(desk: Desk) -> None:
        desk.link.answer = answer(outcome, status, tail)
        await desk.press("b")
        await desk.type("0.02")
        await desk.press("tab")
        await desk.type("63999")
        await desk.press("enter", "tab", "enter")
        assert shown in desk.bar("message")

    run_console(script, FakeLink(), size=SMALL)


@pytest.mark.parametrize(
    "result",
    [
        CommandResult(outcome=Outcome.DONE, message="2 orders cancelled"),
        CommandResult(outcome=Outcome.REFUSED, message="refused by risk: x: 1", data={"client_order_id": "s1-7"}),
        CommandResult(outcome=Outcome.DONE, message="other words", data={"client_order_id": "s1-7", "status": "open"}),
    ],
)
def test_another_answer_is_left_as_it_is(result: CommandResult) -> None:
    assert became_of(result) == ""
