"""Which indicators there are and how one is asked for. Imports no compiler."""

from enum import IntEnum
from typing import NamedTuple


class IndicatorKind(IntEnum):
    SMA = 1
    EMA = 2
    RMA = 3
    RSI = 4  # Wilder's smoothing
    RSI_SIMPLE = 5  # plain means of gains and losses
    DEVIATION = 6
    BOLLINGER = 7


class Source(IntEnum):
    """The price of a bar that goes into an indicator."""

    OPEN = 0
    HIGH = 1
    LOW = 2
    CLOSE = 3
    VOLUME = 4
    HL2 = 5
    HLC3 = 6
    OHLC4 = 7


_OUTPUTS: dict[IndicatorKind, tuple[str, ...]] = {IndicatorKind.BOLLINGER: (".middle", ".upper", ".lower")}


class IndicatorSpec(NamedTuple):
    """One indicator: its kind, its length in bars, the price it reads, and the width of bands."""

    kind: IndicatorKind
    length: int
    source: Source = Source.CLOSE
    width: float = 2.0

    @property
    def output_suffixes(self) -> tuple[str, ...]:
        """Return what is appended to the indicator's name for each of its outputs."""
        return _OUTPUTS.get(self.kind, ("",))

    @property
    def warm_up_bars(self) -> int:
        """Return how many bars it takes until the first value."""
        is_rsi = self.kind in (IndicatorKind.RSI, IndicatorKind.RSI_SIMPLE)
        return self.length + 1 if is_rsi else self.length

    @property
    def settled_bars(self) -> int:
        """Return how many bars it takes until the start of the series weighs less than about one part in 10,000."""
        match self.kind:
            case IndicatorKind.EMA:
                return 5 * self.length + 1
            case IndicatorKind.RMA | IndicatorKind.RSI:
                return 10 * self.length + 1
            case _:
                return self.warm_up_bars


def check_length(length: int) -> None:
    """Raise ValueError unless `length` is a positive whole number of bars."""
    if length < 1:
        raise ValueError(f"indicator length {length} is not allowed: at least 1 bar")
