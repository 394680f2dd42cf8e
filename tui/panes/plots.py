"""Candles of the selected instrument and the day's profit."""

from tui.panes.pane import Pane
from tui.panes.view import View
from tui.present.candles import chart_lines, chart_note, chart_title
from tui.present.curve import pnl_lines, pnl_note
from tui.present.ink import Ink, Span
from tui.present.picture import Picture


class ChartPane(Pane):
    TITLE = "Chart"
    IS_PUBLIC = True
    FRAMES_BETWEEN = 4

    def draw(self, view: View, width: int, height: int) -> Picture:
        chart = view.snapshot.chart if view.snapshot is not None else None
        return Picture(chart_title(chart), chart_note(chart), chart_lines(chart, width, height))


class PnlPane(Pane):
    TITLE = "Profit today"
    FRAMES_BETWEEN = 4

    def draw(self, view: View, width: int, height: int) -> Picture:
        points = view.snapshot.pnl_curve if view.snapshot is not None else []
        return Picture((Span(self.TITLE, Ink.STRONG),), pnl_note(points), pnl_lines(points, width, height))
