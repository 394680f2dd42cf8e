"""What goes wrong in frames: each part fails by itself, and is told once rather than ten times a second."""

import logging
from collections.abc import Callable

_LOG = logging.getLogger(__name__)


class FrameFaults:
    """Remembers the last fault of each part, so that two parts that fail in turn are not news with every frame."""

    def __init__(self, say: Callable[[str, str], None]) -> None:
        self._say = say
        self._last: dict[object, str] = {}

    def guard(self, part: Callable[[], None]) -> None:
        """Draw a part of a frame; the panes behind it must go on: standing still they look fresh."""
        try:
            part()
        except Exception as error:
            self.tell(part, error)

    def tell(self, part: object, error: Exception) -> None:
        """Say and log a fault unless it is the one that this part had before."""
        if self._last.get(part) != repr(error):
            self._last[part] = repr(error)
            _LOG.error("a frame could not be drawn", exc_info=error)
            self._say("error", f"a frame could not be drawn: {type(error).__name__}: {error}")
