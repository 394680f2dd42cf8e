"""What a console leaves behind, collected while it is still cheap to find."""

import gc
from typing import Final

from core.ports.clock import Clock

EVERY_NS: Final = 60_000_000_000
SETTLED_NS: Final = 2_000_000_000  # the library takes a closed dialog apart in its own time
_YOUNG: Final = 1  # what one earlier collection of the youngest has left counts as young too


class YoungGarbage:
    """Collects what was made and dropped since the last time, once a minute and never under a dialog.

    An engine's process all but stops collecting (see `core.io.interpreter`). The library's widgets refer to each
    other, so what a closed dialog was made of would stay for hours. Found soon it costs about a millisecond; what is
    on the screen meanwhile would have outlived the collection, to be looked at by none again: hence no open dialog.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._collected_ns = self._dialog_ns = clock.monotonic_ns()

    def frame(self, *, has_dialog: bool) -> None:
        """Collect where it is time; called after a frame was drawn."""
        now_ns = self._clock.monotonic_ns()
        if has_dialog:
            self._dialog_ns = now_ns
        elif now_ns - self._dialog_ns >= SETTLED_NS and now_ns - self._collected_ns >= EVERY_NS:
            self._collected_ns = now_ns
            gc.collect(_YOUNG)
