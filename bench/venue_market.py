"""The market of `bench.market` in the messages of the other venues, by their published rules."""

import json
import random
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from itertools import zip_longest
from typing import Final, NamedTuple

import msgspec

from bench.market import change_side

Side = dict[int, int]  # ticks to lots, best first
Rows = list[tuple[int, int]]
_FIRST_MS: Final = 1_723_161_256_501
_MESSAGE_MS: Final = 100
TICK: Final = Decimal("0.1")
_SIGN_BIT: Final = 1 << 31


class VenueMarket(msgspec.Struct, frozen=True):
    """One venue's snapshot, the messages that follow it, and the top that everybody has to end with."""

    venue: str
    snapshot: str
    messages: list[str]
    best_bids: list[tuple[Decimal, Decimal]]
    best_asks: list[tuple[Decimal, Decimal]]


class Moment(NamedTuple):
    """What one message tells: its number, the rows to tell, and what the venue's client sees after it."""

    number: int
    bids: Rows
    asks: Rows
    seen_bids: Side
    seen_asks: Side
    is_snapshot: bool = False

    @property
    def ms(self) -> int:
        return _FIRST_MS + _MESSAGE_MS * self.number

    @property
    def iso(self) -> str:
        return datetime.fromtimestamp(self.ms // 1000, UTC).strftime(f"%Y-%m-%dT%H:%M:%S.{self.ms % 1000:03}604Z")

    @property
    def kind(self) -> str:
        return "snapshot" if self.is_snapshot else "update"


class Shape(NamedTuple):
    """How one venue writes; `visible` are the levels a side that it shows, and one that comes into sight is told."""

    lot: Decimal
    visible: int
    write: Callable[[Moment], str]
    is_whole: bool = False  # every message is a snapshot


def make_venue_market(venue: str, seed: int, *, messages: int, levels: int, changes: int, depth: int) -> VenueMarket:
    """Walk a book of `levels` levels a side through `messages` updates of `changes` levels a side."""
    shape, chance, middle = SHAPES[venue], random.Random(seed), 618_000
    bids = {middle - step: chance.randint(1, 5_000) for step in range(1, levels + 1)}
    asks = {middle + step: chance.randint(1, 5_000) for step in range(1, levels + 1)}
    seen_bids, seen_asks = _top(bids, shape.visible, -1), _top(asks, shape.visible, 1)
    texts = [shape.write(Moment(0, list(seen_bids.items()), list(seen_asks.items()), seen_bids, seen_asks, True))]
    for number in range(1, messages + 1):
        middle += chance.choice((-1, 0, 0, 0, 1))
        change_side(chance, bids, middle, -1, levels, changes)
        change_side(chance, asks, middle, 1, levels, changes)
        old_bids, seen_bids = seen_bids, _top(bids, shape.visible, -1)
        old_asks, seen_asks = seen_asks, _top(asks, shape.visible, 1)
        if shape.is_whole:
            rows = list(seen_bids.items()), list(seen_asks.items())
        else:
            rows = _told(old_bids, seen_bids, bids), _told(old_asks, seen_asks, asks)
        texts.append(shape.write(Moment(number, *rows, seen_bids, seen_asks)))
    best_bids, best_asks = (list(side.items())[:depth] for side in (seen_bids, seen_asks))
    return VenueMarket(
        venue=venue,
        snapshot=texts[0],
        messages=texts[1:],
        best_bids=[(ticks * TICK, lots * shape.lot) for ticks, lots in best_bids],
        best_asks=[(ticks * TICK, lots * shape.lot) for ticks, lots in best_asks],
    )


def _top(side: Side, visible: int, sign: int) -> Side:
    return {ticks: side[ticks] for ticks in sorted(side, key=lambda ticks: sign * ticks)[:visible]}


def _told(before: Side, after: Side, whole: Side) -> Rows:
    """Return what a client has to be told that drops by itself what falls out of sight."""
    gone = [(ticks, 0) for ticks in before if ticks not in whole]
    return gone + [(ticks, lots) for ticks, lots in after.items() if before.get(ticks) != lots]


def _json(message: object) -> str:
    return json.dumps(message, separators=(",", ":"))


# Kraken, websocket version 2: numbers of JSON with the pair's decimals, a checksum over the best ten ----------------


def _kraken(moment: Moment) -> str:
    def rows(side: Rows) -> str:
        return ",".join(f'{{"price":{t * TICK:.1f},"qty":{n * SHAPES["kraken"].lot:.8f}}}' for t, n in side)

    def digits(side: Side) -> str:
        return "".join(f"{t}{n}" for t, n in list(side.items())[:10])

    checksum = zlib.crc32((digits(moment.seen_asks) + digits(moment.seen_bids)).encode())
    return (
        f'{{"channel":"book","type":"{moment.kind}","data":[{{"symbol":"BTC/USD","bids":[{rows(moment.bids)}],'
        f'"asks":[{rows(moment.asks)}],"checksum":{checksum},"timestamp":"{moment.iso}"}}]}}'
    )


# OKX: texts without needless zeros, a chain of ids; a checksum over the best 25 until June 2026, since then 0 ---------


def _okx(moment: Moment, *, has_checksum: bool = False) -> str:
    lot = SHAPES["okx"].lot

    def rows(side: Rows) -> list[list[str]]:
        return [[_short(ticks * TICK), _short(lots * lot), "0", "1" if lots else "0"] for ticks, lots in side]

    checksum = _okx_checksum(moment) if has_checksum else 0
    data = {"asks": rows(moment.asks), "bids": rows(moment.bids), "ts": str(moment.ms), "checksum": checksum}
    data |= {"seqId": moment.number + 1, "prevSeqId": -1 if moment.is_snapshot else moment.number}
    return _json({"arg": {"channel": "books", "instId": "BTC-USDT"}, "action": moment.kind, "data": [data]})


def _okx_checksum(moment: Moment) -> int:
    best = (list(side.items())[:25] for side in (moment.seen_bids, moment.seen_asks))
    pairs = [row for both in zip_longest(*best) for row in both if row is not None]
    text = ":".join(f"{_short(ticks * TICK)}:{_short(lots * SHAPES['okx'].lot)}" for ticks, lots in pairs)
    return (zlib.crc32(text.encode()) ^ _SIGN_BIT) - _SIGN_BIT


def _short(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# Coinbase Advanced Trade: both sides in one list, messages numbered over the connection ------------------------------


def _coinbase(moment: Moment) -> str:
    def rows(name: str, side: Rows) -> list[dict[str, str]]:
        lot = SHAPES["coinbase"].lot
        return [
            {"side": name, "event_time": moment.iso, "price_level": _short(t * TICK), "new_quantity": _short(n * lot)}
            for t, n in side
        ]

    updates = rows("bid", moment.bids) + rows("offer", moment.asks)
    event = {"type": moment.kind, "product_id": "BTC-USD", "updates": updates}
    head = {"channel": "l2_data", "client_id": "", "timestamp": moment.iso, "sequence_num": moment.number}
    return _json(head | {"events": [event]})


# Hyperliquid: the best twenty whole in each message ------------------------------------------------------------------


def _hyperliquid(moment: Moment) -> str:
    lot = SHAPES["hyperliquid"].lot

    def rows(side: Rows) -> list[dict[str, object]]:
        return [{"px": f"{ticks * TICK:.1f}", "sz": f"{lots * lot}", "n": 1 + lots % 9} for ticks, lots in side]

    data = {"coin": "BTC", "time": moment.ms, "levels": [rows(moment.bids), rows(moment.asks)]}
    return _json({"channel": "l2Book", "data": data})


SHAPES: Final = {
    "kraken": Shape(Decimal("0.00000001"), 100, _kraken),
    "okx": Shape(Decimal("0.00001"), 400, _okx),
    "okx with checksum": Shape(Decimal("0.00001"), 400, partial(_okx, has_checksum=True)),
    "coinbase": Shape(Decimal("0.00000001"), 1_000_000, _coinbase),
    "hyperliquid": Shape(Decimal("0.00001"), 20, _hyperliquid, is_whole=True),
}
