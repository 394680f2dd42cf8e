"""The spread between two books of one thing, as it has been since the pane shows it."""

from core.state.desk import BookView, DeskSnapshot
from tui.panes.pane import Pane
from tui.panes.view import View
from tui.present.cells import wrap
from tui.present.chart_cursor import moved_sideways
from tui.present.export import Export, rows_of
from tui.present.freshness import Freshness
from tui.present.ink import Ink, Line, Span
from tui.present.picture import Picture
from tui.present.spread import (
    SpreadHistory,
    buckets_of,
    crossing_of,
    sides_of,
    spread_lines,
    spread_note,
    spread_title,
    threshold_of,
)

_AXIS_CELLS = 8
_KEPT_PAIRS = 8


class SpreadPane(Pane):
    """Take a sample twice a second while both books are fresh; what was not seen stays a gap."""

    TITLE = "Spread"
    ABOUT = (
        "How much dearer one thing is on a second book than on the first, in basis points; both are priced in one "
        "currency, or in dollars of any kind. The bright line is the "
        "middle of both; the lines around it are what selling there and buying here would earn, and the other way "
        "would cost, before fees. ╌ is the edge from which a strategy of this pair trades. {choose-pair} chooses the "
        "pair, {cursor-left} and {cursor-right} put a crosshair on a moment. A side that is stale or closed is said, "
        "and nothing is drawn for it."
    )
    KEYS = (
        "choose-pair", "cursor-left", "cursor-right", "page-left", "page-right", "drop-cursor", "next-instrument",
        "previous-instrument", "copy", "export",
    )  # fmt: skip
    IS_PUBLIC = True
    OLD_DECOR = False  # it judges both ages itself
    FRAMES_BETWEEN = 4

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self.pair: tuple[str, str] | None = None
        self._histories: dict[tuple[str, str], SpreadHistory] = {}
        self._engine_id = ""
        self._cursor_ns: int | None = None
        self._drawn: tuple[tuple[object, ...], list[Line]] | None = None

    def show_pair(self, pair: tuple[str, str] | None) -> None:
        """Show another pair, with what was seen of it before."""
        if pair != self.pair:
            self.pair, self._cursor_ns = pair, None
            self.paint()

    def _history(self) -> SpreadHistory:
        """Return what was seen of the shown pair; those of the pairs shown longest ago are forgotten."""
        pair = self.pair or ("", "")
        history = self._histories.pop(pair, None) or SpreadHistory()
        self._histories[pair] = history
        if len(self._histories) > _KEPT_PAIRS:
            del self._histories[next(iter(self._histories))]
        return history

    def export(self, snapshot: DeskSnapshot) -> Export | None:  # noqa: ARG002 (base signature)
        if self.pair is None:
            return None
        columns = ("at_ns", "first", "second", "sell_second_bps", "middle_bps", "buy_second_bps")
        rows = [
            (each.at_ns, *self.pair, each.sell_bps, each.middle_bps, each.buy_bps) for each in self._history().crossings
        ]
        return rows_of("spread", columns, rows)

    def take(self, view: View) -> None:
        if view.snapshot is None or self.pair is None:
            return
        if view.snapshot.engine_id != self._engine_id:
            self._engine_id, self._histories = view.snapshot.engine_id, {}
        (_, first), (_, second) = self._books(view)
        if (
            first is None
            or second is None
            or sides_of(self._books(view), view.snapshot_age_s).worst is not Freshness.FRESH
        ):
            return
        crossing = crossing_of(first, second, view.snapshot.engine_ns)
        if crossing is not None:
            self._history().add(crossing)

    def _books(self, view: View) -> tuple[tuple[str, BookView | None], tuple[str, BookView | None]]:
        books = {} if view.snapshot is None else view.snapshot.books
        first, second = self.pair or ("", "")
        return (first, books.get(first)), (second, books.get(second))

    def draw(self, view: View, width: int, height: int) -> Picture:
        keys = self.keys(view)
        if self.pair is None or view.snapshot is None:
            text = "No second book of the selected instrument's asset in its currency is known. "
            text += "{choose-pair} chooses another pair."
            return Picture((Span(self.TITLE, Ink.STRONG),), (), wrap(keys(text), width, Ink.QUIET))
        crossings = self._history().crossings
        threshold = threshold_of(view.snapshot.monitoring.strategies, self.pair)
        key = (
            len(crossings),
            crossings[-1] if crossings else None,
            threshold,
            width,
            height,
            self._cursor_ns,
            keys.is_alone,
        )
        if self._drawn is None or self._drawn[0] != key:
            lines = spread_lines(
                list(crossings), self.pair, threshold, width, height, cursor_ns=self._cursor_ns, keys=keys
            )
            self._drawn = (key, lines)
        title = spread_title(self.pair)
        note = spread_note(crossings[-1] if crossings else None, sides_of(self._books(view), view.snapshot_age_s))
        return Picture(title, note, self._drawn[1])

    def move_sideways(self, step: int) -> None:
        columns = max(1, self.size.width - 2 - _AXIS_CELLS)
        times_ns = buckets_of(list(self._history().crossings), columns).times_ns
        self._cursor_ns = moved_sideways(times_ns, self._cursor_ns, step)
        self.paint()

    def drop_cursor(self) -> None:
        self._cursor_ns = None
        self.paint()
