"""Keys that change what stands on a desk: hide a pane, put another in its place, and save it."""

from typing import TYPE_CHECKING

from tui.console import dialogs
from tui.console.memory import ConsoleMemory, DeskChange
from tui.console.setting_table import chosen_by_trader
from tui.panes.chart import DEFAULT_STUDIES
from tui.panes.pane import Pane
from tui.present.ink import Ink, plain

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp


class Layouts:
    app: "ConsoleApp"

    def focused_pane(self) -> Pane | None:
        raise NotImplementedError

    def rearranged(self) -> None:
        raise NotImplementedError

    def hide_pane(self) -> None:
        """Leave the focused pane's place out; its neighbours take the room."""
        area, pane = self.app.area, self.focused_pane()
        if pane is None or pane.id is None or area.zoomed is not None:
            self.app.say("hint", "focus a pane of the desk first; a pane shown alone is left with the zoom key")
        elif len(area.shown()) == 1:
            self.app.say("hint", "this is the last pane of the desk")
        else:
            self._change(area.change.without(area.place_of(pane.id)))

    def restore_desk(self) -> None:
        """Put the desk back as it is shipped."""
        self._change(DeskChange())
        self.app.say("hint", f"desk {self.app.area.desk} is as it is shipped")

    def choose_pane(self) -> None:
        """Ask which pane stands in the place of the focused one."""
        pane = self.focused_pane()
        if pane is None or pane.id is None:
            self.app.say("hint", "focus the pane that another one is to replace")
            return
        shown = {each.id for each in self.app.area.shown()}
        others = [each for each in self.app.area.panes.values() if each is not pane]
        choices = [
            dialogs.Choice(f"{each.name_shown}{'  (changes places)' if each.id in shown else ''}", each.id)
            for each in others
        ]
        place = self.app.area.place_of(pane.id)
        lines = [plain(f"in the place of {pane.name_shown}", Ink.QUIET)]
        dialog = dialogs.ChoiceDialog("Which pane?", lines, choices, self.app.repeat)
        self.app.dialogs.open(dialog, lambda answer: self._put(place, answer))

    def _put(self, place: str, pane: str | None) -> None:
        area = self.app.area
        if pane is not None:
            area.zoomed = None
            self._change(area.change.with_pane(place, pane, area.all_places()))
            area.panes[pane].focus()

    def _change(self, change: DeskChange) -> None:
        self.app.area.change = change
        self.rearranged()

    def save_screen(self) -> None:
        """Save desks, instruments and colours for the next start."""
        problem = self.app.save_memory()
        self.app.say("error" if problem else "info", problem or "saved: the next console begins with this screen")


def remembered(app: "ConsoleApp") -> ConsoleMemory:
    """Return what there is to save of a console; what is as configured goes on following the configuration."""
    settings, palette, timeframe = app.settings, app.looks.palette, app.selection.timeframe
    return ConsoleMemory(
        desk=app.area.desk,
        theme=None if palette.name == settings.theme else palette.name,
        up=None if app.up == settings.up else app.up,
        timeframe=None if timeframe == settings.timeframe else timeframe,
        studies=None if app.area.chart.studies == DEFAULT_STUDIES else app.area.chart.studies,
        pair=app.selection.chosen_pair,
        ladders=tuple(ladder.instrument for ladder in app.area.ladders),
        chosen=chosen_by_trader(app),
        watchlist=tuple(app.area.watchlist.names),
        desks={desk: change for desk, change in app.area.changes.items() if change != DeskChange()},
    )
