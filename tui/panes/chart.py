"""Candles of the selected instrument."""

from typing import Final

from core.indicators.study import MAX_STUDIES, known_study
from core.state.desk import ChartView, DeskSnapshot
from core.state.monitoring import MarketState
from tui.panes.pane import Pane
from tui.panes.view import View
from tui.present.candles import chart_lines, chart_notes, chart_title
from tui.present.chart_cursor import moved_sideways, point_at
from tui.present.chart_own import own_lines
from tui.present.chart_studies import VOLUME
from tui.present.export import Export, rows_of
from tui.present.export_columns import BAR_COLUMNS
from tui.present.frame import fitting_note
from tui.present.ink import Line
from tui.present.market_age import market_age
from tui.present.picture import Picture

DEFAULT_STUDIES: Final = (VOLUME,)


def _market_of(snapshot: DeskSnapshot | None, chart: ChartView | None) -> MarketState | None:
    if snapshot is None or chart is None:
        return None
    return snapshot.monitoring.market.get(chart.venue, {}).get(chart.symbol)


class ChartPane(Pane):
    """Keep the crosshair on the time of a bar; the bar may move, its numbers stay the shown ones."""

    TITLE = "Chart"
    ABOUT = (
        "Candles of the selected instrument with its volume. {cursor-left} and {cursor-right} put a crosshair on a "
        "bar, whose numbers stand above; {drop-cursor} lets go. ▲ own buys, ▼ own sells, ⇅ both; ◆ the position's "
        "average price, X and T where it is stopped and taken, B and S resting orders. A bar that still runs or lacks "
        "trades (part) is dashed; columns are empty where the feed was lost. ▸ marks the last price, struck through "
        "where it is stale; the frame has the age of the market's data. {indicators} chooses averages and bands over "
        "the price and oscillators below it; the engine computes them over every bar it keeps, and a saved screen "
        "keeps the choice."
    )
    KEYS = (
        "cursor-left", "cursor-right", "page-left", "page-right", "drop-cursor", "indicators", "longer-bars",
        "shorter-bars", "next-instrument", "previous-instrument", "copy", "export",
    )  # fmt: skip
    IS_PUBLIC = True
    FRAMES_BETWEEN = 4

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self.studies: tuple[str, ...] = DEFAULT_STUDIES
        self._cursor_ns: int | None = None
        self._drawn: tuple[tuple[object, ...], list[Line]] | None = None

    @property
    def wanted_studies(self) -> tuple[str, ...]:
        """Return what the engine is to compute."""
        return tuple(name for name in self.studies if name != VOLUME)

    def show_studies(self, studies: tuple[str, ...]) -> None:
        """Draw these from now on; what is not known, as in a file that was written by hand, is left out."""
        self.studies = tuple(name for name in studies if name == VOLUME or known_study(name))[:MAX_STUDIES]
        self.paint()

    def _chart(self) -> ChartView | None:
        view = self._view
        return None if view is None or view.snapshot is None else view.snapshot.chart

    def export(self, snapshot: DeskSnapshot) -> Export | None:
        """Return the bars, each with the values of the studies."""
        chart = snapshot.chart
        if chart is None:
            return None
        curves = [(study, line) for study in chart.studies for line in study.lines]
        names = tuple(f"{study.name} {line.label}".strip() for study, line in curves)
        rows = [
            (*(getattr(bar, column) for column in BAR_COLUMNS), *(line.values[place] for _, line in curves))
            for place, bar in enumerate(chart.bars)
        ]
        return rows_of("bars", (*BAR_COLUMNS, *names), rows)

    def draw(self, view: View, width: int, height: int) -> Picture:
        snapshot, chart = view.snapshot, self._chart()
        if chart is not None and point_at([bar.open_ns for bar in chart.bars], self._cursor_ns) is None:
            self._cursor_ns = None  # its bar is kept no more; another one's numbers must not stand for it
        keys = self.keys(view)
        own = () if snapshot is None or chart is None else own_lines(snapshot, chart)
        age = market_age(_market_of(snapshot, chart), view.snapshot_age_s)
        has_volume = VOLUME in self.studies
        key = (chart, own, width, height, self._cursor_ns, has_volume, age.state, keys.is_alone)
        if self._drawn is None or self._drawn[0] != key:
            lines = chart_lines(
                chart, width, height, cursor_ns=self._cursor_ns, own=own, has_volume=has_volume, last=age.state,
                keys=keys,
            )  # fmt: skip
            self._drawn = (key, lines)
        title = chart_title(chart)
        return Picture(title, fitting_note(title, chart_notes(chart, age), width), self._drawn[1])

    def move_sideways(self, step: int) -> None:
        chart = self._chart()
        if chart is not None:
            self._cursor_ns = moved_sideways([bar.open_ns for bar in chart.bars], self._cursor_ns, step)
            self.paint()

    def drop_cursor(self) -> None:
        self._cursor_ns = None
        self.paint()
