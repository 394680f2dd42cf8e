"""The table panes: positions, orders, fills, venues, strategies, alerts."""

from core.state.desk import DeskSnapshot
from tui.panes.table_pane import TablePane
from tui.panes.view import View
from tui.present.ink import Decor, Ink, Line, Span
from tui.present.orders import fills_table, is_final, orders_table
from tui.present.positions import positions_table
from tui.present.risk import alerts_table
from tui.present.strategies import strategies_table
from tui.present.table import Table
from tui.present.venues import venues_table


def _snapshot(view: View) -> DeskSnapshot:
    if view.snapshot is None:
        raise LookupError("drawn without a snapshot")
    return view.snapshot


class PositionsPane(TablePane):
    TITLE = "Positions"

    def table(self, view: View) -> Table:
        snapshot = _snapshot(view)
        return positions_table(snapshot.positions, snapshot.net_positions, view.snapshot_age_s)

    def note(self, view: View) -> Line:
        held = sum(1 for position in _snapshot(view).positions if position.quantity)
        return (Span(f"{held} open", Ink.OWN if held else Ink.QUIET),)


class OrdersPane(TablePane):
    TITLE = "Orders"

    def table(self, view: View) -> Table:
        return orders_table(_snapshot(view).orders)

    def note(self, view: View) -> Line:
        live = sum(1 for order in _snapshot(view).orders if not is_final(order))
        return (Span(f"{live} live", Ink.OWN if live else Ink.QUIET),)


class FillsPane(TablePane):
    TITLE = "Fills"

    def table(self, view: View) -> Table:
        return fills_table(_snapshot(view).fills)


class VenuesPane(TablePane):
    TITLE = "Venues"
    IS_PUBLIC = True

    def table(self, view: View) -> Table:
        return venues_table(_snapshot(view).monitoring, view.snapshot_age_s)


class StrategiesPane(TablePane):
    TITLE = "Strategies"

    def table(self, view: View) -> Table:
        return strategies_table(_snapshot(view).monitoring.strategies)

    def note(self, view: View) -> Line:
        running = _snapshot(view).monitoring.global_.active_strategies
        return (Span(f"{running} running", Ink.GOOD if running else Ink.QUIET),)


class AlertsPane(TablePane):
    TITLE = "Alerts"
    IS_PUBLIC = True

    def table(self, view: View) -> Table:
        return alerts_table(_snapshot(view).monitoring.alerts, view.engine_ns)

    def note(self, view: View) -> Line:
        count = len(_snapshot(view).monitoring.alerts)
        return (Span(f"{count} standing", Ink.ALARM, Decor.BOLD),) if count else ()
