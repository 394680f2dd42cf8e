"""Binance's depthUpdate read from its raw bytes: identifiers, times and levels into an array of integers.

The compiled form of what `adapters.binance.wire` does with typed messages. It walks the JSON once, takes keys in any
order, skips keys it does not know where their values are plain (no list, no object), and never reads behind the
message: the byte behind it is set to 0, which is no part of any JSON text, so that every loop ends there. Whatever it
returns an error for may still be a message: typed messages decide.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.binance.depth_layout import (
    ABSENT,
    DECODED,
    EVENT_MS,
    FIRST_UPDATE_ID,
    FREE,
    LAST_UPDATE_ID,
    MALFORMED,
    MISSING_KEY,
    NOT_DEPTH,
    PREVIOUS_UPDATE_ID,
    SEEN,
    SYMBOL,
    SYMBOL_LENGTH,
    TRANSACTION_MS,
    VENUE_NS,
    WRONG_SYMBOL,
)
from adapters.binance.json_kernel import (
    CLOSE_OBJECT,
    COMMA,
    OPEN_OBJECT,
    QUOTE,
    read_key,
    read_whole,
    skip_blanks,
    skip_plain_value,
)
from adapters.binance.levels_kernel import read_side
from adapters.binance.wire import LATEST_MS
from core.book.layout import ASK_COUNT, ASK_START, BATCH_HEADER_SIZE, BID_COUNT, BID_START
from core.book.step_grid import PADDING
from core.compiled import entry_of, kernel

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

_SEEN_BIDS: Final = 1
_SEEN_ASKS: Final = 2
_SEEN_SYMBOL: Final = 4
_SEEN_EVENT: Final = 8
_SEEN_FIRST_ID: Final = 16
_SEEN_LAST_ID: Final = 32
_SEEN_EVENT_MS: Final = 64
_NEEDED: Final = 127
_SEEN_PREVIOUS_ID: Final = 128
_SEEN_TRANSACTION_MS: Final = 256

_NO_DATA: Final = -1

_NS_PER_MS: Final = 1_000_000

_KEY_EVENT: Final = 101  # e
_KEY_EVENT_MS: Final = 69  # E
_KEY_TRANSACTION_MS: Final = 84  # T
_KEY_SYMBOL: Final = 115  # s
_KEY_FIRST_ID: Final = 85  # U
_KEY_LAST_ID: Final = 117  # u
_KEY_BIDS: Final = 98  # b
_KEY_ASKS: Final = 97  # a
_KEY_PREVIOUS_ID: Final = 112 << 8 | 117  # pu
_KEY_DATA: Final = 100 << 24 | 97 << 16 | 116 << 8 | 97  # data
_DEPTH_UPDATE: Final = np.frombuffer(b'depthUpdate"', np.uint8).copy()


@kernel
def decode_depth(text: Bytes, length: int, batch: Ints) -> int:
    """Read the first `length` bytes of `text` into `batch` and return DECODED or what is wrong.

    `text` needs one byte more than the message, `batch` room for ``length / 4`` integers behind its header.
    """
    text[length] = 0
    batch[FREE] = BATCH_HEADER_SIZE
    batch[SEEN] = batch[BID_COUNT] = batch[ASK_COUNT] = 0
    batch[BID_START] = batch[ASK_START] = BATCH_HEADER_SIZE
    batch[FIRST_UPDATE_ID] = batch[LAST_UPDATE_ID] = batch[PREVIOUS_UPDATE_ID] = ABSENT
    batch[EVENT_MS] = batch[TRANSACTION_MS] = batch[VENUE_NS] = ABSENT
    at = skip_blanks(text, 0)
    if text[at] != OPEN_OBJECT:
        return MALFORMED
    at += 1
    depth, seen_in_data = 1, _NO_DATA
    while True:
        at = skip_blanks(text, at)
        key, at = read_key(text, at)
        if at < 0:
            return MALFORMED
        if key == _KEY_DATA and depth == 1:
            if text[at] != OPEN_OBJECT or batch[SEEN] or seen_in_data != _NO_DATA:
                return MALFORMED
            depth, at = 2, at + 1
            continue
        at = _read_value(text, at, batch, key)
        if at < 0:
            return -at
        at = skip_blanks(text, at)
        while text[at] == CLOSE_OBJECT and depth > 0:
            if depth == 2:
                seen_in_data = batch[SEEN]
            depth -= 1
            at = skip_blanks(text, at + 1)
        if depth == 0:
            break
        if text[at] != COMMA:
            return MALFORMED
        at += 1
    if at != length or batch[EVENT_MS] > LATEST_MS or batch[TRANSACTION_MS] > LATEST_MS:
        return MALFORMED
    if seen_in_data not in (_NO_DATA, batch[SEEN]):  # a field beside the object that holds the others
        return MALFORMED
    venue_ms = batch[EVENT_MS] if batch[TRANSACTION_MS] == ABSENT else batch[TRANSACTION_MS]
    batch[VENUE_NS] = venue_ms * _NS_PER_MS
    return DECODED if batch[SEEN] & _NEEDED == _NEEDED else MISSING_KEY


@kernel
def _read_value(text: Bytes, at: int, batch: Ints, key: int) -> int:
    """Note the value of a key and return the position behind it, or minus an error."""
    if key == _KEY_BIDS:
        return read_side(text, at, batch, BID_COUNT, BID_START, _SEEN_BIDS)
    if key == _KEY_ASKS:
        return read_side(text, at, batch, ASK_COUNT, ASK_START, _SEEN_ASKS)
    if key == _KEY_FIRST_ID:
        return _read_integer(text, at, batch, FIRST_UPDATE_ID, _SEEN_FIRST_ID)
    if key == _KEY_LAST_ID:
        return _read_integer(text, at, batch, LAST_UPDATE_ID, _SEEN_LAST_ID)
    if key == _KEY_PREVIOUS_ID:
        return _read_integer(text, at, batch, PREVIOUS_UPDATE_ID, _SEEN_PREVIOUS_ID)
    if key == _KEY_EVENT_MS:
        return _read_integer(text, at, batch, EVENT_MS, _SEEN_EVENT_MS)
    if key == _KEY_TRANSACTION_MS:
        return _read_integer(text, at, batch, TRANSACTION_MS, _SEEN_TRANSACTION_MS)
    if key == _KEY_EVENT:
        return _read_event(text, at, batch)
    if key == _KEY_SYMBOL:
        return _read_symbol(text, at, batch)
    end = skip_plain_value(text, at)
    return end if end > 0 else -MALFORMED


@kernel
def _read_integer(text: Bytes, at: int, batch: Ints, note: int, seen: int) -> int:
    value, at = read_whole(text, at)
    if at < 0 or batch[SEEN] & seen:
        return -MALFORMED
    batch[note] = value
    batch[SEEN] |= seen
    return at


@kernel
def _read_event(text: Bytes, at: int, batch: Ints) -> int:
    if text[at] != QUOTE or batch[SEEN] & _SEEN_EVENT:
        return -NOT_DEPTH
    at += 1
    for i in range(_DEPTH_UPDATE.size):
        if text[at] != _DEPTH_UPDATE[i]:
            return -NOT_DEPTH
        at += 1
    batch[SEEN] |= _SEEN_EVENT
    return at


@kernel
def _read_symbol(text: Bytes, at: int, batch: Ints) -> int:
    if text[at] != QUOTE or batch[SEEN] & _SEEN_SYMBOL:
        return -MALFORMED
    at += 1
    for i in range(batch[SYMBOL_LENGTH]):
        if text[at] != batch[SYMBOL + i]:
            return -WRONG_SYMBOL
        at += 1
    if text[at] != QUOTE:
        return -WRONG_SYMBOL
    batch[SEEN] |= _SEEN_SYMBOL
    return at + 1


@cache
def decode_depth_entry() -> Callable[[Bytes, int, Ints], int]:
    """Return `decode_depth` without the look at its arguments' types, compiled on the first call."""
    return entry_of(decode_depth, np.zeros(1 + PADDING, np.uint8), 0, np.zeros(BATCH_HEADER_SIZE, np.int64))
