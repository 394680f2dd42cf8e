"""The venue's own texts of a book's levels, and the checksum over them.

https://www.okx.com/docs-v5/en/#overview-websocket-checksum
"""

import re
import zlib
from collections.abc import Iterable
from decimal import Decimal
from itertools import zip_longest
from typing import Final

from adapters.okx.wire import BookLevel
from adapters.streams.market_data import MessageError
from core.book.book import Book, Ints

DEPTH: Final = 25
_KEPT: Final = 2_000  # texts a side before those of levels that are gone are dropped
_NUMBER: Final = re.compile(r"[0-9]{1,24}(?:\.[0-9]{1,24})?")
_SIGN_BIT: Final = 1 << 31


def exact(levels: Iterable[BookLevel]) -> list[tuple[Decimal, Decimal]]:
    """Return prices and sizes; raise MessageError for a text that is no plain number."""
    return [(_decimal(level.price), _decimal(level.size)) for level in levels]


class LevelTexts:
    """What the venue wrote for each level of one book: `5.16` and `5.160` are the same price and other checksums."""

    def __init__(self) -> None:
        self._bids: dict[int, str] = {}
        self._asks: dict[int, str] = {}

    def clear(self) -> None:
        self._bids.clear()
        self._asks.clear()

    def take(self, bids: list[BookLevel], bid_ticks: Ints, asks: list[BookLevel], ask_ticks: Ints) -> None:
        for texts, levels, ticks in ((self._bids, bids, bid_ticks), (self._asks, asks, ask_ticks)):
            for level, at in zip(levels, ticks.tolist(), strict=True):
                texts[at] = f"{level.price}:{level.size}"

    def checksum(self, book: Book) -> int:
        """Return CRC-32 of the best 25 levels, bid and ask in turn, as a signed number."""
        bid_ticks, _, ask_ticks, _ = book.top(DEPTH)
        bids = [self._bids[ticks] for ticks in bid_ticks.tolist()]
        asks = [self._asks[ticks] for ticks in ask_ticks.tolist()]
        parts = [part for pair in zip_longest(bids, asks) for part in pair if part is not None]
        counted = zlib.crc32(":".join(parts).encode())
        return (counted ^ _SIGN_BIT) - _SIGN_BIT

    def prune(self, book: Book, depth: int) -> None:
        """Forget levels that left the book; one that comes back brings its text along."""
        if max(len(self._bids), len(self._asks)) <= _KEPT:
            return
        bid_ticks, _, ask_ticks, _ = book.top(depth)
        self._bids = {ticks: self._bids[ticks] for ticks in bid_ticks.tolist()}
        self._asks = {ticks: self._asks[ticks] for ticks in ask_ticks.tolist()}


def _decimal(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise MessageError(f"{text[:40]!r} is not a number")
    return Decimal(text)
