"""A seeded market in Binance's own messages: a snapshot and the depth updates that follow it."""

import json
import random
from decimal import Decimal
from typing import Final

import msgspec

SYMBOL: Final = "BTCUSDT"
TICK: Final = Decimal("0.10")
LOT: Final = Decimal("0.001")
_FIRST_ID: Final = 5_123_107_852_948
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


def make_market(seed: int, messages: int, levels: int, changes: int, depth: int) -> Market:
    """Walk a book of `levels` levels a side through `messages` updates of `changes` levels a side."""
    chance = random.Random(seed)
    middle = 618_000
    bids = {middle - step: chance.randint(1, 5_000) for step in range(1, levels + 1)}
    asks = {middle + step: chance.randint(1, 5_000) for step in range(1, levels + 1)}
    snapshot = [[(price_text(t), size_text(n)) for t, n in side.items()] for side in (bids, asks)]
    texts: list[str] = []
    for number in range(messages):
        middle += chance.choice((-1, 0, 0, 0, 1))
        changed_bids = change_side(chance, bids, middle, -1, levels, changes)
        changed_asks = change_side(chance, asks, middle, 1, levels, changes)
        texts.append(_message(number, changed_bids, changed_asks))
    return Market(
        last_update_id=_FIRST_ID,
        bids=snapshot[0],
        asks=snapshot[1],
        messages=texts,
        best_bids=[(t * TICK, bids[t] * LOT) for t in sorted(bids, reverse=True)[:depth]],
        best_asks=[(t * TICK, asks[t] * LOT) for t in sorted(asks)[:depth]],
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
    first = _FIRST_ID + 10 * number
    event_ms = _FIRST_MS + 100 * number
    update = {"e": "depthUpdate", "E": event_ms, "T": event_ms - 1, "s": SYMBOL, "U": first + 1, "u": first + 10}
    update |= {"pu": first} | {
        key: [[price_text(ticks), size_text(lots)] for ticks, lots in side] for key, side in (("b", bids), ("a", asks))
    }
    return json.dumps({"stream": "btcusdt@depth@100ms", "data": update}, separators=(",", ":"))
