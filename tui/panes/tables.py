"""The table panes: positions, orders, fills, venues, strategies."""

from core.state.desk import DeskSnapshot
from tui.panes.table_pane import TablePane
from tui.panes.view import View
from tui.present.export import Export, export_of, rows_of
from tui.present.export_columns import (
    FILL_COLUMNS,
    ORDER_COLUMNS,
    POSITION_COLUMNS,
    PROFIT_COLUMNS,
    STRATEGY_COLUMNS,
)
from tui.present.ink import Ink, Line, Span
from tui.present.orders import fills_table, is_final, orders_table
from tui.present.positions import positions_note, positions_table, unrealised_by_row
from tui.present.price_grids import grids_of
from tui.present.sparkline import SparkHistory, with_sparks
from tui.present.strategies import PNL, is_in_part, pnl_by_row, strategies_table
from tui.present.table import Table
from tui.present.venues import latency_by_row, venues_table


def _snapshot(view: View) -> DeskSnapshot:
    if view.snapshot is None:
        raise LookupError("drawn without a snapshot")
    return view.snapshot


class PositionsPane(TablePane):
    TITLE = "Positions"
    ABOUT = (
        "What is held at each venue, then net per asset over all of them. With room, PnL has unrealised and realised "
        "profit with funding, less fees. The age is that of the price a position is valued at: dim numbers are late, "
        "struck ones stale. A line has the unrealised profit of the last minutes, from when this console began."
    )
    KEYS = ("cancel-symbol", "cursor-up", "cursor-down", "copy", "export")

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self._sparks = SparkHistory()

    def export(self, snapshot: DeskSnapshot) -> Export:
        return export_of("positions", snapshot.positions, POSITION_COLUMNS)

    def take_note(self, view: View) -> None:
        snapshot = _snapshot(view)
        self._sparks.take(unrealised_by_row(snapshot.positions), snapshot.engine_ns, snapshot.engine_id)

    def table(self, view: View) -> Table:
        snapshot = _snapshot(view)
        self.take_note(view)
        grids = grids_of(snapshot.instruments, snapshot.positions)
        shown = positions_table(snapshot.positions, snapshot.net_positions, view.snapshot_age_s, grids)
        return with_sparks(shown, self._sparks, rank=8, is_signed=True)

    def note(self, view: View) -> Line:
        held = [position for position in _snapshot(view).positions if position.quantity]
        return positions_note(held, view.snapshot_age_s)


class OrdersPane(TablePane):
    TITLE = "Orders"
    ABOUT = (
        "Held orders first (they wait here until the market comes to them), then live ones, then the newest that ended."
    )
    KEYS = (
        "explain",
        "cancel",
        "cancel-symbol",
        "order-up",
        "order-down",
        "cursor-up",
        "cursor-down",
        "copy",
        "export",
    )

    def export(self, snapshot: DeskSnapshot) -> Export:
        return export_of("orders", snapshot.orders, ORDER_COLUMNS)

    def table(self, view: View) -> Table:
        snapshot = _snapshot(view)
        return orders_table(snapshot.orders, grids_of(snapshot.instruments, snapshot.orders))

    def note(self, view: View) -> Line:
        live = sum(1 for order in _snapshot(view).orders if not is_final(order))
        return (Span(f"{live} live", Ink.OWN if live else Ink.QUIET),)


class FillsPane(TablePane):
    TITLE = "Fills"
    ABOUT = "Own executions, newest first, with their fee and whether they made or took liquidity."
    KEYS = ("explain", "cursor-up", "cursor-down", "copy", "export")

    def export(self, snapshot: DeskSnapshot) -> Export:
        return export_of("fills", snapshot.fills, FILL_COLUMNS)

    def table(self, view: View) -> Table:
        snapshot = _snapshot(view)
        return fills_table(snapshot.fills, grids_of(snapshot.instruments, snapshot.fills))


class VenuesPane(TablePane):
    TITLE = "Venues"
    ABOUT = (
        "Whether each feed is up, how late it answers, and what stands against it. With room, a line has how late it "
        "answered in the last minutes, from when this console began."
    )
    KEYS = ("explain", "halt-selected", "lift-selected", "safe-mode", "leave-safe-mode", "cursor-up", "cursor-down")
    IS_PUBLIC = True

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self._sparks = SparkHistory()

    def take_note(self, view: View) -> None:
        snapshot = _snapshot(view)
        self._sparks.take(latency_by_row(snapshot.monitoring), snapshot.engine_ns, snapshot.engine_id)

    def table(self, view: View) -> Table:
        snapshot = _snapshot(view)
        self.take_note(view)
        shown = venues_table(snapshot.monitoring, view.snapshot_age_s)
        return with_sparks(shown, self._sparks, rank=6, is_signed=False)


class StrategiesPane(TablePane):
    TITLE = "Strategies"
    ABOUT = (
        "What trades by itself, what it did last, and what it has earned since its first fill: by its own orders and "
        "jobs, and by what closed its positions for it, after fees and with the funding that is surely its own. The "
        "age is that of the oldest price that counts. * something is not in it: {explain} says what. A line has the "
        "last minutes, from when this console began."
    )
    KEYS = (
        "explain", "start-strategy", "stop-strategy", "halt-selected", "lift-selected", "cursor-up", "cursor-down",
        "copy", "export",
    )  # fmt: skip

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self._sparks = SparkHistory()

    def export(self, snapshot: DeskSnapshot) -> Export:
        rows = [
            (*(getattr(each, column) for column in STRATEGY_COLUMNS),
             *(None if each.profit is None else getattr(each.profit, column) for column in PROFIT_COLUMNS))
            for each in snapshot.monitoring.strategies
        ]  # fmt: skip
        return rows_of("strategies", (*STRATEGY_COLUMNS, *PROFIT_COLUMNS), rows)

    def take_note(self, view: View) -> None:
        snapshot = _snapshot(view)
        self._sparks.take(pnl_by_row(snapshot.monitoring.strategies), snapshot.engine_ns, snapshot.engine_id)

    def table(self, view: View) -> Table:
        self.take_note(view)
        shown = strategies_table(_snapshot(view).monitoring.strategies, view.snapshot_age_s)
        return with_sparks(shown, self._sparks, rank=3, is_signed=True, after=PNL)

    def note(self, view: View) -> Line:
        state = _snapshot(view).monitoring
        running = state.global_.active_strategies
        count = Span(f"{running} running", Ink.GOOD if running else Ink.QUIET)
        if any(is_in_part(each.profit) for each in state.strategies):
            return (Span(self.keys(view)("* in part: {explain}  "), Ink.WARNING), count)
        return (count,)
