"""Keys of the watchlist: open it, add by search, take off, move, and show an instrument in the ladder."""

from typing import TYPE_CHECKING

import msgspec

from tui.console import dialogs
from tui.console.memory import ConsoleMemory
from tui.panes.ladder import LadderPane
from tui.panes.pane import Pane
from tui.panes.watchlist import MOST_WATCHED, WatchlistPane
from tui.present.symbol_search import SymbolIndex

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp


class Watching:
    app: "ConsoleApp"

    def focused_pane(self) -> Pane | None:
        raise NotImplementedError

    def rearranged(self) -> None:
        raise NotImplementedError

    def select_instrument(self, instrument: str | None) -> None:
        raise NotImplementedError

    def _ladder(self) -> LadderPane:
        raise NotImplementedError

    def open_pane(self, name: str) -> None:
        """Go to a pane where it stands; one that this desk does not have is shown alone."""
        area, pane = self.app.area, self.app.area.panes[name]
        zoomed, area.zoomed = area.zoomed, None
        if pane not in area.shown():
            area.zoomed = name
        if area.zoomed != zoomed:
            self.rearranged()
        pane.focus()

    def open_account(self) -> None:
        self.open_pane("account")

    def open_watchlist(self) -> None:
        """Go to the watchlist; once there, ask which instrument to add, by a part of its name."""
        if self.focused_pane() is not self._watchlist:
            self.open_pane("watchlist")
            return
        index = SymbolIndex(self.app.selection.instruments)
        if not len(index):
            self.app.say("warning", "the engine's instruments are not known yet")
            return
        dialog = dialogs.SymbolSearchDialog("Watch an instrument", index, self.app.view, self._watchlist.names)
        self.app.dialogs.open(dialog, self._add_watched)

    def _add_watched(self, name: str | None) -> None:
        if name is None:
            return
        pane = self._watchlist
        if len(pane.names) >= MOST_WATCHED:
            self.app.say("warning", f"{MOST_WATCHED} instruments are watched already: take one off first")
        elif pane.add(name):
            pane.select(name)
            self._keep_watched(f"{name} is watched")
        else:
            pane.select(name)
            self.app.say("hint", f"{name} is watched already")

    def unwatch(self) -> None:
        name = self._selected_watched()
        if name is not None:
            self._watchlist.take_off(name)
            self._keep_watched(f"{name} is off the watchlist")

    def move_watched(self, step: int) -> None:
        name = self._selected_watched()
        if name is not None:
            self._watchlist.move(name, step)
            self._keep_watched("")

    def show_watched(self) -> bool:
        """Show the selected instrument in the ladder last worked in, or go to the one that shows it already."""
        name = self._selected_watched()
        if name is None:
            return False
        if name not in self.app.selection.instruments:
            self.app.say("warning", f"the engine does not follow {name}")
            return False
        area = self.app.area
        if area.zoomed == "watchlist":
            area.zoomed = None
            self.rearranged()
        shown = [ladder for ladder in area.ladders if ladder in area.shown()]
        ladder = next((each for each in shown if each.instrument == name), None)
        if ladder is None:
            ladder = self._ladder() if self._ladder() in shown or not shown else shown[0]
            ladder.show(name)
        self.select_instrument(name)
        self.app.wants_changed()
        self.app.repaint()
        return True

    def _selected_watched(self) -> str | None:
        name = self._watchlist.selected
        if name is None:
            choose = "no watched instrument is selected: {cursor-up} and {cursor-down} choose one"
            self.app.say("hint", f"{choose}, {{watchlist}} adds one")
        return name

    @property
    def _watchlist(self) -> WatchlistPane:
        return self.app.area.watchlist

    def _keep_watched(self, said: str) -> None:
        """Keep the list at once: nobody wants to lose it for want of another key."""
        self._watchlist.paint()
        problem = keep_watchlist(self.app)
        if problem:
            self.app.say("warning", problem)
        elif said:
            self.app.say("info", said)


def keep_watchlist(app: "ConsoleApp") -> str:
    """Write the list into what was saved of the screen and leave the rest of that; return what went wrong."""
    if app.files is None:
        return ""  # a console without a folder keeps nothing
    found, problem = app.files.memory.load()
    if problem:
        return problem
    names = tuple(app.area.watchlist.names)
    return app.files.memory.save(msgspec.structs.replace(found or ConsoleMemory(), watchlist=names))
