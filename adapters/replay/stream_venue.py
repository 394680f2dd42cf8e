"""Recordings of a venue whose books come over its websocket."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from adapters.replay.recorded_venue import Audit, Survey
from adapters.streams.market_data import ChecksumObserver, MarketHandler
from adapters.streams.stream_book import StreamBook
from core.ports.venue import MarketSink
from core.types.instrument import Instrument
from data.recordings.lines import Progress
from data.recordings.message import Channel, RecordedMessage, RecordingError, TornTail
from data.recordings.reader import read_recording


class RecordedRules(Protocol):
    """Finds the instruments of a recording."""

    def see(self, message: RecordedMessage) -> None: ...

    def instruments(self) -> tuple[tuple[Instrument, ...], bool]:
        """Return them, and whether any had to be inferred."""
        ...


class MakeHandler(Protocol):
    def __call__(
        self,
        sink: MarketSink,
        instruments: Iterable[Instrument],
        *,
        resync: Callable[[str], None],
        observer: ChecksumObserver | None = None,
    ) -> MarketHandler: ...


def survey_stream(
    path: Path, venue: str, rules: RecordedRules, *, torn_tail: TornTail, progress: Progress | None
) -> Survey:
    """Show rules every message of a recording; raise RecordingError for a broken one, or one without their market."""
    first_ns = last_ns = 0
    for message in read_recording(path, torn_tail=torn_tail, progress=progress):
        first_ns, last_ns = first_ns or message.received_ns, message.received_ns
        rules.see(message)
    instruments, inferred = rules.instruments()
    if not instruments:
        raise RecordingError(path, None, f"holds no market data of {venue}, expected books or trades")
    return Survey(instruments, inferred, first_ns, last_ns)


class StreamVenue:
    """Implements `RecordedVenue`."""

    def __init__(self, venue: str, make_rules: Callable[[], RecordedRules], make_handler: MakeHandler) -> None:
        self.venue = venue
        self._make_rules = make_rules
        self._make_handler = make_handler

    def survey(self, path: Path, *, torn_tail: TornTail = TornTail.REFUSE, progress: Progress | None = None) -> Survey:
        return survey_stream(path, self.venue, self._make_rules(), torn_tail=torn_tail, progress=progress)

    def market(self, sink: MarketSink, instruments: Iterable[Instrument], audit: Audit | None = None) -> "PlayedStream":
        # nothing can be asked for again: a book that breaks is mended by the next snapshot in the recording
        return PlayedStream(self._make_handler(sink, instruments, resync=lambda _: None, observer=audit))


class PlayedStream:
    """Implements `PlayedMarket`."""

    def __init__(self, handler: MarketHandler) -> None:
        self._handler = handler

    @property
    def symbols(self) -> Mapping[str, StreamBook]:
        return self._handler.market.symbols

    @property
    def malformed(self) -> int:
        return self._handler.market.malformed

    @property
    def trades(self) -> int:
        return self._handler.market.trades

    def play(self, message: RecordedMessage) -> None:
        if message.channel is Channel.STREAM:
            self._handler.handle(message.payload, message.received_ns)
        elif message.channel is Channel.CONNECTED:
            self.connection_lost("a new connection begins", message.received_ns)

    def connection_lost(self, reason: str, received_ns: int) -> None:
        self._handler.market.connection_lost(reason, received_ns)
