"""The desk's screen: what a key did is seen at once, and a frame only whole."""

from collections.abc import Callable
from typing import Any, Final

from textual.screen import Screen
from textual.timer import Timer

PAINTED_WITHIN_S: Final = 0.004  # the library's own screen lets a key wait up to 17 ms
_OF_THE_PAINTING: Final = "screen_update"  # as the library names that timer


class DeskScreen(Screen[None]):
    """Paints what changed within milliseconds, but nothing of a frame while it is drawn: its panes are of one moment.

    The timer that paints runs only while something waits to be painted, so a short period costs nothing.
    """

    def __init__(self, is_framing: Callable[[], bool]) -> None:
        super().__init__(id="_default")
        self._is_framing = is_framing
        self._paint_whole: Callable[[], None] = lambda: None  # nothing waits before the library has made its timer

    def set_interval(self, interval: float, callback: Any = None, *, name: str | None = None, **options: Any) -> Timer:
        if name == _OF_THE_PAINTING:
            self._paint_whole = self._unless_framing(callback)
            return super().set_interval(PAINTED_WITHIN_S, self._paint_whole, name=name, **options)
        return super().set_interval(interval, callback, name=name, **options)

    def _unless_framing(self, paint: Callable[[], None]) -> Callable[[], None]:
        def paint_whole() -> None:
            if not self._is_framing():  # the timer runs on until it painted
                paint()

        return paint_whole

    def paint_after_frame(self) -> None:
        """Paint what a frame held back: where frames take all of their time, no tick meets the gap between two.

        It goes behind what the panes have asked for by now, so that all of them are in this picture.
        """
        self.call_later(self._paint_whole)
