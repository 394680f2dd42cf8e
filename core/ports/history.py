"""Bars from before the engine started."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.bars.bar import Bar
from core.bars.timeframe import Timeframe
from core.types.instrument import Instrument, InstrumentId


class BarHistory(Protocol):
    def bars(self, instrument: Instrument, timeframe: Timeframe, count: int) -> Sequence[Bar]:
        """Return up to `count` closed bars, oldest first; none where there is no history, or none was read yet."""
        ...

    def renewed(self) -> Sequence[tuple[InstrumentId, Timeframe]]:
        """Return whose bars were read, or read again, since this was asked last."""
        ...


class NoHistory:
    """A venue that remembers nothing."""

    def bars(self, instrument: Instrument, timeframe: Timeframe, count: int) -> Sequence[Bar]:
        del instrument, timeframe, count
        return ()

    def renewed(self) -> Sequence[tuple[InstrumentId, Timeframe]]:
        return ()


class VenueHistories:
    """Asks the venue that an instrument is of, where it remembers anything, else whoever was asked before."""

    def __init__(self, usual: BarHistory, by_venue: Mapping[str, BarHistory]) -> None:
        self._usual = usual
        self._by_venue = by_venue

    def bars(self, instrument: Instrument, timeframe: Timeframe, count: int) -> Sequence[Bar]:
        return self._by_venue.get(instrument.venue, self._usual).bars(instrument, timeframe, count)

    def renewed(self) -> Sequence[tuple[InstrumentId, Timeframe]]:
        every = (self._usual, *self._by_venue.values())
        return [each for history in every for each in history.renewed()]
