"""The instruments that a recording of a stream is about."""

from collections.abc import Callable, Mapping

from adapters.streams.market_data import UNREADABLE
from adapters.streams.seen_rules import Infer, SeenRules
from core.types.instrument import Instrument
from data.recordings.message import Channel, RecordedMessage


class RecordedStreamRules:
    """Implements `adapters.replay.stream_venue.RecordedRules`.

    Parameters
    ----------
    table
        What the address of the venue's table of instruments contains, which `read_table` reads.
    see_message
        Notes what a message of the stream shows.
    infer
        As `SeenRules` takes it.
    """

    def __init__(
        self,
        table: str,
        read_table: Callable[[bytes], Mapping[str, Instrument]],
        see_message: Callable[[SeenRules, bytes], None],
        infer: Infer,
    ) -> None:
        self._table = table
        self._read_table = read_table
        self._see_message = see_message
        self._seen = SeenRules(infer)

    def see(self, message: RecordedMessage) -> None:
        try:
            if message.channel is Channel.STREAM:
                self._see_message(self._seen, message.payload)
            elif message.channel is Channel.REST and message.url and self._table in message.url:
                for instrument in self._read_table(message.payload).values():
                    self._seen.rule(instrument)
        except UNREADABLE:
            return  # the handler counts it

    def instruments(self) -> tuple[tuple[Instrument, ...], bool]:
        return self._seen.instruments()
