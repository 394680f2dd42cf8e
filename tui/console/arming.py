"""The armed console: armed and taken over after a typed word, disarmed at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.control.arming import arming_blocker
from core.control.commands import Arm, Disarm
from core.state.desk import ArmingView
from core.state.monitoring import Alert
from tui.console import dialogs
from tui.present.cells import wrap
from tui.present.header import is_armed, name_of_holder
from tui.present.ink import Ink, Line

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp
    from tui.console.key_map import KeyMap

ARMED_S = 600.0
ARM_WORD = "arm"
TAKE_OVER_WORD = "take over"
_WHAT_IT_DOES = (
    "Only this console raises risk for 10 minutes. On its ladders single keys trade without asking, at the size in the "
    "lower edge: {buy} and {sell} join the touch, {lift} and {hit} take it, {close-here} closes the position. It asks "
    "all the same above 5,000 USD, for an order just sent and for a slip of the finger. A halt, a pause or a lost link "
    "disarms at once."
)


class Arming:
    app: "ConsoleApp"

    def arm_or_disarm(self) -> None:
        """Disarm at once where this console is armed, else ask for the word."""
        view = self.app.view
        arming = None if view.snapshot is None else view.snapshot.arming
        if is_armed(arming, view.link):
            self.disarm()
        elif arming is not None:
            self._ask_to_take_over(arming)
        elif view.snapshot is None or view.link.is_late:
            self.app.say("warning", "not armed: the engine is silent")
        else:
            hindrance = _hindrance(view.snapshot.monitoring.alerts, self.app.keys)
            lines = [*wrap(self.app.keys.filled(_WHAT_IT_DOES), 60, Ink.STRONG), *hindrance]
            self.app.dialogs.open(dialogs.TypedDialog("Arm?", lines, ARM_WORD), self._arm)

    def disarm(self) -> None:
        self.app.sender.send(Disarm(), "disarm")

    def _arm(self, typed: "dialogs.Typed | None") -> None:
        if typed is not None:
            self.app.sender.send(Arm(seconds=ARMED_S), "arm")

    def _ask_to_take_over(self, shown: ArmingView) -> None:
        text = f"{name_of_holder(shown)} is armed and loses that at once. {self.app.keys.filled(_WHAT_IT_DOES)}"
        dialog = dialogs.TypedDialog("Take over?", wrap(text, 60), TAKE_OVER_WORD)
        self.app.dialogs.open(dialog, lambda typed: self._take_over(typed, shown))

    def _take_over(self, typed: "dialogs.Typed | None", shown: ArmingView) -> None:
        """Take it from whom the word was typed about; from another one it takes another word."""
        if typed is None:
            return
        snapshot = self.app.link.latest()
        holder = None if snapshot is None else snapshot.arming
        if holder is None:
            self.app.sender.send(Arm(seconds=ARMED_S), "arm")
        elif holder.console == shown.console:
            self.app.sender.send(Arm(seconds=ARMED_S, take_over=True), "take over")
        else:
            self.app.say(
                "warning", f"not taken over: {name_of_holder(holder)} is armed by now; look, and type it again"
            )
            self._ask_to_take_over(holder)


def _hindrance(alarms: Sequence[Alert], keys: "KeyMap") -> list[Line]:
    """Say before anybody asks the engine which alarm it will refuse for; the engine decides."""
    blocker = arming_blocker(alarms)
    how = keys.filled("{desk-4} shows the alarms, {acknowledge} says that you have seen one")
    return [] if blocker is None else wrap(f"The engine will refuse: {blocker}; {how}.", 60, Ink.ALARM)
