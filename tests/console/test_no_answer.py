"""A command without an answer is said to be one, and its answer is told however late it comes."""

import asyncio

from core.control.commands import AnyCommand, CommandResult, Outcome, PlaceOrder
from core.io.virtual_loop import VirtualLoop
from tests.console.fake_link import FakeLink
from tests.console.test_one_key import SIZE
from tests.engine.rig import in_virtual_time
from tui.console.sender import ANSWER_AFTER_S, CommandSender


class SlowLink(FakeLink):
    """An engine that takes its time; what it was asked once it is never asked again by itself."""

    takes_s = 3 * ANSWER_AFTER_S

    async def execute(self, command: AnyCommand) -> CommandResult:
        self.commands.append(command)
        await asyncio.sleep(self.takes_s)
        return CommandResult(outcome=Outcome.DONE, message="filled")


def test_a_command_without_an_answer_may_or_may_not_have_been_done_and_its_late_answer_is_told() -> None:
    async def main(_: VirtualLoop) -> None:
        told: list[tuple[str, str]] = []
        link = SlowLink()
        sender = CommandSender(link, "console:test", lambda level, text: told.append((level, text)))
        order = PlaceOrder(venue="sim-a", symbol="BTC/USDT:USDT", side="buy", quantity=SIZE)
        answer = sender.send(order, "buy")
        await asyncio.sleep(ANSWER_AFTER_S + 1)
        assert told == [("error", "buy: NO ANSWER for 5 s; it may or may not have been done")]
        assert sender.waiting_for == ["buy"]
        await answer
        await asyncio.sleep(0)
        assert told[1:] == [("info", "buy: filled")]
        assert sender.waiting_for == []
        assert len(link.commands) == 1

    in_virtual_time(main)
