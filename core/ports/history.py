"""Bars from before the engine started."""

from collections.abc import Sequence
from typing import Protocol

from core.bars.bar import Bar
from core.bars.timeframe import Timeframe
from core.types.instrument import Instrument


class BarHistory(Protocol):
    def bars(self, instrument: Instrument, timeframe: Timeframe, count: int) -> Sequence[Bar]:
        """Return up to `count` closed bars, oldest first; none where there is no history."""
        ...


class NoHistory:
    """A venue that remembers nothing."""

    def bars(self, instrument: Instrument, timeframe: Timeframe, count: int) -> Sequence[Bar]:
        del instrument, timeframe, count
        return ()
