"""Kraken's checksum of a book."""

import zlib
from collections.abc import Iterable
from typing import Final

from core.book.book import Book

DEPTH: Final = 10


def book_checksum(book: Book) -> int:
    """Return CRC-32 of the best ten asks and bids.

    Over each level's price and quantity as digits of the instrument's precision, dot and leading zeros removed: with a
    grid of exactly that precision these are the counts of ticks and lots.
    https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
    """
    bid_ticks, bid_lots, ask_ticks, ask_lots = book.top(DEPTH)
    text = _digits(ask_ticks.tolist(), ask_lots.tolist()) + _digits(bid_ticks.tolist(), bid_lots.tolist())
    return zlib.crc32(text.encode())


def _digits(ticks: Iterable[int], lots: Iterable[int]) -> str:
    return "".join(f"{price}{quantity}" for price, quantity in zip(ticks, lots, strict=True))
