"""The day's profit, the equity that it has led to, and how far it has fallen from its peak."""

from collections.abc import Sequence

from core.state.desk import DeskSnapshot, PnlPoint
from tui.panes.pane import Pane
from tui.panes.view import View
from tui.present.curve import moved_in_time, pnl_lines, pnl_notes
from tui.present.drawdown import drawdowns
from tui.present.export import Export, rows_of
from tui.present.frame import fitting_note
from tui.present.ink import Ink, Line, Span
from tui.present.inputs import Inputs, inputs_of
from tui.present.picture import Picture


class PnlPane(Pane):
    """Plot anew only when a point, the room or the crosshair has changed."""

    TITLE = "Profit today"
    ABOUT = (
        "Profit and loss since the UTC day began, a point a second; open positions are valued at the mark. ┈ is where "
        "the day began; below hangs dd, how far the profit stands under its peak, with ▼ where that was deepest, both "
        "since the time beside them where the engine began within the day. A gap is where the profit was not known. "
        "Equity is the day's start with this profit; what was paid in or out is none. marks: the age of the oldest "
        "price that counts. {cursor-left} and {cursor-right} put a crosshair on a moment."
    )
    KEYS = ("cursor-left", "cursor-right", "page-left", "page-right", "drop-cursor", "copy", "export")
    FRAMES_BETWEEN = 4

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self._cursor_ns: int | None = None
        self._drawn: tuple[tuple[object, ...], list[Line]] | None = None

    def export(self, snapshot: DeskSnapshot) -> Export:
        points = snapshot.pnl_curve
        rows = [(point.at_ns, point.pnl_usd, fall) for point, fall in zip(points, drawdowns(points), strict=True)]
        return rows_of("profit", ("at_ns", "pnl_usd", "drawdown_usd"), rows)

    def _points(self) -> Sequence[PnlPoint]:
        view = self._view
        return [] if view is None or view.snapshot is None else view.snapshot.pnl_curve

    def draw(self, view: View, width: int, height: int) -> Picture:
        points, inputs = self._points(), inputs_of(view.snapshot, view.snapshot_age_s)
        if self._cursor_ns is not None and (not points or points[0].at_ns > self._cursor_ns):
            self._cursor_ns = None  # a new day has begun
        title = (Span(self.TITLE, Ink.STRONG),)
        note = fitting_note(title, pnl_notes(points, inputs), width)
        return Picture(title, note, self._body(points, inputs, width, height))

    def _body(self, points: Sequence[PnlPoint], inputs: Inputs, width: int, height: int) -> list[Line]:
        key = (len(points), points[-1:], inputs.equity_usd, width, height, self._cursor_ns)
        if self._drawn is None or self._drawn[0] != key:
            lines = pnl_lines(points, width, height, cursor_ns=self._cursor_ns, equity_usd=inputs.equity_usd)
            self._drawn = (key, lines)
        return self._drawn[1]

    def move_sideways(self, step: int) -> None:
        columns = max(1, self.size.width - 2)
        self._cursor_ns = moved_in_time(self._points(), self._cursor_ns, step, columns)
        self.paint()

    def drop_cursor(self) -> None:
        self._cursor_ns = None
        self.paint()
