"""Compile the book's kernels ahead of the first message."""

from decimal import Decimal

import numpy as np

from core.book.book import Book
from core.types.instrument import AssetType, Instrument
from core.types.order import Side

EXAMPLE = Instrument(
    venue="warm-up",
    symbol="BTC/USDT",
    venue_symbol="BTCUSDT",
    asset_type=AssetType.CRYPTO_SPOT,
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.001"),
    min_quantity=Decimal("0.001"),
    min_notional=Decimal(0),
)


def warm_up() -> None:
    """Run every kernel of the book once on tiny data; takes seconds without a cache, so call it in a worker thread."""
    book = Book(EXAMPLE)
    one, two, lots = (np.array([value], np.int64) for value in (1, 2, 1))
    book.apply_snapshot(one, lots, two, lots, sequence=1, venue_ns=0, received_ns=0)
    book.apply_delta(one, lots, two, lots, sequence=2, venue_ns=0, received_ns=0)
    book.top(1)
    book.lots_at(Side.BUY, 1)
