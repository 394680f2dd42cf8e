"""A clock that goes on when a test says so."""

from tests.console.fake_jobs import START_NS


class ManualClock:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now_ns = 1_000_000_000

    def utc_ns(self) -> int:
        return START_NS + self.now_ns

    def monotonic_ns(self) -> int:
        return self.now_ns

    def advance(self, seconds: float) -> None:
        self.now_ns += int(seconds * 1e9)
