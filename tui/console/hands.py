"""What each key does: commands to the engine, dialogs before the risky ones, and moves on the screen."""

from typing import TYPE_CHECKING

import msgspec

from tui.console import dialogs
from tui.console.actions import BY_NAME
from tui.console.alarms import Alarms
from tui.console.amending import Amending
from tui.console.appearance import Appearance
from tui.console.arming import Arming
from tui.console.charting import Charting
from tui.console.coming_back import ComingBack
from tui.console.explaining import Explaining
from tui.console.exporting import Exporting
from tui.console.instruments import stepped, stepped_timeframe
from tui.console.jobs import Jobs
from tui.console.layouts import Layouts
from tui.console.leaving import Leaving
from tui.console.one_key import OneKey
from tui.console.order_guards import SentOrders
from tui.console.order_sizes import OrderSizes
from tui.console.ordering import Ordering
from tui.console.pointing import Pointing
from tui.console.price_alerts import PriceAlerting
from tui.console.safety import Safety
from tui.console.scopes import Scopes
from tui.console.setting_screen import SettingScreen
from tui.console.trading import Trading
from tui.console.watching import Watching
from tui.panes.entries_pane import EntriesPane
from tui.panes.ladder import LadderPane
from tui.panes.pane import Pane
from tui.panes.table_pane import TablePane

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp


class Hands(
    Safety,
    Scopes,
    Alarms,
    Jobs,
    Explaining,
    Watching,
    Ordering,
    Trading,
    OneKey,
    Amending,
    Arming,
    ComingBack,
    Pointing,
    Charting,
    PriceAlerting,
    Appearance,
    Layouts,
    SettingScreen,
    Exporting,
    Leaving,
):
    """All the controls; this part moves around the screen."""

    def __init__(self, app: "ConsoleApp") -> None:
        self.app = app
        self.sent = SentOrders()
        self.sizes = OrderSizes(self.quote_usd)
        for ladder in app.area.ladders:
            ladder.size_of = self.sizes.of

    def focused_pane(self) -> Pane | None:
        dialogs = self.app.dialogs
        focused = self.app.screen_stack[0].focused if dialogs.top is None else dialogs.focus_below
        return focused if isinstance(focused, Pane) else None

    def show_desk(self, number: int) -> None:
        self.app.area.zoomed = None
        self.app.area.desk = number
        self.rearranged()

    def zoom(self) -> None:
        pane = self.focused_pane()
        if self.app.area.zoomed is not None:
            self.app.area.zoomed = None
        elif pane is not None:
            self.app.area.zoomed = pane.id
        self.rearranged()

    def rearranged(self) -> None:
        pane = self.focused_pane()
        self.app.arrange()
        shown = self.app.area.shown()
        if (pane is None or pane not in shown) and shown:
            self._focus(shown[0])
        self.app.call_after_refresh(self.app.repaint)

    def move_focus(self, step: int) -> None:
        shown = self.app.area.shown()
        pane = self.focused_pane()
        index = shown.index(pane) + step if pane in shown else 0
        self._focus(shown[index % len(shown)])

    def _focus(self, pane: Pane) -> None:
        pane.focus()
        if isinstance(pane, LadderPane):
            self.select_instrument(pane.instrument)

    def select_instrument(self, instrument: str | None) -> None:
        if instrument is not None and instrument != self.app.selection.selected:
            self.app.selection.selected = instrument
            self.app.wants_changed()

    def jump(self) -> None:
        self._letters(is_shown=True)
        self.app.dialogs.open(dialogs.JumpDialog(), self._jumped)

    def _jumped(self, letter: str | None) -> None:
        self._letters(is_shown=False)
        for pane in self.app.area.shown():
            if letter and pane.letter == letter:
                self._focus(pane)

    def _letters(self, *, is_shown: bool) -> None:
        view = self.app.view
        self.app.view = msgspec.structs.replace(view, jump_letters=is_shown)
        self.app.repaint()

    def move_cursor(self, step: int) -> None:
        pane = self.focused_pane()
        if pane is not None:
            pane.move_cursor(step)
            self._follow_ladder(pane)

    def move_sideways(self, step: int) -> None:
        pane = self.focused_pane()
        if pane is not None:
            pane.move_sideways(step)

    def drop_cursor(self) -> None:
        pane = self.focused_pane()
        if pane is not None:
            pane.drop_cursor()

    def _ladder(self) -> LadderPane:
        """Return the focused ladder, else the one that shows the selected instrument, else the first."""
        pane = self.focused_pane()
        if isinstance(pane, LadderPane):
            return pane
        ladders = self.app.area.ladders
        selected = self.app.selection.selected
        return next((ladder for ladder in ladders if ladder.instrument == selected), ladders[0])

    def _ladder_in_sight(self) -> LadderPane | None:
        """Return the ladder that a key may send something for: one that the trader looks at.

        That is the focused one, or the one shown of the selected instrument beside a pane that has no rows: where a
        pane has rows a key is for the row under its cursor, or for nothing.
        """
        pane = self.focused_pane()
        if isinstance(pane, LadderPane):
            return pane
        if isinstance(pane, TablePane | EntriesPane):
            return None
        shown, selected = self.app.area.shown(), self.app.selection.selected
        return next((each for each in self.app.area.ladders if each in shown and each.instrument == selected), None)

    def _follow_ladder(self, pane: Pane) -> None:
        if isinstance(pane, LadderPane):
            self.select_instrument(pane.instrument)

    def recentre(self) -> None:
        self._ladder().recentre()

    def regroup(self, step: int) -> None:
        self._ladder().regroup(step)

    def step_instrument(self, step: int) -> None:
        ladder = self._ladder()
        ladder.show(stepped(list(self.app.selection.instruments), ladder.instrument, step))
        self.select_instrument(ladder.instrument)
        self.app.wants_changed()

    def step_timeframe(self, step: int) -> None:
        self.app.selection.timeframe = stepped_timeframe(self.app.selection.timeframe, step)
        self.app.wants_changed()

    def show_help(self) -> None:
        """Explain the focused pane, then list every key."""
        columns, pane = dialogs.PageDialog.TEXT_COLUMNS, self.focused_pane()
        lines = dialogs.help_lines(columns, self.app.keys)
        if pane is not None and pane.ABOUT:
            actions = [BY_NAME[name] for name in pane.KEYS]
            lines = [*dialogs.pane_help_lines(pane.TITLE, pane.ABOUT, actions, columns, self.app.keys), *lines]
        self.app.dialogs.open(dialogs.PageDialog("Help", lines))

    def show_commands(self) -> None:
        self.app.action_command_palette()
