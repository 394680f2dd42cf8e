"""An instrument and a book for tests of what all venues' streams share."""

from decimal import Decimal

import numpy as np

from adapters.streams.stream_book import Levels, StreamBook
from core.book.book import Book
from core.types.instrument import AssetType, Instrument

BTC = Instrument(
    venue="v", symbol="BTC/USD", venue_symbol="BTC-USD", asset_type=AssetType.CRYPTO_SPOT, base="BTC", quote="USD",
    tick_size=Decimal("0.1"), lot_size=Decimal("1e-8"), min_quantity=Decimal("0.0001"), min_notional=Decimal(0),
)  # fmt: skip


def levels(*pairs: tuple[int, int]) -> Levels:
    """Make arrays of (ticks, lots)."""
    return np.array([ticks for ticks, _ in pairs], np.int64), np.array([lots for _, lots in pairs], np.int64)


class Asked:
    """A book of the stream, and how often it wanted a new snapshot."""

    def __init__(self, depth: int | None = None, instrument: Instrument = BTC) -> None:
        self.names: list[str] = []
        self.book = StreamBook(instrument, Book(instrument), resync=self.names.append, depth=depth)
        self._sequence = 0

    def load(self, bids: Levels, asks: Levels, at_ns: int = 1) -> None:
        self._sequence += 1
        self.book.load(bids, asks, sequence=self._sequence, venue_ns=at_ns, received_ns=at_ns)

    def change(self, bids: Levels, asks: Levels, at_ns: int = 1) -> None:
        self._sequence += 1
        self.book.change(bids, asks, sequence=self._sequence, venue_ns=at_ns, received_ns=at_ns)

    @property
    def sides(self) -> tuple[dict[int, int], dict[int, int]]:
        bid_ticks, bid_lots, ask_ticks, ask_lots = (found.tolist() for found in self.book.book.top(5000))
        return dict(zip(bid_ticks, bid_lots, strict=True)), dict(zip(ask_ticks, ask_lots, strict=True))
