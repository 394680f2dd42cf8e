"""The clock of a replay: recorded receive time."""


class ReplayClock:
    """A `Clock` that stands where the replay stands and never runs backwards."""

    def __init__(self, start_ns: int = 0) -> None:
        self._now_ns = start_ns

    def utc_ns(self) -> int:
        return self._now_ns

    def monotonic_ns(self) -> int:
        return self._now_ns

    def advance_to(self, now_ns: int) -> None:
        """Move forward; an earlier time changes nothing."""
        self._now_ns = max(self._now_ns, now_ns)
