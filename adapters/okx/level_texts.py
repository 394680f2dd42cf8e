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
from core.types.instrument import Instrument

DEPTH: Final = 25
_NUMBER: Final = re.compile(r"[0-9]{1,24}(?:\.[0-9]{1,24})?")
_SIGN_BIT: Final = 1 << 31


def exact(levels: Iterable[BookLevel]) -> list[tuple[Decimal, Decimal]]:
    """Return prices and sizes; raise MessageError for a text that is no plain number."""
    return [(_decimal(level.price), _decimal(level.size)) for level in levels]


class LevelTexts:
    """What the venue wrote for each level of one book: `5.16` and `5.160` are the same price and other checksums.

    It writes numbers without needless zeros, and only what is written otherwise is kept.
    """

    def __init__(self, instrument: Instrument) -> None:
        self._tick = instrument.tick_size
        self._lot = instrument.lot_size
        self._bids: dict[int, str] = {}
        self._asks: dict[int, str] = {}
        self.are_short = True  # whether all levels are written without needless zeros

    def clear(self) -> None:
        self._bids.clear()
        self._asks.clear()
        self.are_short = True

    def take(self, bids: list[BookLevel], bid_ticks: Ints, asks: list[BookLevel], ask_ticks: Ints) -> None:
        for texts, levels, ticks in ((self._bids, bids, bid_ticks), (self._asks, asks, ask_ticks)):
            for level, at in zip(levels, ticks.tolist(), strict=True):
                if _is_short(level.price) and _is_short(level.size):
                    texts.pop(at, None)
                else:
                    texts[at] = f"{level.price}:{level.size}"
        self.are_short = not (self._bids or self._asks)

    def checksum(self, book: Book) -> int:
        """Return CRC-32 of the best 25 levels, bid and ask in turn, as a signed number."""
        bid_ticks, bid_lots, ask_ticks, ask_lots = (column.tolist() for column in book.top(DEPTH))
        bids = [
            self._bids.get(ticks) or self._short(ticks, lots) for ticks, lots in zip(bid_ticks, bid_lots, strict=True)
        ]
        asks = [
            self._asks.get(ticks) or self._short(ticks, lots) for ticks, lots in zip(ask_ticks, ask_lots, strict=True)
        ]
        parts = [part for pair in zip_longest(bids, asks) for part in pair if part is not None]
        return signed(zlib.crc32(":".join(parts).encode()))

    def prune(self, book: Book, depth: int) -> None:
        """Forget levels that left the book; one that comes back brings its text along."""
        if self.are_short:
            return
        bid_ticks, _, ask_ticks, _ = book.top(depth)
        self._bids = {ticks: self._bids[ticks] for ticks in bid_ticks.tolist() if ticks in self._bids}
        self._asks = {ticks: self._asks[ticks] for ticks in ask_ticks.tolist() if ticks in self._asks}
        self.are_short = not (self._bids or self._asks)

    def _short(self, ticks: int, lots: int) -> str:
        return f"{_shortened(ticks * self._tick)}:{_shortened(lots * self._lot)}"


def signed(checksum: int) -> int:
    """Return a checksum as the venue writes it."""
    return (checksum ^ _SIGN_BIT) - _SIGN_BIT


def _is_short(number: str) -> bool:
    whole, dot, fraction = number.partition(".")
    return (whole == "0" or not whole.startswith("0")) and not (dot and fraction.endswith("0"))


def _shortened(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimal(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise MessageError(f"{text[:40]!r} is not a number")
    return Decimal(text)
