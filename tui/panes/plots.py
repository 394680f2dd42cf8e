"""Candles of the selected instrument and the day's profit."""

from core.state.desk import DeskSnapshot
from tui.panes.pane import Pane
from tui.panes.view import View
from tui.present.candles import chart_lines, chart_note, chart_title
from tui.present.curve import pnl_lines, pnl_note
from tui.present.export import Export, export_of
from tui.present.export_columns import BAR_COLUMNS, PNL_COLUMNS
from tui.present.ink import Ink, Span
from tui.present.picture import Picture


class ChartPane(Pane):
    TITLE = "Chart"
    ABOUT = "Candles of the selected instrument with its volume; own fills are marked at their price and time."
    KEYS = ("longer-bars", "shorter-bars", "next-instrument", "previous-instrument", "export")
    IS_PUBLIC = True
    FRAMES_BETWEEN = 4

    def export(self, snapshot: DeskSnapshot) -> Export | None:
        return None if snapshot.chart is None else export_of("bars", snapshot.chart.bars, BAR_COLUMNS)

    def draw(self, view: View, width: int, height: int) -> Picture:
        chart = view.snapshot.chart if view.snapshot is not None else None
        return Picture(chart_title(chart), chart_note(chart), chart_lines(chart, width, height))


class PnlPane(Pane):
    TITLE = "Profit today"
    ABOUT = "Profit and loss since the UTC day began, a point a second; open positions are valued at the mark."
    KEYS = ("export",)
    FRAMES_BETWEEN = 4

    def export(self, snapshot: DeskSnapshot) -> Export:
        return export_of("profit", snapshot.pnl_curve, PNL_COLUMNS)

    def draw(self, view: View, width: int, height: int) -> Picture:
        points = view.snapshot.pnl_curve if view.snapshot is not None else []
        return Picture((Span(self.TITLE, Ink.STRONG),), pnl_note(points), pnl_lines(points, width, height))
