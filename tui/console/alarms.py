"""Keys on an alarm: say that it was seen, put it aside for a time, unfold what it explains."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from core.alarms.marks import SHELVE_WORD
from core.control.commands import AcknowledgeAlarms, ShelveAlarm, UnshelveAlarm
from tui.console import dialogs
from tui.panes.alarms import AlarmsPane
from tui.panes.pane import Pane
from tui.present.alarms import Alarm
from tui.present.cells import wrap
from tui.present.ink import Ink, Line, plain

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp

_NONE_SELECTED: Final = (
    "no alarm is selected: {desk-4} shows them, {focus-next} and {cursor-up} {cursor-down} choose one"
)
_DAY_END: Final = "day end"
_LENGTHS: Final = (("For 15 minutes", "900"), ("For an hour", "3600"), ("Until the UTC day ends", _DAY_END))


class Alarms:
    app: "ConsoleApp"

    def focused_pane(self) -> Pane | None:
        raise NotImplementedError

    def _meant(self) -> list[Alarm]:
        """Return the selected alarm, first, with those folded under it; say so where none is selected."""
        pane = self.focused_pane()
        found = pane.meant() if isinstance(pane, AlarmsPane) else []
        if not found:
            self.app.say("hint", _NONE_SELECTED)
        return found

    def acknowledge_alarm(self) -> None:
        """Acknowledge the selected alarm, as bad as it is shown, and what is folded under it."""
        alarms = self._meant()
        unseen = {alarm.name: alarm.severity for alarm in alarms if alarm.seen_by is None}
        if unseen:
            what = next(iter(unseen)) if len(unseen) == 1 else f"{len(unseen)} alarms"
            self.app.sender.send(AcknowledgeAlarms(alarms=unseen), f"acknowledge {what}")
        elif alarms:
            self.app.say("hint", f"{alarms[0].name} is acknowledged already, by {alarms[0].seen_by}")

    def shelve_alarm(self) -> None:
        """Ask for how long the selected alarm and those folded under it go aside; bring a shelved one back."""
        alarms = self._meant()
        if not alarms:
            return
        alarm = alarms[0]
        if alarm.is_shelved:
            self.app.sender.send(UnshelveAlarm(name=alarm.name), f"unshelve {alarm.name}")
            return
        alarms = [each for each in alarms if not each.is_shelved]
        lengths = [dialogs.Choice(text, seconds) for text, seconds in _LENGTHS]
        dialog = dialogs.ChoiceDialog("Shelve this alarm?", _about(alarms), lengths, self.app.repeat)
        self.app.dialogs.open(dialog, lambda length: self._shelve_for(alarms, length))

    def _shelve_for(self, alarms: Sequence[Alarm], length: str | None) -> None:
        if length is None:
            return
        if alarms[0].severity != "critical":  # what it explains never is
            self._shelve(alarms, length, "")
            return
        text = "It is critical: until somebody acknowledges it nobody can arm, shelved or not."
        dialog = dialogs.TypedDialog("Shelve a critical alarm?", [*_about(alarms), *wrap(text, 60)], SHELVE_WORD)
        self.app.dialogs.open(dialog, lambda typed: self._shelve_typed(alarms, length, typed))

    def _shelve_typed(self, alarms: Sequence[Alarm], length: str, typed: "dialogs.Typed | None") -> None:
        if typed is not None:
            self._shelve(alarms, length, typed.word)

    def _shelve(self, alarms: Sequence[Alarm], length: str, word: str) -> None:
        for alarm in alarms:
            command = ShelveAlarm(
                name=alarm.name,
                severity=alarm.severity,
                seconds=None if length == _DAY_END else float(length),
                until_day_end=length == _DAY_END,
                word=word,
            )
            self.app.sender.send(command, f"shelve {alarm.name}")

    def fold_alarm(self, pane: AlarmsPane) -> None:
        if not pane.fold():
            self.app.say("hint", "this alarm explains no other; {acknowledge} acknowledges it, {shelve} shelves it")


def _about(alarms: Sequence[Alarm]) -> list[Line]:
    alarm, *others = alarms
    texts = [line for text in alarm.texts for line in wrap(text, 60)]
    explained = wrap(f"With it go the {len(others)} that it explains.", 60) if others else []
    come_back = wrap("It comes back then, and at once when it gets worse.", 60, Ink.QUIET)
    return [plain(f"{alarm.severity} {alarm.name}", Ink.STRONG), *texts[:6], *explained, *come_back]
