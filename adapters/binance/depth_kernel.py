"""Binance's depthUpdate read from its raw bytes: identifiers, times and levels into an array of integers.

The compiled form of what `adapters.binance.wire` does with typed messages. It walks the JSON once, takes keys in any
order, skips keys it does not know and never reads behind the message: the byte behind it is set to 0, which is no part
of any JSON text, so that every loop ends there.
"""

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
    LOT_DECIMALS,
    LOT_MANTISSA,
    MALFORMED,
    MISSING_KEY,
    NOT_DEPTH,
    PREVIOUS_UPDATE_ID,
    PRICE_NOT_DECIMAL,
    PRICE_OFF_GRID,
    PRICE_TOO_LARGE,
    SEEN,
    SIZE_NOT_DECIMAL,
    SIZE_OFF_GRID,
    SIZE_TOO_LARGE,
    SYMBOL,
    SYMBOL_LENGTH,
    TICK_DECIMALS,
    TICK_MANTISSA,
    TRANSACTION_MS,
    VENUE_NS,
    WRONG_SYMBOL,
)
from core.book.decimals import MOST_DIGITS, OFF_GRID, TOO_LARGE, parse_steps
from core.book.layout import ASK_COUNT, ASK_START, BATCH_HEADER_SIZE, BID_COUNT, BID_START
from core.compiled import kernel

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

_NS_PER_MS: Final = 1_000_000
_QUOTE: Final = 34
_COMMA: Final = 44
_COLON: Final = 58
_OPEN_LIST: Final = 91
_BACKSLASH: Final = 92
_CLOSE_LIST: Final = 93
_OPEN_OBJECT: Final = 123
_CLOSE_OBJECT: Final = 125

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
    depth, at = 0, _skip_blanks(text, 0)
    if text[at] != _OPEN_OBJECT:
        return MALFORMED
    at += 1
    depth = 1
    while True:
        at = _skip_blanks(text, at)
        key, at = _read_key(text, at)
        if at < 0:
            return MALFORMED
        if key == _KEY_DATA and depth == 1 and text[at] == _OPEN_OBJECT:
            depth, at = 2, at + 1
            continue
        at = _read_value(text, at, batch, key)
        if at < 0:
            return -at
        at = _skip_blanks(text, at)
        while text[at] == _CLOSE_OBJECT and depth > 0:
            depth -= 1
            at = _skip_blanks(text, at + 1)
        if depth == 0:
            break
        if text[at] != _COMMA:
            return MALFORMED
        at += 1
    if at != length:
        return MALFORMED
    venue_ms = batch[EVENT_MS] if batch[TRANSACTION_MS] == ABSENT else batch[TRANSACTION_MS]
    batch[VENUE_NS] = venue_ms * _NS_PER_MS
    return DECODED if batch[SEEN] == _NEEDED else MISSING_KEY


@kernel
def _skip_blanks(text: Bytes, at: int) -> int:
    while text[at] == 32 or 9 <= text[at] <= 10 or text[at] == 13:
        at += 1
    return at


@kernel
def _read_key(text: Bytes, at: int) -> tuple[int, int]:
    """Return the last eight characters of a key as one number and the position of its value, -1 where there is none."""
    if text[at] != _QUOTE:
        return 0, -1
    at += 1
    key, start = 0, at
    while text[at] != _QUOTE:
        if text[at] < 32 or text[at] == _BACKSLASH:
            return 0, -1
        key = (key << 8) | int(text[at])
        at += 1
    if at - start > 7:
        key = 0
    at = _skip_blanks(text, at + 1)
    if text[at] != _COLON:
        return 0, -1
    return key, _skip_blanks(text, at + 1)


@kernel
def _read_value(text: Bytes, at: int, batch: Ints, key: int) -> int:
    """Note the value of a key and return the position behind it, or minus an error."""
    if key == _KEY_BIDS:
        return _read_side(text, at, batch, BID_COUNT, BID_START, _SEEN_BIDS)
    if key == _KEY_ASKS:
        return _read_side(text, at, batch, ASK_COUNT, ASK_START, _SEEN_ASKS)
    if key == _KEY_FIRST_ID:
        return _read_integer(text, at, batch, FIRST_UPDATE_ID, _SEEN_FIRST_ID)
    if key == _KEY_LAST_ID:
        return _read_integer(text, at, batch, LAST_UPDATE_ID, _SEEN_LAST_ID)
    if key == _KEY_PREVIOUS_ID:
        return _read_integer(text, at, batch, PREVIOUS_UPDATE_ID, 0)
    if key == _KEY_EVENT_MS:
        return _read_integer(text, at, batch, EVENT_MS, _SEEN_EVENT_MS)
    if key == _KEY_TRANSACTION_MS:
        return _read_integer(text, at, batch, TRANSACTION_MS, 0)
    if key == _KEY_EVENT:
        return _read_event(text, at, batch)
    if key == _KEY_SYMBOL:
        return _read_symbol(text, at, batch)
    return _skip_value(text, at)


