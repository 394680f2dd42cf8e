"""The area of the panes: all of them live here; a desk shows some, at places of its own."""

from typing import ClassVar

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from tui.console.desks import LADDERS, SizeClass, arrangement, size_class
from tui.panes.capital import CapitalPane
from tui.panes.jobs import JobsPane
from tui.panes.ladder import LadderPane
from tui.panes.pane import Pane
from tui.panes.plots import ChartPane, PnlPane
from tui.panes.tables import (
    AlertsPane,
    FillsPane,
    OrdersPane,
    PositionsPane,
    StrategiesPane,
    VenuesPane,
)
from tui.panes.tape import TapePane
from tui.panes.texts import LogPane, RiskPane
from tui.present.ladder_window import Recentring

_PANES: dict[str, tuple[type[Pane], str]] = {
    "chart": (ChartPane, "c"),
    "pnl": (PnlPane, "p"),
    "positions": (PositionsPane, "o"),
    "orders": (OrdersPane, "r"),
    "fills": (FillsPane, "f"),
    "tape": (TapePane, "t"),
    "jobs": (JobsPane, "j"),
    "strategies": (StrategiesPane, "s"),
    "venues": (VenuesPane, "v"),
    "capital": (CapitalPane, "u"),
    "risk": (RiskPane, "k"),
    "alerts": (AlertsPane, "a"),
    "log": (LogPane, "l"),
}


class DeskLayout(Layout):
    """Put each shown pane where the desk's table says."""

    name = "desk"

    def __init__(self, area: "DeskArea") -> None:
        self._area = area

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:  # noqa: ARG002 (the base class's signature)
        places = self._area.places(size)
        return [
            WidgetPlacement(places[child.id], NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if child.id is not None and child.id in places
        ]


class DeskArea(Widget):
    """Holds every pane; desk, zoom and size say which are shown."""

    DEFAULT_CSS: ClassVar[str] = "DeskArea { width: 1fr; height: 1fr; }"

    def __init__(self, recentring: Recentring) -> None:
        self.ladders = [LadderPane(f"ladder-{n}", str(n), recentring) for n in range(1, LADDERS + 1)]
        self.panes: dict[str, Pane] = {ladder.id or "": ladder for ladder in self.ladders}
        self.panes |= {name: kind(name, letter) for name, (kind, letter) in _PANES.items()}
        super().__init__(*self.panes.values(), id="desk")
        self.desk = 1
        self.zoomed: str | None = None
        self.screen_class = SizeClass.SMALL
        self._desk_layout = DeskLayout(self)

    @property
    def layout(self) -> Layout:
        """Return the layout of the desks; styles know the library's own layouts only."""
        return self._desk_layout

    def places(self, size: Size) -> dict[str, Region]:
        return arrangement(self.desk, size.width, size.height, self.screen_class, self.zoomed)

    def show(self, desk: int, zoomed: str | None, width: int, height: int) -> None:
        """Show the panes of a desk (or one alone) on a screen of this size."""
        self.desk, self.zoomed = desk, zoomed
        self.screen_class = size_class(width, height)
        shown = self.places(self.size)
        for name, pane in self.panes.items():
            pane.display = name in shown
        self.refresh(layout=True)

    def shown(self) -> list[Pane]:
        """Return the visible panes in reading order, the focus order."""
        return [self.panes[name] for name in self.places(self.size)]
