"""The alarms pane: what stands and needs a person, consequences folded under their cause."""

from collections.abc import Sequence
from typing import Final

from core.state.desk import DeskSnapshot
from tui.panes.entries_pane import EntriesPane
from tui.panes.view import View
from tui.present.alarms import (
    Alarm,
    Group,
    alarm_entries,
    alarms_of,
    alarms_title,
    counts_of,
    groups_of,
    no_alarms_lines,
)
from tui.present.entries import Entry
from tui.present.export import Export, export_of
from tui.present.export_columns import ALARM_COLUMNS
from tui.present.ink import Ink, Line, Span
from tui.present.key_words import KeyWords

MOST_UNFOLDED: Final = 64
"""Names of alarms are ever new ones, of orders and jobs: those unfolded longest ago are forgotten."""


class AlarmsPane(EntriesPane):
    TITLE = "Alarms"
    ABOUT = (
        "What stands and needs a person: what nobody has seen first, then acknowledged and shelved ones. What a lost "
        "link explains is folded under it; {ticket-here} unfolds. The log has what merely happened."
    )
    KEYS = ("explain", "acknowledge", "shelve", "ticket-here", "cursor-up", "cursor-down", "copy", "export")

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self._unfolded: dict[str, None] = {}  # by name, also while it does not stand: one that flickers stays unfolded
        self._groups: list[Group] = []

    def entries(self, view: View, width: int, height: int) -> tuple[list[Line], Sequence[Entry]]:  # noqa: ARG002 (base signature)
        self._groups = groups_of(_alarms(view))
        return [], alarm_entries(self._groups, self._unfolded, view.engine_ns, width, self.keys(view))

    def title(self, view: View) -> Line:
        return alarms_title(counts_of(_alarms(view)))

    def empty(self, width: int, keys: KeyWords) -> list[Line]:
        return no_alarms_lines(width, keys)

    def note(self, view: View) -> Line:
        if not (self.has_focus and self._groups):
            return ()
        return (Span(self.keys(view)("{acknowledge} seen  {shelve} shelve"), Ink.ACCENT),)

    def export(self, snapshot: DeskSnapshot) -> Export:
        return export_of("alarms", snapshot.monitoring.alerts, ALARM_COLUMNS)

    def meant(self) -> list[Alarm]:
        """Return the alarm under the cursor, with those that are folded under it."""
        for group in self._groups:
            for alarm in group.every:
                if alarm.name == self.selected:
                    is_folded = alarm is group.head and alarm.name not in self._unfolded
                    return list(group.every) if is_folded else [alarm]
        return []

    def fold(self) -> bool:
        """Fold or unfold the group under the cursor; return whether there is one."""
        group = next((each for each in self._groups if self.selected in {alarm.name for alarm in each.every}), None)
        if group is None or not group.consequences:
            return False
        if group.head.name in self._unfolded:
            del self._unfolded[group.head.name]
            self._cursor.selected = group.head.name
        else:
            self._unfolded[group.head.name] = None
            if len(self._unfolded) > MOST_UNFOLDED:
                del self._unfolded[next(iter(self._unfolded))]
        self._cursor.arrange_anew()
        self.paint()
        return True


def _alarms(view: View) -> list[Alarm]:
    return [] if view.snapshot is None else alarms_of(view.snapshot.monitoring.alerts)
