"""The area of the panes: all of them live here; a desk shows some, at places of its own."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, cast

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from tui.console.desks import DESKS, LADDERS, SHIPPED, SizeClass, arrangement, places_of, size_class
from tui.console.memory import DeskChange
from tui.panes.account import AccountPane
from tui.panes.alarms import AlarmsPane
from tui.panes.capital import CapitalPane
from tui.panes.chart import ChartPane
from tui.panes.depth import DepthPane
from tui.panes.jobs import JobsPane
from tui.panes.ladder import LadderPane
from tui.panes.pane import Pane
from tui.panes.profit import PnlPane
from tui.panes.spread import SpreadPane
from tui.panes.tables import (
    FillsPane,
    OrdersPane,
    PositionsPane,
    StrategiesPane,
    VenuesPane,
)
from tui.panes.tape import TapePane
from tui.panes.texts import LogPane, RiskPane
from tui.panes.timeline import TimelinePane
from tui.panes.view import View
from tui.panes.watchlist import WatchlistPane
from tui.present.ladder_window import Recentring

_ASIDE_NS: Final = 1_000_000_000
_PANES: dict[str, tuple[type[Pane], str]] = {
    "pnl": (PnlPane, "p"),
    "positions": (PositionsPane, "o"),
    "orders": (OrdersPane, "r"),
    "fills": (FillsPane, "f"),
    "tape": (TapePane, "t"),
    "jobs": (JobsPane, "j"),
    "timeline": (TimelinePane, "e"),
    "strategies": (StrategiesPane, "s"),
    "venues": (VenuesPane, "v"),
    "capital": (CapitalPane, "u"),
    "risk": (RiskPane, "k"),
    "alerts": (AlarmsPane, "a"),
    "log": (LogPane, "l"),
    "watchlist": (WatchlistPane, "w"),
    "account": (AccountPane, "n"),
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
    """Holds every pane; desk, zoom and size say which are shown. One is mounted when it first is, or in idle time."""

    DEFAULT_CSS: ClassVar[str] = "DeskArea { width: 1fr; height: 1fr; }"

    def __init__(self, recentring: Recentring) -> None:
        self.ladders = [LadderPane(f"ladder-{n}", str(n), recentring) for n in range(1, LADDERS + 1)]
        self.chart = ChartPane("chart", "c")
        self.spread, self.depth = SpreadPane("spread", "b"), DepthPane("depth", "d")
        self.panes: dict[str, Pane] = {
            pane.id or "": pane for pane in (*self.ladders, self.chart, self.spread, self.depth)
        }
        self.panes |= {name: kind(name, letter) for name, (kind, letter) in _PANES.items()}
        super().__init__(id="desk")
        self.desk = 1
        self.changes: dict[int, DeskChange] = {}
        self.zoomed: str | None = None
        self._looked_aside = -1  # the engine's second
        self.screen_class = SizeClass.SMALL
        self._desk_layout = DeskLayout(self)

    @property
    def layout(self) -> Layout:
        """Return the layout of the desks; styles know the library's own layouts only."""
        return self._desk_layout

    def places(self, size: Size) -> dict[str, Region]:
        return arrangement(self.desk, size.width, size.height, self.screen_class, self.zoomed, self.change)

    @property
    def change(self) -> DeskChange:
        """Return what the trader changed of this desk."""
        return self.changes.get(self.desk, SHIPPED)

    @change.setter
    def change(self, change: DeskChange) -> None:
        self.changes[self.desk] = change

    def recall(self, desk: int, changes: Mapping[int, DeskChange]) -> None:
        """Take desks that were saved, as far as their panes are known here."""
        self.desk = desk if desk in DESKS else self.desk
        self.changes = {
            number: change
            for number, change in changes.items()
            if number in DESKS and {*change.instead, *change.instead.values(), *change.hidden} <= self.panes.keys()
        }

    def all_places(self) -> tuple[str, ...]:
        return places_of(self.desk)

    @property
    def watchlist(self) -> WatchlistPane:
        return cast("WatchlistPane", self.panes["watchlist"])

    def place_of(self, pane: str) -> str:
        """Return the place of this desk that a pane stands in."""
        return next((place for place in self.all_places() if self.change.pane_at(place) == pane), pane)

    def show(self, desk: int, zoomed: str | None, width: int, height: int) -> None:
        """Show the panes of a desk (or one alone) on a screen of this size."""
        self.desk, self.zoomed = desk, zoomed
        self.screen_class = size_class(width, height)
        shown = self.places(self.size)
        for name, pane in self.panes.items():
            pane.display = name in shown
            if name not in shown:
                pane.put_away()
        self._mount([pane for name, pane in self.panes.items() if name in shown])
        for pane in self.shown():
            pane.refresh(layout=True)  # the library forgets the places of children who ask, not of their parent

    def mount_one_more(self) -> bool:
        """Mount a pane that no desk has shown yet; return whether there was one. All at once would be felt."""
        waiting = next((pane for pane in self.panes.values() if not pane.is_attached), None)
        if waiting is not None:
            self._mount([waiting])
        return waiting is not None

    def _mount(self, panes: Sequence[Pane]) -> None:
        if self.is_attached:
            self.mount_all([pane for pane in panes if not pane.is_attached])

    def look_aside(self, view: View) -> None:
        """Let panes that are not shown keep what they draw the past from, once a second."""
        second = -1 if view.snapshot is None else view.snapshot.engine_ns // _ASIDE_NS
        if view.snapshot is None or second == self._looked_aside:
            return
        self._looked_aside = second
        for pane in self.panes.values():
            if not pane.display:
                pane.look_aside(view)

    def shown(self) -> list[Pane]:
        """Return the visible panes in reading order, the focus order."""
        return [self.panes[name] for name in self.places(self.size)]
