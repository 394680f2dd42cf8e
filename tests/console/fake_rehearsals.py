"""A scripted engine that rehearses orders; what it was asked is kept apart from what it was told to do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from core.control.commands import AnyCommand, CommandResult, Outcome, RehearseOrder
from core.state.rehearsal import OrderRehearsalView
from tests.cli.rehearsals import rehearsal
from tests.console.fake_link import FakeLink


def told(view: OrderRehearsalView) -> CommandResult:
    return CommandResult(outcome=Outcome.DONE, message="asked", data=msgspec.structs.asdict(view))


def approved(asked: RehearseOrder) -> CommandResult:
    """Let every order through; the words of the answer name the quantity that it is for."""
    return told(rehearsal(order=f"{asked.side} {asked.quantity}", notes=[f"answer for {asked.quantity}"]))


@dataclass
class RehearsingLink(FakeLink):
    rehearse: Callable[[RehearseOrder], CommandResult] = approved
    rehearsals: list[RehearseOrder] = field(default_factory=list)

    async def execute(self, command: AnyCommand) -> CommandResult:
        if not isinstance(command, RehearseOrder):
            return await super().execute(command)
        self.rehearsals.append(command)
        return self.rehearse(command)

    @property
    def asked(self) -> list[Decimal]:
        return [each.quantity for each in self.rehearsals]
