"""Binance's two readers of depth messages, which have no third one behind them: what either refuses breaks the book."""

import json
import random

import numpy as np

from adapters.binance.depth import DepthDecoder
from adapters.binance.depth_objects import DepthUpdateReader
from bench.market import SYMBOL, make_market
from core.book.book import Book
from tests.adapters.readers.damage import damaged
from tests.book.instruments import instrument

_NONE = np.zeros(0, np.int64)


class BinancePair:
    """Counts what both read alike, what both refuse, and what only one of them reads."""

    def __init__(self) -> None:
        about = instrument("0.10", "0.001", symbol=SYMBOL)
        self._readers = DepthDecoder(about), DepthUpdateReader(about)
        self._books = Book(about), Book(about)
        self.alike = self.refused = self.only_typed = self.only_compiled = 0

    def take(self, raw: bytes) -> None:
        """Give a message to both; one that both read has to say the same and leave the same book."""
        compiled, typed = (reader.decode(raw) == 0 for reader in self._readers)
        if compiled and typed:
            self.alike += 1
            for reader, book in zip(self._readers, self._books, strict=True):
                book.apply_snapshot(_NONE, _NONE, _NONE, _NONE, sequence=0, venue_ns=0, received_ns=0)
                reader.apply_to(book, 1)
            left, right = (_said(reader, book) for reader, book in zip(self._readers, self._books, strict=True))
            assert left == right, raw
        elif compiled:
            self.only_compiled += 1
        elif typed:
            self.only_typed += 1
        else:
            self.refused += 1

    def fuzz(self, messages: int, seed: int) -> str:
        chance = random.Random(seed)
        while self.messages < messages:
            seed += 1
            for raw in make_market(seed, 60, 20, 3, 20).messages:
                own = raw.encode() if chance.random() < 0.5 else json.dumps(json.loads(raw)["data"]).encode()
                self.take(own)
                for _ in range(9):
                    self.take(damaged(own, chance))
        return (
            f"{self.messages} messages, {self.alike} read alike by both, {self.refused} refused by both, "
            f"{self.only_typed} read by typed messages alone, {self.only_compiled} by compiled code alone"
        )

    @property
    def messages(self) -> int:
        return self.alike + self.refused + self.only_typed + self.only_compiled


def _said(reader: DepthDecoder | DepthUpdateReader, book: Book) -> tuple[object, ...]:
    ids = reader.first_update_id, reader.last_update_id, reader.previous_update_id, reader.venue_ns
    levels = [column.tolist() for column in book.top(100)]
    return (*ids, book.state, book.sequence, book.venue_ns, levels)
