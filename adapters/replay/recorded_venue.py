"""What a replay has to know of a venue: what a recording is about, and how its messages are handled."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from adapters.binance.wire import BookTicker
from core.book.book import Book
from core.ports.venue import MarketSink
from core.types.instrument import Instrument, InstrumentId
from data.recordings.lines import Progress
from data.recordings.message import RecordedMessage, TornTail


class Survey(msgspec.Struct, frozen=True):
    """The instruments of a recording; `inferred` tells that tick and lot are guessed from its numbers."""

    instruments: tuple[Instrument, ...]
    inferred: bool
    first_ns: int
    last_ns: int


class PlayedBook(Protocol):
    """One book of a recording and what happened to it."""

    @property
    def instrument(self) -> Instrument: ...

    @property
    def instrument_id(self) -> InstrumentId: ...

    @property
    def book(self) -> Book: ...

    @property
    def updates(self) -> int: ...

    @property
    def gaps(self) -> int: ...

    @property
    def resyncs(self) -> int: ...


class Audit(Protocol):
    """Watches what the handler does, to check it against what the venue itself says."""

    def depth_applied(self, market: PlayedBook, /) -> None: ...

    def book_ticker(self, instrument_id: InstrumentId, ticker: BookTicker, /) -> None: ...

    def checksum_compared(self, instrument_id: InstrumentId, sequence: int, *, is_equal: bool) -> None: ...


class PlayedMarket(Protocol):
    """The handler of one venue, fed from a recording."""

    @property
    def symbols(self) -> Mapping[str, PlayedBook]: ...

    @property
    def malformed(self) -> int: ...

    @property
    def trades(self) -> int: ...

    def play(self, message: RecordedMessage) -> None:
        """Do with one recorded message what the live feed does with it when it arrives."""
        ...

    def connection_lost(self, reason: str, received_ns: int) -> None: ...


class RecordedVenue(Protocol):
    """A venue whose recordings can be played."""

    @property
    def venue(self) -> str: ...

    def survey(self, path: Path, *, torn_tail: TornTail = TornTail.REFUSE, progress: Progress | None = None) -> Survey:
        """Find the instruments of a recording by reading all of it: any line may hold the finest number.

        Raises
        ------
        RecordingError
            The recording is broken or holds no market of this venue.
        """
        ...

    def market(
        self, sink: MarketSink, instruments: Iterable[Instrument], audit: Audit | None = None
    ) -> PlayedMarket: ...