@kernel
def _read_integer(text: Bytes, at: int, batch: Ints, note: int, seen: int) -> int:
    value, start = 0, at
    digit = int(text[at]) - 48
    while 0 <= digit <= 9:
        value = value * 10 + digit
        at += 1
        digit = int(text[at]) - 48
    if not 0 < at - start <= MOST_DIGITS or batch[note] != ABSENT:
        return -MALFORMED
    batch[note] = value
    batch[SEEN] |= seen
    return at


@kernel
def _read_event(text: Bytes, at: int, batch: Ints) -> int:
    if text[at] != _QUOTE:
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
    if text[at] != _QUOTE:
        return -MALFORMED
    at += 1
    for i in range(batch[SYMBOL_LENGTH]):
        if text[at] != batch[SYMBOL + i]:
            return -WRONG_SYMBOL
        at += 1
    if text[at] != _QUOTE:
        return -WRONG_SYMBOL
    batch[SEEN] |= _SEEN_SYMBOL
    return at + 1


@kernel
def _skip_value(text: Bytes, at: int) -> int:
    """Pass over any JSON value by its brackets and strings; what stands inside is nobody's business."""
    depth, start = 0, at
    while True:
        character = text[at]
        if character == _QUOTE:
            at += 1
            while text[at] != _QUOTE:
                if text[at] < 32:
                    return -MALFORMED
                at += 2 if text[at] == _BACKSLASH and text[at + 1] >= 32 else 1
            at += 1
        elif character == _OPEN_LIST or character == _OPEN_OBJECT:
            depth += 1
            at += 1
        elif depth == 0 and (character == _COMMA or character == _CLOSE_OBJECT or character == _CLOSE_LIST):
            return at if at > start else -MALFORMED
        elif character == _CLOSE_LIST or character == _CLOSE_OBJECT:
            depth -= 1
            at += 1
        elif character == 0:
            return -MALFORMED
        else:
            at += 1


@kernel
def _read_side(text: Bytes, at: int, batch: Ints, count_note: int, start_note: int, seen: int) -> int:
    """Read ``[["price","size"],…]`` into pairs of ticks and lots."""
    if text[at] != _OPEN_LIST or batch[SEEN] & seen:
        return -MALFORMED
    tick_mantissa, tick_decimals = batch[TICK_MANTISSA], batch[TICK_DECIMALS]
    lot_mantissa, lot_decimals = batch[LOT_MANTISSA], batch[LOT_DECIMALS]
    free = start = batch[FREE]
    at = _skip_blanks(text, at + 1)
    is_more = text[at] != _CLOSE_LIST
    while is_more:
        at = at + 2 if text[at] == _OPEN_LIST and text[at + 1] == _QUOTE else _open_level(text, at)
        if at < 0:
            return -MALFORMED
        ticks, at = parse_steps(text, at, tick_mantissa, tick_decimals)
        if ticks <= 0 or text[at] != _QUOTE:
            return -_price_error(ticks)
        at = at + 3 if text[at + 1] == _COMMA and text[at + 2] == _QUOTE else _next_number(text, at + 1)
        if at < 0:
            return -MALFORMED
        lots, at = parse_steps(text, at, lot_mantissa, lot_decimals)
        if lots < 0 or text[at] != _QUOTE:
            return -_size_error(lots)
        at = at + 2 if text[at + 1] == _CLOSE_LIST else _close_level(text, at + 1)
        if at < 0:
            return -MALFORMED
        batch[free] = ticks
        batch[free + 1] = lots
        free += 2
        if text[at] != _COMMA and text[at] != _CLOSE_LIST:
            at = _skip_blanks(text, at)
        is_more = text[at] == _COMMA
        if is_more:
            at = _skip_blanks(text, at + 1)
    if text[at] != _CLOSE_LIST:
        return -MALFORMED
    batch[start_note] = start
    batch[count_note] = (free - start) >> 1
    batch[FREE] = free
    batch[SEEN] |= seen
    return at + 1


@kernel
def _open_level(text: Bytes, at: int) -> int:
    """Pass over the bracket and the quote before a price where blanks stand between; -1 where they are not there."""
    if text[at] != _OPEN_LIST:
        return -1
    at = _skip_blanks(text, at + 1)
    return at + 1 if text[at] == _QUOTE else -1


@kernel
def _next_number(text: Bytes, at: int) -> int:
    at = _skip_blanks(text, at)
    if text[at] != _COMMA:
        return -1
    at = _skip_blanks(text, at + 1)
    return at + 1 if text[at] == _QUOTE else -1


@kernel
def _close_level(text: Bytes, at: int) -> int:
    """Pass over what Binance once sent behind the size, and the bracket."""
    at = _skip_blanks(text, at)
    while text[at] == _COMMA:
        at = _skip_value(text, _skip_blanks(text, at + 1))
        if at < 0:
            return -1
        at = _skip_blanks(text, at)
    return at + 1 if text[at] == _CLOSE_LIST else -1


@kernel
def _price_error(steps: int) -> int:
    if steps == OFF_GRID:
        return PRICE_OFF_GRID
    return PRICE_TOO_LARGE if steps == TOO_LARGE else PRICE_NOT_DECIMAL


@kernel
def _size_error(steps: int) -> int:
    if steps == OFF_GRID:
        return SIZE_OFF_GRID
    return SIZE_TOO_LARGE if steps == TOO_LARGE else SIZE_NOT_DECIMAL
