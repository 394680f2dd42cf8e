"""The one handler of Kraken's market messages, used live and in replay alike."""

import logging
from collections.abc import Callable, Iterable
from typing import Final

from adapters.kraken.book_grammar import START, book_update
from adapters.kraken.checksum import DEPTH as CHECKSUM_DEPTH
from adapters.kraken.checksum import book_checksum
from adapters.kraken.wire import (
    BookData,
    BookMessage,
    MethodReply,
    TradeData,
    TradeMessage,
    decode_channel,
    decode_reply,
)
from adapters.streams.iso_time import iso_to_ns
from adapters.streams.level_grid import LevelGrid
from adapters.streams.market_data import UNREADABLE, ChecksumObserver, MessageError, StreamMarket
from adapters.streams.message_layout import ABSENT, CHECKSUM, VENUE_NS
from adapters.streams.message_reader import MessageReader, reader_of
from adapters.streams.stream_book import StreamBook
from adapters.streams.top_checksum import TopChecksum
from core.book.book import BookState
from core.ports.venue import MarketSink
from core.types.instrument import Instrument

DEPTHS: Final = (10, 25, 100, 500, 1000)  # that can be subscribed to
_CHANNEL_START: Final = b'{"channel"'
_NAME_AT: Final = len(START)
_log = logging.getLogger(__name__)


class KrakenMarketData:
    """Writes books and reports trades; each book message is proven by its checksum.

    Parameters
    ----------
    depth
        Levels subscribed to. None, as in a replay: what the venue's answer to the subscription says, else the least
        depth that holds the snapshot.
    """

    def __init__(
        self,
        sink: MarketSink,
        instruments: Iterable[Instrument],
        *,
        resync: Callable[[str], None],
        depth: int | None = None,
        observer: ChecksumObserver | None = None,
    ) -> None:
        self.market = StreamMarket(sink, instruments, resync=resync, depth=depth, observer=observer)
        self._book_changed = sink.book_changed
        self._depth = depth
        self._told_depths: dict[str, int] = {}
        self._grids = {name: LevelGrid(symbol.instrument) for name, symbol in self.market.symbols.items()}
        self._compiled = {
            symbol.instrument.venue_symbol.encode(): _CompiledBook(symbol, reader)
            for symbol in self.market.symbols.values()
            if (reader := reader_of(symbol.instrument, book_update(symbol.instrument.venue_symbol))) is not None
        }

    def handle(self, raw: bytes, received_ns: int) -> None:
        """Take one websocket message; never raises for what the venue sends."""
        # what begins otherwise has no name there, or is not understood
        compiled = self._compiled.get(raw[_NAME_AT : raw.find(b'"', _NAME_AT)])
        if compiled is not None and compiled.reader.read(raw):
            self._on_update(compiled, received_ns)
        else:
            self.handle_typed(raw, received_ns)

    def handle_typed(self, raw: bytes, received_ns: int) -> None:
        """Take a message by way of typed messages: what compiled code does not read, and all it could read too."""
        try:
            if not raw.startswith(_CHANNEL_START):
                reply = decode_reply(raw)
                if reply.method:
                    self._on_reply(reply)
                    return
            message = decode_channel(raw)
            if isinstance(message, BookMessage):
                for data in message.data:
                    self._on_book(data, received_ns, is_snapshot=message.type == "snapshot")
            elif isinstance(message, TradeMessage):
                for trade in message.data:
                    self._on_trade(trade, received_ns)
            else:
                self.market.ignored += 1
        except UNREADABLE:
            self.market.malformed += 1

    def _on_update(self, compiled: "_CompiledBook", received_ns: int) -> None:
        """Do what `_apply` does with an update that is on the grid already."""
        symbol, market, notes = compiled.symbol, self.market, compiled.reader.notes
        venue_ns, sequence = notes[VENUE_NS], symbol.updates + 1
        symbol.change_by(compiled.reader, sequence, 0 if venue_ns == ABSENT else venue_ns, received_ns)
        if symbol.is_live:
            market.checksum(symbol, sequence, notes[CHECKSUM], compiled.checksum.of(symbol.book), received_ns)
        self._book_changed(symbol.instrument_id)

    def _on_reply(self, reply: MethodReply) -> None:
        result = reply.result
        if not reply.success:
            _log.warning("kraken: %s was refused: %s", reply.method, reply.error)
        elif result is not None and result.channel == "book" and result.depth in DEPTHS:
            self._told_depths[result.symbol] = result.depth
        self.market.ignored += 1

    def _on_book(self, data: BookData, received_ns: int, *, is_snapshot: bool) -> None:
        symbol = self.market.symbols.get(data.symbol)
        if symbol is None:
            self.market.ignored += 1
            return
        try:
            self._apply(symbol, data, received_ns, is_snapshot=is_snapshot)
        except UNREADABLE as error:
            symbol.damage(f"message refused: {error}", received_ns)
            raise
        finally:
            self.market.sink.book_changed(symbol.instrument_id)

    def _apply(self, symbol: StreamBook, data: BookData, received_ns: int, *, is_snapshot: bool) -> None:
        arrays = self._grids[data.symbol].arrays
        bids = arrays((level.price, level.qty) for level in data.bids)
        asks = arrays((level.price, level.qty) for level in data.asks)
        venue_ns = iso_to_ns(data.timestamp) if data.timestamp else 0
        sequence = symbol.updates + 1
        if is_snapshot:
            symbol.depth = self._depth or self._told_depths.get(data.symbol) or _depth_of(data)
            symbol.load(bids, asks, sequence=sequence, venue_ns=venue_ns, received_ns=received_ns)
        else:
            symbol.change(bids, asks, sequence=sequence, venue_ns=venue_ns, received_ns=received_ns)
        if symbol.is_live and symbol.book.state is BookState.VALID:
            self.market.checksum(symbol, sequence, data.checksum, book_checksum(symbol.book), received_ns)

    def _on_trade(self, trade: TradeData, received_ns: int) -> None:
        symbol = self.market.symbols.get(trade.symbol)
        if symbol is None:
            self.market.ignored += 1
            return
        self.market.report_trade(
            symbol,
            trade.trade_id,
            trade.price,
            trade.qty,
            buyer_is_maker=trade.side == "sell",
            venue_ns=iso_to_ns(trade.timestamp),
            received_ns=received_ns,
        )


class _CompiledBook:
    """What reads the updates of one book without objects."""

    def __init__(self, symbol: StreamBook, reader: MessageReader) -> None:
        self.symbol = symbol
        self.reader = reader
        self.checksum = TopChecksum(symbol.instrument, CHECKSUM_DEPTH, is_alternating=False)


def _depth_of(snapshot: BookData) -> int:
    levels = max(len(snapshot.bids), len(snapshot.asks))
    depth = next((depth for depth in DEPTHS if levels <= depth), None)
    if depth is None:
        raise MessageError(f"a snapshot of {levels} levels")
    return depth
