"""The one handler of OKX's market messages, used live and in replay alike.

A book is proven message by message, in two ways, each where the message carries it:

- the chain of ids: `prevSeqId` is the `seqId` of the message before, also where the venue says by two equal ids that
  nothing has changed, and where it starts counting anew (`seqId` below `prevSeqId`);
- the checksum over the best 25 levels. Since June 2026 the venue writes 0 there for "none"; before it numbered its
  messages it always meant it.
"""

import logging
from collections.abc import Callable, Iterable
from math import isfinite
from typing import Final

from adapters.okx.book_grammar import START, book_update
from adapters.okx.instruments import VENUE
from adapters.okx.level_texts import DEPTH as CHECKSUM_DEPTH
from adapters.okx.level_texts import LevelTexts, exact, signed
from adapters.okx.wire import (
    BOOKS,
    FUNDING_RATE,
    MARK_PRICE,
    PONG,
    TRADES,
    BookData,
    Envelope,
    FundingRateData,
    MarkPriceData,
    TradeData,
    decode_books,
    decode_envelope,
    decode_funding_rates,
    decode_mark_prices,
    decode_trades,
)
from adapters.streams.level_grid import LevelGrid
from adapters.streams.market_data import UNREADABLE, ChecksumObserver, MessageError, StreamMarket
from adapters.streams.message_layout import ABSENT, CHECKSUM, PREVIOUS, SEQUENCE, VENUE_MS
from adapters.streams.message_reader import MessageReader, reader_of
from adapters.streams.stream_book import StreamBook
from adapters.streams.top_checksum import TopChecksum
from core.book.book import BookState
from core.ports.venue import MarketSink
from core.types.instrument import Instrument
from core.types.market import FundingRate, MarkPrice

BOOK_DEPTH: Final = 400  # of the channel `books`
_NAME_AT: Final = len(START)
_NS_PER_MS: Final = 1_000_000
_QUIET_EVENTS: Final = frozenset({"subscribe", "unsubscribe", "channel-conn-count"})
_log = logging.getLogger(__name__)


