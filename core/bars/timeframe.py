"""The lengths of bars."""

from enum import StrEnum

NS_PER_S = 1_000_000_000


class Timeframe(StrEnum):
    S1 = "1s"
    S5 = "5s"
    M1 = "1m"
    M5 = "5m"
    M15 = "15m"
    H1 = "1h"
    H4 = "4h"
    D1 = "1d"

    @classmethod
    def parse(cls, text: str) -> "Timeframe":
        """Read ``1m``; raise ValueError that names what is allowed."""
        try:
            return cls(text)
        except ValueError:
            raise ValueError(f"timeframe {text!r} is not one of {', '.join(cls)}") from None

    @property
    def ns(self) -> int:
        """Return the length in nanoseconds."""
        return _LENGTHS_S[self] * NS_PER_S

    def open_ns_of(self, at_ns: int) -> int:
        """Return the start of the bar that `at_ns` lies in; bars are aligned to the UTC epoch."""
        return at_ns - at_ns % self.ns


_LENGTHS_S: dict[Timeframe, int] = {
    Timeframe.S1: 1,
    Timeframe.S5: 5,
    Timeframe.M1: 60,
    Timeframe.M5: 300,
    Timeframe.M15: 900,
    Timeframe.H1: 3_600,
    Timeframe.H4: 14_400,
    Timeframe.D1: 86_400,
}
