"""What a change of a feed's state means: a line of log, and bars whose trades may be missing."""

from typing import Final

from core.engine.bar_store import BarStore
from core.engine.engine_log import EngineLog
from core.types.market import FeedState, FeedStatus

_LOSES_NOTHING: Final = frozenset({FeedState.UP, FeedState.CLOSED})  # a closed market trades nothing


class FeedWatch:
    """Told of each change of state, not of each word of a feed."""

    def __init__(self, bars: BarStore, log: EngineLog) -> None:
        self._bars = bars
        self._log = log

    def changed(self, before: FeedState | None, status: FeedStatus) -> None:
        detail = f": {status.detail}" if status.detail else ""
        level = "warning" if status.state is FeedState.DOWN else "info"
        self._log.write(level, "feed", f"{status.venue} is {status.state.value}{detail}")
        if status.state is FeedState.DOWN or (before is FeedState.UP and status.state is FeedState.CONNECTING):
            self._bars.note_lost(status.venue, status.at_ns)
        if status.state in _LOSES_NOTHING:
            self._bars.note_not_lost(status.venue, status.at_ns)
        if status.state is FeedState.UP and before is not None:
            self._bars.note_gap(status.venue, status.at_ns)

    def dropped(self, venue: str, trades: int, now_ns: int) -> None:
        """Say that trades came faster than they could be worked off and the oldest were left out."""
        self._bars.note_gap(venue, now_ns)
        self._log.warning("feed", f"{venue}: {trades} public trades were left out, too many waited")
