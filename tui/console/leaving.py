"""Leaving the console: detach, or quit with a decision about the engine and its orders."""

import asyncio
from typing import TYPE_CHECKING

from core.control.commands import CancelOrders, CommandResult, Outcome
from tui.console import dialogs
from tui.console.exit_choice import ExitChoice
from tui.present.ink import Ink, Line, plain

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp

_LEAVE, _STOP_CANCELLED, _STOP = "leave", "stop_cancelled", "stop"


class Leaving:
    app: "ConsoleApp"

    def hint_quit(self) -> None:
        self.app.say("hint", "{quit} quits, {detach} detaches and leaves the engine running")

    def detach(self) -> None:
        self.app.exit(ExitChoice.DETACH)

    def quit_asking(self) -> None:
        if not self.app.link.is_hosted:
            told = ["The engine runs in a process of its own and goes on."]
            choices = [dialogs.Choice("Leave the console", _LEAVE)]
        else:
            told = ["The engine runs in this process.", *self._what_is_open()]
            choices = [
                dialogs.Choice("Leave the engine running, headless", _LEAVE),
                dialogs.Choice("Cancel all orders, then stop the engine", _STOP_CANCELLED),
                dialogs.Choice("Stop the engine, leave orders where they are", _STOP),
            ]
        lines: list[Line] = [plain(text, Ink.STRONG) for text in told]
        self.app.dialogs.open(dialogs.ChoiceDialog("Quit?", lines, choices, self.app.repeat), self._quit)

    def _what_is_open(self) -> list[str]:
        snapshot = self.app.view.snapshot
        if snapshot is None:
            return []
        orders = sum(venue.open_orders_count for venue in snapshot.monitoring.venues.values())
        positions = sum(1 for position in snapshot.positions if position.quantity)  # closed ones are listed too
        return [f"{orders} open orders, {positions} open positions"]

    def _quit(self, answer: str | None) -> None:
        if answer == _LEAVE:
            self.app.exit(ExitChoice.QUIT_LEAVE_ENGINE if self.app.link.is_hosted else ExitChoice.DETACH)
        elif answer == _STOP:
            self.app.exit(ExitChoice.QUIT_STOP_ENGINE)
        elif answer == _STOP_CANCELLED:
            task = self.app.sender.send(CancelOrders(), "cancel all orders before stopping")
            task.add_done_callback(self._stop_if_cancelled)

    def _stop_if_cancelled(self, task: "asyncio.Task[CommandResult]") -> None:
        if not task.cancelled() and task.result().outcome is Outcome.DONE:
            self.app.exit(ExitChoice.QUIT_CANCEL_AND_STOP)
        else:
            again = self.app.keys.filled("{quit} asks again")
            self.app.say("error", f"not stopped: the orders could not be cancelled; {again}")
