"""What every venue's handler of market messages shares: its books, its counts, and how trades are told."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Protocol

import msgspec

from adapters.streams.delivery import GuardedSink
from adapters.streams.stream_book import StreamBook
from core.ports.venue import MarketSink
from core.types.instrument import Instrument, InstrumentId
from core.types.market import Trade


class ChecksumObserver(Protocol):
    """Watches a venue's checksums, to count them."""

    def checksum_compared(self, instrument_id: InstrumentId, sequence: int, *, is_equal: bool) -> None: ...


class MessageError(ValueError):
    """A message that is not what its channel carries."""


class StreamMarket:
    """Books and counts of one venue's stream; its handler reads the messages. Does no I/O and reads no clock.

    Parameters
    ----------
    resync
        Called with the venue's symbol when its book needs a new snapshot.
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
        self.sink = GuardedSink(sink)
        self.malformed = 0
        self.ignored = 0
        self.trades = 0
        self.observer = observer
        self.symbols: Mapping[str, StreamBook] = {
            instrument.venue_symbol: StreamBook(instrument, sink.add_instrument(instrument), resync=resync, depth=depth)
            for instrument in instruments
        }

    def connection_lost(self, reason: str, received_ns: int) -> None:
        """Make every book unreadable: what happens meanwhile is not seen."""
        for symbol in self.symbols.values():
            symbol.forget(reason, received_ns)
            self.sink.book_changed(symbol.instrument_id)

    def checksum(self, symbol: StreamBook, sequence: int, told: int, counted: int, received_ns: int) -> None:
        """Compare the venue's checksum with that of the book here; another one makes the book unreadable at once."""
        is_equal = told == counted
        if self.observer is not None:
            self.observer.checksum_compared(symbol.instrument_id, sequence, is_equal=is_equal)
        if not is_equal:
            symbol.damage(f"checksum is {told} at the venue, {counted} here", received_ns)

    def report_trade(
        self,
        symbol: StreamBook,
        trade_id: int,
        price: Decimal,
        quantity: Decimal,
        *,
        buyer_is_maker: bool,
        venue_ns: int,
        received_ns: int,
    ) -> None:
        """Tell the sink of a trade; raise ValueError for one without price or quantity, or between two steps."""
        ticks, lots = symbol.instrument.price_to_ticks(price), symbol.instrument.quantity_to_lots(quantity)
        if ticks <= 0 or lots <= 0:
            raise MessageError("a trade without price or quantity")
        self.trades += 1
        self.sink.trade(Trade(symbol.instrument_id, trade_id, ticks, lots, buyer_is_maker, venue_ns, received_ns))


class MarketHandler(Protocol):
    """Reads one venue's messages; never raises for what the venue sends."""

    @property
    def market(self) -> StreamMarket: ...

    def handle(self, raw: bytes, received_ns: int) -> None: ...


UNREADABLE = (
    msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, ValueError, ArithmeticError,
    RecursionError,  # JSON nested thousands deep
)  # fmt: skip
"""What reading a message may raise; everything else is a fault of ours."""