class OkxMarketData:
    """Writes books and reports trades, marks and funding rates."""

    def __init__(
        self,
        sink: MarketSink,
        instruments: Iterable[Instrument],
        *,
        resync: Callable[[str], None],
        observer: ChecksumObserver | None = None,
    ) -> None:
        self.market = StreamMarket(sink, instruments, resync=resync, depth=BOOK_DEPTH, observer=observer)
        self._book_changed = sink.book_changed
        self._books = {name: _OkxBook(symbol) for name, symbol in self.market.symbols.items()}
        self._compiled = {
            name.encode(): _Compiled(book, reader)
            for name, book in self._books.items()
            if (reader := reader_of(book.symbol.instrument, book_update(name))) is not None
        }

    def handle(self, raw: bytes, received_ns: int) -> None:
        """Take one websocket message; never raises for what the venue sends."""
        # what begins otherwise has no name there, or is not understood
        compiled = self._compiled.get(raw[_NAME_AT : raw.find(b'"', _NAME_AT)])
        if compiled is not None and compiled.texts.are_short and compiled.reader.read(raw):
            self._on_update(compiled, received_ns)
        else:
            self.handle_typed(raw, received_ns)

    def handle_typed(self, raw: bytes, received_ns: int) -> None:
        """Take a message by way of typed messages: what compiled code does not read, and all it could read too."""
        if raw == PONG:
            self.market.ignored += 1
            return
        try:
            envelope = decode_envelope(raw)
            if envelope.event:
                self._on_event(envelope)
            elif envelope.arg.channel == BOOKS:
                self._on_books(envelope, received_ns)
            else:
                self._on_facts(envelope, received_ns)
        except UNREADABLE:
            self.market.malformed += 1

    def _on_event(self, envelope: Envelope) -> None:
        """Say what the venue complains of; a book that does not come for it is noticed by its absence."""
        self.market.ignored += 1
        if envelope.event not in _QUIET_EVENTS:
            channel = envelope.channel or envelope.arg.channel
            about = " ".join(filter(None, (channel, envelope.arg.inst_id, envelope.conn_count)))
            _log.warning("%s: %s %s: %s %s", VENUE, envelope.event, about, envelope.msg[:200], envelope.code)

    def _on_facts(self, envelope: Envelope, received_ns: int) -> None:
        if envelope.arg.channel == TRADES:
            for trade in decode_trades(envelope.data):
                self._on_trade(trade, received_ns)
        elif envelope.arg.channel == MARK_PRICE:
            for mark in decode_mark_prices(envelope.data):
                self._on_mark(mark, received_ns)
        elif envelope.arg.channel == FUNDING_RATE:
            for funding in decode_funding_rates(envelope.data):
                self._on_funding(funding, received_ns)
        else:
            self.market.ignored += 1

    def _on_update(self, compiled: "_Compiled", received_ns: int) -> None:
        """Do what `_apply` does with an update that is on the grid already, and written without needless zeros."""
        book, reader, symbol = compiled.book, compiled.reader, compiled.symbol
        notes, sequence = reader.notes, symbol.updates + 1
        sequence_id, told = notes[SEQUENCE], notes[CHECKSUM]
        if notes[PREVIOUS] != book.last_id and symbol.is_live:
            self._gap(book, sequence_id, notes[PREVIOUS], received_ns)
        else:
            book.last_id = sequence_id
            symbol.change_by(reader, sequence, notes[VENUE_MS] * _NS_PER_MS, received_ns)
            if (told or sequence_id == ABSENT) and told != ABSENT and symbol.is_live:
                counted = signed(compiled.checksum.of(symbol.book))
                if counted != told:
                    counted = compiled.texts.checksum(symbol.book)  # of numbers as long as they may be
                self.market.checksum(symbol, sequence, told, counted, received_ns)
        self._book_changed(symbol.instrument_id)

    def _on_books(self, envelope: Envelope, received_ns: int) -> None:
        book = self._books.get(envelope.arg.inst_id)
        if book is None:
            self.market.ignored += 1
            return
        symbol = book.symbol
        try:
            for data in decode_books(envelope.data):
                self._apply(book, data, received_ns, is_snapshot=envelope.action == "snapshot")
        except UNREADABLE as error:
            symbol.damage(f"message refused: {error}", received_ns)
            raise
        finally:
            self.market.sink.book_changed(symbol.instrument_id)

    def _apply(self, book: "_OkxBook", data: BookData, received_ns: int, *, is_snapshot: bool) -> None:
        symbol, texts, grid = book.symbol, book.texts, book.grid
        sequence_id, previous, told = (_coded(n) for n in (data.seq_id, data.prev_seq_id, data.checksum))
        if not is_snapshot and previous != book.last_id and symbol.is_live:
            self._gap(book, sequence_id, previous, received_ns)
            return
        book.last_id = sequence_id
        bids, asks = grid.arrays(exact(data.bids)), grid.arrays(exact(data.asks))
        venue_ns = data.ts * _NS_PER_MS
        sequence = symbol.updates + 1  # the venue's own may be equal, or start anew
        if is_snapshot:
            texts.clear()
            symbol.load(bids, asks, sequence=sequence, venue_ns=venue_ns, received_ns=received_ns)
        else:
            symbol.change(bids, asks, sequence=sequence, venue_ns=venue_ns, received_ns=received_ns)
        texts.take(data.bids, bids[0], data.asks, asks[0])
        if not (symbol.is_live and symbol.book.state is BookState.VALID):
            return
        texts.prune(symbol.book, BOOK_DEPTH)
        if (told or sequence_id == ABSENT) and told != ABSENT:
            self.market.checksum(symbol, sequence, told, texts.checksum(symbol.book), received_ns)

    def _gap(self, book: "_OkxBook", sequence_id: int, previous: int, received_ns: int) -> None:
        """Make a book unreadable whose update does not follow the message before."""
        ids = (None if number == ABSENT else number for number in (sequence_id, book.last_id, previous))
        book.symbol.gap("message {} does not continue {} but {}".format(*ids), received_ns)

    def _on_trade(self, trade: TradeData, received_ns: int) -> None:
        symbol = self.market.symbols.get(trade.inst_id)
        if symbol is None:
            self.market.ignored += 1
            return
        self.market.report_trade(
            symbol,
            trade.trade_id,
            trade.px,
            trade.sz,
            buyer_is_maker=trade.side == "sell",
            venue_ns=trade.ts * _NS_PER_MS,
            received_ns=received_ns,
        )

    def _on_mark(self, data: MarkPriceData, received_ns: int) -> None:
        symbol = self.market.symbols.get(data.inst_id)
        if symbol is None:
            self.market.ignored += 1
            return
        mark = float(data.mark_px)
        if not (isfinite(mark) and mark > 0):
            raise MessageError(f"a mark price of {data.mark_px}")
        self.market.sink.mark_price(MarkPrice(symbol.instrument_id, mark, None, received_ns))

    def _on_funding(self, data: FundingRateData, received_ns: int) -> None:
        symbol = self.market.symbols.get(data.inst_id)
        if symbol is None or data.next_funding_time == "":
            self.market.ignored += 1
            return
        rate, interval_ms = float(data.funding_rate), data.next_funding_time - data.funding_time
        if not isfinite(rate) or interval_ms <= 0:
            raise MessageError(f"a funding rate of {data.funding_rate} for {interval_ms} ms")
        next_ns = data.funding_time * _NS_PER_MS
        funding = FundingRate(symbol.instrument_id, rate, interval_ms // 1000, next_ns, received_ns)
        self.market.sink.funding_rate(funding)


class _OkxBook:
    """One book with what proves it."""

    def __init__(self, symbol: StreamBook) -> None:
        self.symbol = symbol
        self.grid = LevelGrid(symbol.instrument)
        self.texts = LevelTexts(symbol.instrument)
        self.last_id = ABSENT


class _Compiled:
    """What reads a book's updates without objects."""

    def __init__(self, book: _OkxBook, reader: MessageReader) -> None:
        self.book = book
        self.symbol = book.symbol
        self.texts = book.texts
        self.reader = reader
        self.checksum = TopChecksum(book.symbol.instrument, CHECKSUM_DEPTH, is_alternating=True)


def _coded(number: int | None) -> int:
    return ABSENT if number is None else number
