"""The page of what happened while the trader was away."""

from collections.abc import Callable

from textual import events

from core.state.away import AwayReport
from tui.console.dialogs.pages import PageDialog
from tui.present.away import away_lines, title


class AwayDialog(PageDialog):
    """Any key but the arrows closes it; what the key does is done too, where that cannot raise risk.

    A trader who comes back to a burning house types the first key before reading what is in the way.
    """

    def __init__(self, report: AwayReport, hand_on: Callable[[events.Key], None]) -> None:
        super().__init__(title(report), away_lines(report, self.BOX_COLUMNS - 4))
        self._hand_on = hand_on

    def on_key(self, event: events.Key) -> None:
        if event.key in {"up", "down", "pageup", "pagedown"}:
            super().on_key(event)
            return
        event.stop()
        self.dismiss(None)
        self._hand_on(event)
