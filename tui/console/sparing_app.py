"""An app that sends its terminal only what differs from what the terminal shows."""

import logging
from collections.abc import Iterator
from typing import TypeVar

from rich.color import ColorSystem
from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.geometry import NULL_OFFSET, Size
from textual.screen import Screen

from tui.console.cell_text import TooManyClustersError
from tui.console.freed_pictures import free_what_is_painted_over
from tui.console.terminal_picture import Placed, TerminalPicture

_LOG = logging.getLogger(__name__)
_COLOURS = {"standard": ColorSystem.STANDARD, "256": ColorSystem.EIGHT_BIT, "truecolor": ColorSystem.TRUECOLOR}
_SMALL_CHARACTERS = 256  # no terminal shows half of what is shorter, so it needs no bracket
Result = TypeVar("Result")


class SparingApp(App[Result], inherit_bindings=False):
    """Textual sends every row that was refreshed; this compares cells first, and sends nothing where all are equal."""

    def __init__(self, *, ansi_color: bool) -> None:
        super().__init__(ansi_color=ansi_color)
        free_what_is_painted_over()
        self._picture: TerminalPicture | None = TerminalPicture()
        self._is_picture_whole = False
        self._cursor_shown = NULL_OFFSET

    def paint_terminal_anew(self) -> None:
        """Send every cell again: the terminal may show something else by now."""
        self._forget_terminal()
        if self.is_running and self.screen_stack:
            self.screen.refresh()

    def take_terminal_back(self) -> None:
        """Do what is to be done when something else had the terminal meanwhile."""
        self.paint_terminal_anew()

    def _forget_terminal(self) -> None:
        self._is_picture_whole = False
        if self._picture is not None:
            self._picture.forget()

    def on_resize(self, _event: events.Resize) -> None:
        self.paint_terminal_anew()  # terminals move what they show, also where the old size comes back

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Send what changed; this is the one place where the library turns a picture into bytes."""
        text = self._difference(renderable)
        if text is None:
            super()._display(screen, renderable)  # pyright: ignore[reportUnknownMemberType] - the library leaves it open
            return
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        if cursor != NULL_OFFSET or cursor != self._cursor_shown:
            if text or cursor != self._cursor_shown:
                text += f"\x1b[{cursor.y + 1};{cursor.x + 1}H"  # input methods open where the cursor stands
            self._cursor_shown = cursor
        if text:
            self._send(text)
        self.post_display_hook()

    def _send(self, text: str) -> None:
        assert self._driver is not None
        is_bracketed = len(text) > _SMALL_CHARACTERS
        if is_bracketed:
            self._begin_update()
        self._driver.write(text)
        if is_bracketed:
            self._end_update()
        self._driver.flush()

    def _difference(self, renderable: RenderableType | None) -> str | None:
        """Return what to send for an update; None for what the library is to send itself."""
        if (
            self._picture is None
            or self._driver is None
            or self.is_headless
            or self.is_inline
            or self._batch_count
            or self._closed
            or not self.is_running
            or not isinstance(renderable, ChopsUpdate | LayoutUpdate)
        ):
            return None
        colours = _COLOURS.get(self.console.color_system or "", ColorSystem.TRUECOLOR)
        try:
            text = self._picture.difference(_placed(renderable), _size_of(renderable), colours)
        except TooManyClustersError:
            self.paint_terminal_anew()
            return None
        except Exception:
            _LOG.exception("the screen is sent whole from now on: what changed could not be told")
            self._picture = None
            return None
        if not self._is_picture_whole:
            self._is_picture_whole = self._picture.is_whole
            if not self._is_picture_whole:
                self.screen.refresh()
        return text


def _size_of(update: ChopsUpdate | LayoutUpdate) -> Size:
    if isinstance(update, LayoutUpdate):
        return update.region.size
    return Size(update.chop_ends[0][-1], len(update.chops)) if update.chops else Size(0, 0)


def _placed(update: ChopsUpdate | LayoutUpdate) -> Iterator[Placed]:
    """Yield the strips of an update with their places."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in strips:
                yield x, y, strip
                x += strip.cell_length
        return
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x <= last and end > first:
                yield x, y, strip if end <= last else strip.crop(0, last - x)
