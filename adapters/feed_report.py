"""What a feed tells its sink about itself."""

from collections.abc import Sequence

from core.ports.clock import Clock
from core.ports.venue import MarketSink
from core.types.market import FeedState, FeedStatus


class FeedReport:
    """Tells in what state a feed is; the last trouble stands beside the count of live books until all are live."""

    def __init__(self, venue: str, clock: Clock) -> None:
        self._venue = venue
        self._clock = clock
        self._sink: MarketSink | None = None
        self._is_learning = False
        self._last_trouble = ""

    def learning(self, sink: MarketSink) -> None:
        """Tell a sink, from now on, of a feed that reads its instruments."""
        self._sink = sink
        self._is_learning = True
        self._tell(FeedState.CONNECTING, "reading instruments")

    def connecting(self, attempt: int) -> None:
        self._is_learning = False
        self._tell(FeedState.CONNECTING, f"attempt {attempt}")

    def down(self, reason: str) -> None:
        self._tell(FeedState.DOWN, reason)

    def trouble(self, text: str) -> None:
        """Keep what went wrong for the next report; while instruments are read nothing else would be told."""
        self._last_trouble = text
        if self._is_learning:
            self._tell(FeedState.CONNECTING, text)

    def progress(self, live: int, latencies_ns: Sequence[int | None]) -> None:
        """Tell how many of the books are live, and the middle one of the latencies that are known."""
        known = sorted(latency_ns for latency_ns in latencies_ns if latency_ns is not None)
        if live == len(latencies_ns):
            self._last_trouble = ""
        detail = "; ".join(filter(None, (f"{live} of {len(latencies_ns)} books live", self._last_trouble)))
        self._tell(FeedState.UP, detail, known[len(known) // 2] if known else None)

    def _tell(self, state: FeedState, detail: str, latency_ns: int | None = None) -> None:
        if self._sink is not None:
            self._sink.feed_status(FeedStatus(self._venue, state, detail, latency_ns, self._clock.utc_ns()))
