"""Binance's reader of depth messages twice: with compiled code before it, and typed messages alone."""

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
_DAMAGED = 9  # of each message of the venue


class BinancePair:
    """Both forms, given the same messages."""

    def __init__(self) -> None:
        about = instrument("0.10", "0.001", symbol=SYMBOL)
        self._compiled, self._typed = DepthDecoder(about), DepthUpdateReader(about)
        self._books = Book(about), Book(about)
        self.messages = 0
        self.read = 0  # by compiled code
        self.took = 0  # by either form
        self._decode_typed = self._compiled.typed.decode
        self._compiled.typed.decode = self._count  # what compiled code leaves
        self._left = 0

    def take(self, raw: bytes) -> None:
        """Give a message to both and look whether they did the same."""
        self.messages += 1
        left_before = self._left
        readers = self._compiled, self._typed
        took = [reader.decode(raw) == 0 for reader in readers]
        assert took[0] == took[1], f"{raw!r} is taken by {'compiled code' if took[0] else 'typed messages'} alone"
        self.read += self._left == left_before
        if not took[0]:
            return
        self.took += 1
        for reader, book in zip(readers, self._books, strict=True):
            book.apply_snapshot(_NONE, _NONE, _NONE, _NONE, sequence=0, venue_ns=0, received_ns=0)
            reader.apply_to(book, 1)
        said = [_said(reader, book) for reader, book in zip(readers, self._books, strict=True)]
        assert said[0] == said[1], f"{raw!r}\ncompiled: {said[0]}\ntyped:    {said[1]}"

    def fuzz(self, messages: int, seed: int) -> None:
        """Give both so many messages; raise AssertionError at the first that they take apart."""
        chance = random.Random(seed)
        while self.messages < messages:
            seed += 1
            for raw in make_market(seed, 60, 20, 3, 20).messages:
                own = raw.encode() if chance.random() < 0.5 else json.dumps(json.loads(raw)["data"]).encode()
                self.take(own)
                for _ in range(_DAMAGED):
                    self.take(damaged(own, chance))

    def _count(self, raw: bytes | memoryview) -> int:
        self._left += 1
        return self._decode_typed(raw)


def _said(reader: DepthDecoder | DepthUpdateReader, book: Book) -> tuple[object, ...]:
    ids = reader.first_update_id, reader.last_update_id, reader.previous_update_id, reader.venue_ns
    levels = [column.tolist() for column in book.top(100)]
    return (*ids, book.state, book.reason, book.sequence, book.venue_ns, levels)
