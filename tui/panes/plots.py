"""Candles of the selected instrument and the day's profit."""

from core.state.desk import ChartView, DeskSnapshot
from tui.panes.pane import Pane
from tui.panes.view import View
from tui.present.candles import chart_lines, chart_note, chart_title
from tui.present.chart_cursor import moved_sideways, point_at
from tui.present.chart_own import own_lines
from tui.present.curve import pnl_lines, pnl_note
from tui.present.export import Export, export_of
from tui.present.export_columns import BAR_COLUMNS, PNL_COLUMNS
from tui.present.ink import Ink, Span
from tui.present.picture import Picture


class ChartPane(Pane):
    """Keep the crosshair on the time of a bar; the bar may move, its numbers stay the shown ones."""

    TITLE = "Chart"
    ABOUT = (
        "Candles of the selected instrument with its volume. ← and → put a crosshair on a bar, whose numbers stand "
        "above; esc lets go. ▲ own buys, ▼ own sells, ⇅ both; ◆ the position's average price, B and S resting orders. "
        "The bar that still runs is dashed. ▸ marks the last price."
    )
    KEYS = (
        "cursor-left", "cursor-right", "page-left", "page-right", "drop-cursor", "longer-bars", "shorter-bars",
        "next-instrument", "previous-instrument", "copy", "export",
    )  # fmt: skip
    IS_PUBLIC = True
    FRAMES_BETWEEN = 4

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self._cursor_ns: int | None = None

    def _chart(self) -> ChartView | None:
        view = self._view
        return None if view is None or view.snapshot is None else view.snapshot.chart

    def export(self, snapshot: DeskSnapshot) -> Export | None:
        return None if snapshot.chart is None else export_of("bars", snapshot.chart.bars, BAR_COLUMNS)

    def draw(self, view: View, width: int, height: int) -> Picture:
        snapshot, chart = view.snapshot, self._chart()
        if chart is not None and point_at([bar.open_ns for bar in chart.bars], self._cursor_ns) is None:
            self._cursor_ns = None  # its bar is kept no more; another one's numbers must not stand for it
        own = () if snapshot is None or chart is None else own_lines(snapshot, chart)
        body = chart_lines(chart, width, height, cursor_ns=self._cursor_ns, own=own)
        return Picture(chart_title(chart), chart_note(chart), body)

    def move_sideways(self, step: int) -> None:
        chart = self._chart()
        if chart is not None:
            self._cursor_ns = moved_sideways([bar.open_ns for bar in chart.bars], self._cursor_ns, step)
            self.paint()

    def drop_cursor(self) -> None:
        self._cursor_ns = None
        self.paint()


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
