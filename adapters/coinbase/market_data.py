"""The one handler of Coinbase's market messages, used live and in replay alike."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from adapters.coinbase.book_grammar import PRODUCT, START, book_update
from adapters.coinbase.instruments import stream_product
from adapters.coinbase.level_texts import LevelTexts
from adapters.coinbase.wire import (
    BookEvent,
    MarketTrade,
    Message,
    decode_book_events,
    decode_message,
    decode_trades_events,
)
from adapters.streams.iso_time import iso_to_ns
from adapters.streams.market_data import UNREADABLE, ChecksumObserver, StreamMarket
from adapters.streams.message_grammar import can_be_text
from adapters.streams.message_layout import ABSENT, SEQUENCE, VENUE_NS
from adapters.streams.message_reader import MessageReader, reader_of
from adapters.streams.stream_book import StreamBook
from core.ports.venue import MarketSink
from core.types.instrument import Instrument

BOOKS: Final = "l2_data"
TRADES: Final = "market_trades"
SNAPSHOT: Final = "snapshot"


class CoinbaseMarket(StreamMarket):
    """Knows besides which number the next message of the connection has; numbers begin anew with each connection."""

    sequence: int | None = None

    def connection_lost(self, reason: str, received_ns: int) -> None:
        self.sequence = None
        super().connection_lost(reason, received_ns)

    def lost_messages(self, reason: str, received_ns: int) -> None:
        """Make every book unreadable: nobody knows whose message is missing."""
        for symbol in self.symbols.values():
            symbol.gap(reason, received_ns)
            self.sink.book_changed(symbol.instrument_id)


class CoinbaseMarketData:
    """Writes books and reports trades.

    Messages of a connection are numbered one by one over all its channels, and that is the venue's only word on
    integrity: any other number than the next one makes every book unreadable at that message.
    """

    def __init__(
        self,
        sink: MarketSink,
        instruments: Iterable[Instrument],
        *,
        resync: Callable[[str], None],
        observer: ChecksumObserver | None = None,
    ) -> None:
        self.market = CoinbaseMarket(sink, instruments, resync=resync, observer=observer)
        self._shown: dict[str, list[tuple[StreamBook, LevelTexts]]] = {}  # by the product id of the stream
        for symbol in self.market.symbols.values():
            shown = self._shown.setdefault(stream_product(symbol.instrument), [])
            shown.append((symbol, LevelTexts(symbol.instrument)))
        self._compiled = {product.encode(): _readers(product, shown) for product, shown in self._shown.items()}

    def handle(self, raw: bytes, received_ns: int) -> None:
        """Take one websocket message; never raises for what the venue sends."""
        if raw.startswith(START):
            at = raw.find(PRODUCT) + len(PRODUCT)
            compiled = self._compiled.get(raw[at : raw.find(b'"', at)], ())
            for _, reader in compiled:
                if not reader.read(raw):
                    compiled = ()
                    break
            if compiled:
                self._on_update(compiled, received_ns)
                return
        self.handle_typed(raw, received_ns)

    def handle_typed(self, raw: bytes, received_ns: int) -> None:
        """Take a message by way of typed messages: what compiled code does not read, and all it could read too."""
        try:
            message = decode_message(raw)
        except UNREADABLE as error:
            self.market.malformed += 1
            self._lost(f"message refused: {error}", received_ns)
            return
        if message.sequence_num is None:
            self.market.ignored += 1  # the venue refuses a request; what was asked for does not come, and that is seen
            return
        self._count(message.sequence_num, received_ns)
        try:
            if message.channel == BOOKS:
                for event in decode_book_events(message.events):
                    self._on_book(event, message, received_ns)
            elif message.channel == TRADES:
                self._on_trades(message, received_ns)
            else:
                self.market.ignored += 1
        except UNREADABLE as error:
            self.market.malformed += 1
            if message.channel == BOOKS:
                self._damage(f"message refused: {error}", received_ns)

    def _on_update(self, compiled: Sequence[tuple[StreamBook, MessageReader]], received_ns: int) -> None:
        """Do what `handle_typed` does with an update that is on the grids of its books already."""
        notes = compiled[0][1].notes
        sequence, venue_ns = notes[SEQUENCE], notes[VENUE_NS]
        if venue_ns == ABSENT:
            venue_ns = 0
        self._count(sequence, received_ns)
        for symbol, reader in compiled:
            symbol.change_by(reader, sequence, venue_ns, received_ns)
            self.market.sink.book_changed(symbol.instrument_id)

    def _count(self, sequence: int, received_ns: int) -> None:
        expected, self.market.sequence = self.market.sequence, sequence + 1
        if expected is not None and sequence != expected:
            reason = f"message {sequence} of the connection does not continue: {expected} was to come"
            self.market.lost_messages(reason, received_ns)

    def _lost(self, reason: str, received_ns: int) -> None:
        if self.market.sequence is not None:
            self.market.sequence += 1  # it had a number, and the next one would be taken for a second gap
        self._damage(reason, received_ns)

    def _damage(self, reason: str, received_ns: int) -> None:
        for symbol in self.market.symbols.values():
            symbol.damage(reason, received_ns)
            self.market.sink.book_changed(symbol.instrument_id)

    def _on_book(self, event: BookEvent, message: Message, received_ns: int) -> None:
        shown = self._shown.get(event.product_id)
        if shown is None:
            self.market.ignored += 1
            return
        for symbol, texts in shown:
            try:
                self._apply(symbol, texts, event, message, received_ns)
            except UNREADABLE as error:
                self.market.malformed += 1
                symbol.damage(f"message refused: {error}", received_ns)
            finally:
                self.market.sink.book_changed(symbol.instrument_id)

    def _apply(
        self, symbol: StreamBook, texts: LevelTexts, event: BookEvent, message: Message, received_ns: int
    ) -> None:
        bids, asks = texts.sides(event.updates)
        venue_ns = iso_to_ns(message.timestamp) if message.timestamp else 0
        sequence = message.sequence_num or 0
        take = symbol.load if event.type == SNAPSHOT else symbol.change
        take(bids, asks, sequence=sequence, venue_ns=venue_ns, received_ns=received_ns)

    def _on_trades(self, message: Message, received_ns: int) -> None:
        for event in decode_trades_events(message.events):
            if event.type == SNAPSHOT:
                continue  # trades from before the subscription
            # the venue lists the newest first
            for trade in sorted(event.trades, key=lambda trade: int(trade.trade_id)):
                self._on_trade(trade, received_ns)

    def _on_trade(self, trade: MarketTrade, received_ns: int) -> None:
        shown = self._shown.get(trade.product_id)
        if shown is None:
            self.market.ignored += 1
            return
        for symbol, _ in shown:
            self.market.report_trade(
                symbol,
                int(trade.trade_id),
                trade.price,
                trade.size,
                buyer_is_maker=trade.side == "BUY",
                venue_ns=iso_to_ns(trade.time),
                received_ns=received_ns,
            )


def _readers(product: str, shown: list[tuple[StreamBook, LevelTexts]]) -> list[tuple[StreamBook, MessageReader]]:
    """Return what reads a product's updates for each book that shows it; nothing where one of them needs objects."""
    if not can_be_text(product):
        return []
    readers = [(symbol, reader_of(symbol.instrument, book_update(product))) for symbol, _ in shown]
    compiled = [(symbol, reader) for symbol, reader in readers if reader is not None]
    return compiled if len(compiled) == len(shown) else []
