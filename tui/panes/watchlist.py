"""The watchlist pane."""

from typing import Final

from core.state.desk import DeskSnapshot
from tui.panes.table_pane import TablePane
from tui.panes.view import View
from tui.present.export import Export, rows_of
from tui.present.ink import Ink, Line, Span
from tui.present.sparkline import SparkHistory, with_sparks
from tui.present.table import Row, Table
from tui.present.watchlist import has_partial_day, market_of, middle_by_row, watch_table

MOST_WATCHED: Final = 200
_QUOTES: Final = ("last", "bid", "ask", "day_price", "day_price_ns", "validity", "age_s")


class WatchlistPane(TablePane):
    """Holds the instruments in the trader's order; nothing but the trader changes it."""

    TITLE = "Watchlist"
    ABOUT = (
        "Instruments of your choice, in your order, with the change since the UTC day began (* since it was first "
        "heard of later that day). A line has the middle of the last minutes, from when this console "
        "began. {ticket-here} shows one in the ladder; the list is kept."
    )
    KEYS = (
        "watchlist", "unwatch", "order-up", "order-down", "ticket-here", "price-alerts",
        "cursor-up", "cursor-down", "copy", "export",
    )  # fmt: skip
    IS_PUBLIC = True

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self.names: list[str] = []
        self._sparks = SparkHistory()

    def add(self, name: str) -> bool:
        """Put an instrument below the others; return whether it was not there yet."""
        if name in self.names:
            return False
        self.names.append(name)
        return True

    def take_off(self, name: str) -> None:
        self.names.remove(name)

    def move(self, name: str, step: int) -> None:
        """Move an instrument by rows, not beyond the ends."""
        place = self.names.index(name)
        self.names.insert(min(max(place + step, 0), len(self.names) - 1), self.names.pop(place))

    def table(self, view: View) -> Table:
        if view.snapshot is None:
            return watch_table(self.names, {}, 0.0)
        snapshot = view.snapshot
        self.take_note(view)
        shown = watch_table(self.names, snapshot.monitoring.market, view.snapshot_age_s, snapshot.price_alerts)
        return with_sparks(shown, self._sparks, rank=4, is_signed=True, after="last", decimals=12)

    def take_note(self, view: View) -> None:
        snapshot = view.snapshot
        if snapshot is not None:
            middles = middle_by_row(self.names, snapshot.monitoring.market)
            self._sparks.take(middles, snapshot.engine_ns, snapshot.engine_id)

    def _ordered(self, table: Table) -> list[Row]:
        """Keep the list's own order, also while a row is selected: a row that was moved has moved."""
        self._cursor.arrange([row.key for row in table.rows], has_focus=False)
        return list(table.rows)

    def note(self, view: View) -> Line:
        if view.snapshot is None or not self.names:
            return ()
        if has_partial_day(self.names, view.snapshot.monitoring.market):
            return (Span("* not of the whole day", Ink.QUIET),)
        return (Span(f"{len(self.names)}", Ink.QUIET),)

    def export(self, snapshot: DeskSnapshot) -> Export:
        rows: list[tuple[object, ...]] = []
        for name in self.names:
            symbol, _, venue = name.rpartition("@")
            market = market_of(name, snapshot.monitoring.market)
            rows.append((venue, symbol, *(None if market is None else getattr(market, field) for field in _QUOTES)))
        return rows_of("watchlist", ("venue", "symbol", *_QUOTES), rows)
