"""A seeded market in Binance's own messages: a snapshot and the depth updates that follow it."""

import json
import random
from decimal import Decimal
from typing import Final

import msgspec

SYMBOL: Final = "BTCUSDT"
TICK: Final = Decimal("0.10")
LOT: Final = Decimal("0.001")
FIRST_ID: Final = 5_123_107_852_948
IDS_A_MESSAGE: Final = 10
_FIRST_MS: Final = 1_723_161_256_501


class Market(msgspec.Struct, frozen=True):
    """What every side of a benchmark is given; prices and sizes as the venue writes them, [price, size]."""

    last_update_id: int
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    messages: list[str]
    best_bids: list[tuple[Decimal, Decimal]]  # after the last message, from plain dictionaries
    best_asks: list[tuple[Decimal, Decimal]]


def price_text(ticks: int) -> str:
    return f"{ticks * TICK:.2f}"


def size_text(lots: int) -> str:
    return f"{lots * LOT:.3f}"


class Walk:
    """A book of `levels` levels a side that is walked on by updates of `changes` levels a side, without end."""

    def __init__(self, seed: int, levels: int, changes: int) -> None:
        self._chance = chance = random.Random(seed)
        self._levels, self._changes = levels, changes
        self._middle = middle = 618_000
        self._number = 0
        self.bids = {middle - step: chance.randint(1, 5_000) for step in range(1, levels + 1)}
        self.asks = {middle + step: chance.randint(1, 5_000) for step in range(1, levels + 1)}

    def message(self) -> str:
        """Go one update on and return it."""
        self._middle = middle = self._middle + self._chance.choice((-1, 0, 0, 0, 1))
        changed_bids = change_side(self._chance, self.bids, middle, -1, self._levels, self._changes)
        changed_asks = change_side(self._chance, self.asks, middle, 1, self._levels, self._changes)
        self._number += 1
        return _message(self._number - 1, changed_bids, changed_asks)


def make_market(seed: int, messages: int, levels: int, changes: int, depth: int) -> Market:
    """Walk a book of `levels` levels a side through `messages` updates of `changes` levels a side."""
    walk = Walk(seed, levels, changes)
    snapshot = [[(price_text(t), size_text(n)) for t, n in side.items()] for side in (walk.bids, walk.asks)]
    texts = [walk.message() for _ in range(messages)]
    return Market(
        last_update_id=FIRST_ID,
        bids=snapshot[0],
        asks=snapshot[1],
        messages=texts,
        best_bids=[(t * TICK, walk.bids[t] * LOT) for t in sorted(walk.bids, reverse=True)[:depth]],
        best_asks=[(t * TICK, walk.asks[t] * LOT) for t in sorted(walk.asks)[:depth]],
    )


def change_side(
    chance: random.Random, side: dict[int, int], middle: int, direction: int, levels: int, count: int
) -> list[tuple[int, int]]:
    """Change `count` levels, mostly near the top; whatever the market has walked over goes first."""
    changed = {ticks: 0 for ticks in side if (ticks - middle) * direction <= 0}
    while len(changed) < count:
        ticks = middle + direction * (1 + min(int(chance.expovariate(1 / 40)), levels - 1))
        changed.setdefault(ticks, 0 if chance.random() < 0.3 else int(chance.expovariate(1 / 800)) + 1)
    for ticks, lots in changed.items():
        if lots:
            side[ticks] = lots
        else:
            side.pop(ticks, None)
    return sorted(changed.items())


def _message(number: int, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> str:
    first = FIRST_ID + IDS_A_MESSAGE * number
    event_ms = _FIRST_MS + 100 * number
    update = {
        "e": "depthUpdate",
        "E": event_ms,
        "T": event_ms - 1,
        "s": SYMBOL,
        "U": first + 1,
        "u": first + IDS_A_MESSAGE,
    }
    update |= {"pu": first} | {
        key: [[price_text(ticks), size_text(lots)] for ticks, lots in side] for key, side in (("b", bids), ("a", asks))
    }
    return json.dumps({"stream": "btcusdt@depth@100ms", "data": update}, separators=(",", ":"))
