"""The base of all panes: paints lines as strips, refreshes changed rows only, and survives its own errors."""

import logging
from typing import ClassVar

from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from core.state.desk import DeskSnapshot
from tui.panes.looks import ground_of, looks_of, strip_of
from tui.panes.view import View
from tui.present import numbers
from tui.present.cells import wrap
from tui.present.export import Export
from tui.present.frame import frame_look, framed
from tui.present.freshness import LATE_AFTER_S, Freshness, freshness
from tui.present.ink import Decor, Ink, Line, Span, decorated
from tui.present.key_words import KeyWords
from tui.present.picture import Picture

_LOG = logging.getLogger(__name__)


class Pane(Widget, can_focus=True):
    """One widget, one canvas. Subclasses say what to draw; this class decides when and which rows change."""

    TITLE: ClassVar[str] = ""
    ABOUT: ClassVar[str] = ""  # what it shows, for the help
    KEYS: ClassVar[tuple[str, ...]] = ()  # the actions that do something here, by name
    FRAMES_BETWEEN: ClassVar[int] = 0  # frames skipped after one that was drawn
    IS_PUBLIC: ClassVar[bool] = False  # shows what anybody may see: the privacy mask leaves it, but for what is own
    OLD_DECOR: ClassVar[bool] = True  # fade the body while the engine is silent

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(id=pane_id)
        self.letter = letter
        self._view: View | None = None
        self._lines: list[Line] = []
        self._strips: list[Strip] = []
        self._skipped = 0
        self._logged_error = ""
        self._fault: Exception | None = None  # of the last frame that was taken

    @property
    def name_shown(self) -> str:
        """Return what a trader calls this pane."""
        return self.TITLE.lower()

    def export(self, snapshot: DeskSnapshot) -> Export | None:  # noqa: ARG002 (for panes that have rows)
        """Return what is shown as exact rows; None for a pane without any."""
        return None

    def draw(self, view: View, width: int, height: int) -> Picture:
        """Return what to paint inside the frame."""
        raise NotImplementedError

    def take(self, view: View) -> None:
        """Keep what is remembered of a view; called with each frame while the pane is shown."""

    def frame(self, view: View) -> None:
        """Take a new view; draw it when this pane's turn has come. Its errors are its own: the next pane goes on."""
        try:
            self.take(view)
            self._fault = None
        except Exception as error:
            self._fault = error
        before, self._view = self._view, view
        is_urgent = before is None or view.has_new_stale or before.link.is_late != view.link.is_late
        if not is_urgent and self._lines and self._skipped < max(self.FRAMES_BETWEEN + 1, view.pace) - 1:
            self._skipped += 1
            return
        self.paint()

    def take_turn(self, frames_since_drawn: int) -> None:
        """Go on as a pane that was drawn so many frames ago."""
        self._skipped = frames_since_drawn % max(self.FRAMES_BETWEEN + 1, 1 if self._view is None else self._view.pace)

    def look_aside(self, view: View) -> None:
        """Keep what the past is drawn from; called about once a second while the pane is not shown."""
        try:
            self.take_note(view)
        except Exception as error:
            self._log_once(error)

    def take_note(self, view: View) -> None:
        """Keep what the past is drawn from, for panes that draw it."""

    def put_away(self) -> None:
        """Be shown no longer: when it comes back, nothing is drawn from what it saw before."""
        self._view = None
        self.forget()

    def forget(self) -> None:
        """Draw every row the next time, whether or not it changed."""
        self._lines, self._strips = [], []

    def paint(self) -> None:
        """Draw now, from the view at hand."""
        view, (width, height) = self._view, self.size
        if view is None or not self.display or width <= 0 or height <= 0:
            return
        self._skipped = 0
        self._show(self._framed(view, width, height), width)

    def _framed(self, view: View, width: int, height: int) -> list[Line]:
        picture = self._guarded(view, width - 2, height - 2)
        title, note, body = self._aged(view, picture)
        if view.jump_letters and self.letter:
            title = (Span(f" {self.letter} ", Ink.ACCENT, Decor.REVERSED | Decor.BOLD), Span(" "), *title)
        look = frame_look(is_live=view.is_live, is_focused=self.has_focus)
        return framed(body, title, note, width=width, height=height, look=look, foot=self._guarded_foot(view, width))

    def keys(self, view: View) -> KeyWords:
        """Return what puts the trader's keys into texts of this pane."""
        area = self.parent
        return KeyWords(view.filled, isinstance(area, Widget) and area.size == self.outer_size)

    def foot(self, view: View, width: int) -> Line:  # noqa: ARG002 (for panes that have something to say there)
        """Return what stands in the lower edge of the frame, at most `width` cells."""
        return ()

    def _guarded_foot(self, view: View, width: int) -> Line:
        try:
            return self.foot(view, width)
        except Exception as error:  # as with the body: the rest of the pane is drawn all the same
            self._log_once(error)
            return ()

    def _guarded(self, view: View, width: int, height: int) -> Picture:
        title = (Span(self.TITLE, Ink.STRONG, Decor.BOLD),)
        if view.snapshot is None:
            return Picture(title, (), wrap(view.link.lost_reason or "waiting for the engine", max(1, width), Ink.QUIET))
        try:
            if self._fault is not None:
                raise self._fault
            picture = self.draw(view, max(1, width), max(1, height))
        except Exception as error:  # a pane that cannot draw must not take the kill key down with it
            self._log_once(error)
            text = f"this pane could not be drawn: {type(error).__name__}: {error}"
            return Picture(title, (Span("ERROR", Ink.ALARM, Decor.BOLD),), wrap(text, max(1, width), Ink.ALARM))
        self._logged_error = ""
        return picture

    def _log_once(self, error: Exception) -> None:
        text = repr(error)
        if text != self._logged_error:
            self._logged_error = text
            _LOG.error("pane %s could not be drawn", self.id, exc_info=error)

    def _aged(self, view: View, picture: Picture) -> Picture:
        """Make a silent engine visible on every pane: its age in the frame, its numbers faded, then struck."""
        age_s = view.link.snapshot_age_s
        if view.snapshot is None or (age_s is not None and age_s <= LATE_AFTER_S):
            return picture
        note = (Span(f"no data for {numbers.age(age_s)}", Ink.ALARM, Decor.BOLD | Decor.PUBLIC),)
        state = freshness(age_s)
        if state is Freshness.FRESH or not self.OLD_DECOR:
            return picture._replace(note=note)
        return picture._replace(note=note, body=[decorated(line, state.decor) for line in picture.body])

    def _show(self, lines: list[Line], width: int) -> None:
        old, strips = self._lines, self._strips
        if len(old) != len(lines) or (strips and strips[0].cell_length != width):
            self._lines, self._strips = lines, self._painted(lines, width)
            self.refresh()
            return
        changed = [row for row, line in enumerate(lines) if line != old[row]]
        self._lines = lines
        if changed:
            for row, strip in zip(changed, self._painted([lines[row] for row in changed], width), strict=True):
                strips[row] = strip
            self.refresh(*(Region(0, first, width, count) for first, count in _runs(changed)))

    def _painted(self, lines: list[Line], width: int) -> list[Strip]:
        ground, looks, is_private = ground_of(self, is_filtered=True), looks_of(self), not self.IS_PUBLIC
        return [strip_of(line, width, ground, looks, is_private=is_private) for line in lines]

    def render_line(self, y: int) -> Strip:
        return self.render_lines(Region(0, y, self.size.width, 1))[0]

    def render_lines(self, crop: Region) -> list[Strip]:
        """Hand out painted rows as they are: a pane has no styles of its own that the library had to put on them.

        A pane that had no size when it got its view is painted now. Other rows not painted yet are blank, as is what a
        pane that has just grown has not painted.
        """
        width, height = self.size
        if not self._strips and self._view is not None and width > 0 and height > 0:
            self._lines = self._framed(self._view, width, height)
            self._strips = self._painted(self._lines, width)
        strips = self._strips[crop.y : crop.bottom]
        if len(strips) == crop.height and not crop.x and all(strip.cell_length == crop.right for strip in strips):
            return strips
        bare = ground_of(self, is_filtered=True).bare
        strips += [Strip.blank(crop.right, bare)] * (crop.height - len(strips))
        return [strip.crop_extend(crop.x, crop.right, bare) for strip in strips]

    def on_resize(self, _event: events.Resize) -> None:
        self.paint()

    def on_focus(self) -> None:
        self.paint()

    def on_blur(self) -> None:
        self.paint()

    def move_cursor(self, step: int) -> None:
        """Move the pane's cursor down by `step` rows (negative: up); a pane without one ignores it."""

    def move_sideways(self, step: int) -> None:
        """Move the pane's cursor right by `step` columns (negative: left); a pane without one ignores it."""

    def drop_cursor(self) -> None:
        """Let go of the selection."""


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """Join consecutive rows into (first, count) runs."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and runs[-1][0] + runs[-1][1] == row:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((row, 1))
    return runs
