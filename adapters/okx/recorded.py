"""What a recording of OKX's market data is about."""

from adapters.okx.instruments import INSTRUMENTS_PATH, VENUE, inferred_instrument, read_instruments
from adapters.okx.level_texts import exact
from adapters.okx.wire import BOOKS, TRADES, decode_books, decode_envelope, decode_trades
from adapters.streams.market_data import UNREADABLE
from adapters.streams.seen_rules import SeenRules
from core.types.instrument import Instrument
from data.recordings.message import Channel, RecordedMessage


class OkxRules:
    """Implements `adapters.replay.stream_venue.RecordedRules`."""

    venue = VENUE

    def __init__(self) -> None:
        self._seen = SeenRules(inferred_instrument)

    def see(self, message: RecordedMessage) -> None:
        try:
            if message.channel is Channel.STREAM:
                self._see_stream(message.payload)
            elif message.channel is Channel.REST and message.url and INSTRUMENTS_PATH in message.url:
                for instrument in read_instruments(message.payload).values():
                    self._seen.rule(instrument)
        except UNREADABLE:
            return  # the handler counts it

    def instruments(self) -> tuple[tuple[Instrument, ...], bool]:
        return self._seen.instruments()

    def _see_stream(self, payload: bytes) -> None:
        if not payload.startswith(b"{"):
            return
        envelope = decode_envelope(payload)
        if envelope.event:
            return
        if envelope.arg.channel == BOOKS:
            for data in decode_books(envelope.data):
                for price, size in exact((*data.bids, *data.asks)):
                    self._seen.level(envelope.arg.inst_id, price, size)
        elif envelope.arg.channel == TRADES:
            for trade in decode_trades(envelope.data):
                self._seen.level(trade.inst_id, trade.px, trade.sz)
