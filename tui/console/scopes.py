"""Keys that bear on one venue or strategy, and the override of the soft rules."""

from typing import TYPE_CHECKING

from core.control.commands import EndOverride, Halt, ManualOverride, SetSafeMode
from core.risk.halts import strategy_scope, venue_scope
from tui.console import dialogs
from tui.panes.capital import CapitalPane
from tui.panes.pane import Pane
from tui.panes.tables import StrategiesPane, VenuesPane
from tui.present.cells import wrap
from tui.present.ink import Ink

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp

_LINE = 60


class Scopes:
    app: "ConsoleApp"

    def focused_pane(self) -> Pane | None:
        raise NotImplementedError

    def halt_selected(self) -> None:
        """Halt the selected venue or strategy at once; a resume with word and reason lifts it."""
        scope = self._selected_scope()
        if scope is None:
            self.app.say("hint", "select a venue (capital, venues) or a strategy first; {halt} halts everything")
            return
        self.app.sender.send(Halt(scope=scope, level="halted", reason="halt key in the console"), f"halt {scope}")

    def lift_selected(self) -> None:
        """Lift what stands at the selected venue or strategy, and nothing else."""
        scope = self._selected_scope()
        if scope is None:
            self.app.say("hint", "select a venue (capital, venues) or a strategy first; {lift-halts} lifts everything")
            return
        self.lift_halts(scope)

    def lift_halts(self, scope: str = "") -> None:
        raise NotImplementedError

    def _selected_scope(self) -> str | None:
        pane, venue = self.focused_pane(), self._selected_venue()
        if venue is not None:
            return venue_scope(venue)
        return strategy_scope(pane.selected) if isinstance(pane, StrategiesPane) and pane.selected is not None else None

    def _selected_venue(self) -> str | None:
        pane = self.focused_pane()
        return pane.selected if isinstance(pane, CapitalPane | VenuesPane) else None

    def enter_safe_mode(self) -> None:
        venue = self._selected_venue()
        if venue is None:
            self.app.say("hint", "select a venue first: {desk-3} shows the capital of each")
            return
        command = SetSafeMode(venue=venue, is_on=True, reason="safe mode key in the console")
        self.app.sender.send(command, f"safe mode of {venue}")

    def leave_safe_mode(self) -> None:
        venue = self._selected_venue()
        if venue is None:
            self.app.say("hint", "select a venue first: {desk-3} shows the capital of each")
            return
        lines = wrap(f"Arbitrage and directional orders may use the capital of {venue} again.", _LINE, Ink.STRONG)
        dialog = dialogs.TypedDialog(f"Leave safe mode at {venue}", lines, venue, asks_reason=True)
        self.app.dialogs.open(dialog, lambda typed: self._leave_safe_mode(venue, typed))

    def _leave_safe_mode(self, venue: str, typed: "dialogs.Typed | None") -> None:
        if typed is not None:
            command = SetSafeMode(venue=venue, is_on=False, reason=typed.reason)
            self.app.sender.send(command, f"safe mode of {venue}")

    def override(self) -> None:
        self.app.dialogs.open(dialogs.OverrideDialog(), self._override)

    def _override(self, wanted: "dialogs.Wanted | None") -> None:
        if wanted is not None:
            command = ManualOverride(seconds=wanted.seconds, reason=wanted.reason)
            self.app.sender.send(command, f"override for {wanted.seconds / 60:g} min")

    def end_override(self) -> None:
        self.app.sender.send(EndOverride(reason="end key in the console"), "end override")
