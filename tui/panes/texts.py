"""The panes of plain lines: risk and the log."""

from core.state.desk import DeskSnapshot, LogLine
from tui.panes.pane import Pane
from tui.panes.view import View
from tui.present.entries import HELD, more_below
from tui.present.export import Export, export_of
from tui.present.export_columns import LOG_COLUMNS
from tui.present.ink import Ink, Span
from tui.present.log import log_lines
from tui.present.picture import Picture
from tui.present.risk import risk_lines


class RiskPane(Pane):
    """Blockers and limits; where they do not fit, the cursor keys scroll."""

    TITLE = "Risk"
    ABOUT = (
        "What blocks new risk, then every limit as the room that is left: the day's loss, the drawdown and what is "
        "invested always first, the others by how near they are."
    )
    KEYS = (
        "explain", "lift-halts", "riskier-mode", "safer-mode", "override", "end-override", "cursor-up", "cursor-down",
    )  # fmt: skip
    FRAMES_BETWEEN = 2

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self._first = 0

    def draw(self, view: View, width: int, height: int) -> Picture:
        if view.snapshot is None:
            return Picture((), (), [])
        state = view.snapshot.monitoring
        lines = risk_lines(state, view.engine_ns, width)
        self._first = max(0, min(self._first, len(lines) - height))
        body = lines[self._first : self._first + height]
        hidden = len(lines) - self._first - height
        if hidden > 0:
            body[-1] = (Span(more_below(hidden + 1, self.keys(view)), Ink.QUIET),)
        note = (Span(state.global_.halt_level.replace("_", " "), Ink.ALARM if state.risk.blockers else Ink.QUIET),)
        return Picture((Span(self.TITLE, Ink.STRONG),), note, body)

    def move_cursor(self, step: int) -> None:
        self._first = max(0, self._first + step)
        self.paint()

    def drop_cursor(self) -> None:
        self._first = 0
        self.paint()


class LogPane(Pane):
    """The engine's log and the console's own lines, by time; scrolled back, it stands still."""

    TITLE = "Log"
    ABOUT = "What the engine did and what was asked of it. Scrolled back it stands still."
    KEYS = ("explain", "cursor-up", "cursor-down", "drop-cursor", "copy", "export")
    FRAMES_BETWEEN = 2
    OLD_DECOR = False

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self._held: tuple[LogLine, ...] | None = None  # what was there when the trader scrolled back
        self._back = 0

    def draw(self, view: View, width: int, height: int) -> Picture:
        entries = self._held or self._entries(view)
        self._back = min(self._back, max(0, len(entries) - height))
        note = (Span(self.keys(view)(HELD), Ink.WARNING),) if self._held is not None else ()
        return Picture((Span(self.TITLE, Ink.STRONG),), note, log_lines(entries, width, height, self._back))

    def in_sight(self) -> tuple[LogLine, ...]:
        """Return the lines that are shown, the newest last."""
        if self._view is None:
            return ()
        entries = self._held or self._entries(self._view)
        end = len(entries) - self._back
        return entries[max(0, end - max(1, self.size.height - 2)) : end]

    def export(self, snapshot: DeskSnapshot) -> Export:
        return export_of("log", snapshot.log, LOG_COLUMNS)

    def _entries(self, view: View) -> tuple[LogLine, ...]:
        engine = view.snapshot.log if view.snapshot is not None else []
        if not view.console_log:
            return tuple(engine)
        return tuple(sorted([*engine, *view.console_log], key=lambda entry: entry.at_ns))

    def move_cursor(self, step: int) -> None:
        if self._view is None:
            return
        if self._held is None:
            self._held = self._entries(self._view)
        self._back = max(0, self._back - step)
        if self._back == 0:
            self._held = None
        self.paint()

    def drop_cursor(self) -> None:
        self._held, self._back = None, 0
        self.paint()
