"""Messages of OKX's public websocket, made for tests."""

import json
import zlib
from typing import Any

from adapters.okx.instruments import read_instruments
from core.types.instrument import Instrument
from tests.venues.okx.listing import SPOT_ROWS, SWAP_ROWS

Levels = list[list[str]]
BIDS: Levels = [["100.1", "3"], ["100", "2"], ["99.9", "1.5"]]
ASKS: Levels = [["100.2", "1"], ["100.3", "7"]]


def instruments() -> dict[str, Instrument]:
    answer = {"code": "0", "msg": "", "data": [*SPOT_ROWS, *SWAP_ROWS]}
    return read_instruments(json.dumps(answer).encode())


def checksum(bids: Levels, asks: Levels) -> int:
    """Count as the venue's documentation does, level by level."""
    turns: list[str] = []
    for n in range(25):
        turns += [":".join(side[n][:2]) for side in (bids, asks) if n < len(side)]
    counted = zlib.crc32(":".join(turns).encode())
    return counted - 2**32 if counted > 2**31 - 1 else counted


def books(action: str, bids: Levels, asks: Levels, inst_id: str = "BTC-USDT", **others: Any) -> bytes:
    rows = [[[*level, "0", "1"] for level in side] for side in (bids, asks)]
    data = {"bids": rows[0], "asks": rows[1], "ts": "1652459225505", **others}
    return json.dumps({"arg": {"channel": "books", "instId": inst_id}, "action": action, "data": [data]}).encode()


def snapshot(**others: Any) -> bytes:
    return books("snapshot", BIDS, ASKS, **{"prevSeqId": -1, "seqId": 10, "checksum": 0, **others})


def update(bids: Levels, asks: Levels, prev: int, seq: int, **others: Any) -> bytes:
    return books("update", bids, asks, **{"prevSeqId": prev, "seqId": seq, "checksum": 0, **others})
