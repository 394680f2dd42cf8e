"""The lists of price levels in a message, read straight into pairs of ticks and lots."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.binance.depth_layout import (
    FREE,
    LOT_DECIMALS,
    LOT_MANTISSA,
    MALFORMED,
    PRICE_NOT_DECIMAL,
    PRICE_OFF_GRID,
    PRICE_TOO_LARGE,
    SEEN,
    SIZE_NOT_DECIMAL,
    SIZE_OFF_GRID,
    SIZE_TOO_LARGE,
    TICK_DECIMALS,
    TICK_MANTISSA,
)
from adapters.binance.json_kernel import CLOSE_LIST, COMMA, OPEN_LIST, QUOTE, skip_blanks
from core.book.bits import word_at
from core.book.decimals import OFF_GRID, TOO_LARGE, parse_steps, unsigned
from core.compiled import kernel

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

# what stands between a price and its size, and between two levels, as the lowest bytes of a word
_TO_SIZE: Final = unsigned(int.from_bytes(b'","', "little"))
_THREE_BYTES: Final = unsigned(0xFFFFFF)
_TO_NEXT_LEVEL: Final = unsigned(int.from_bytes(b'"],["', "little"))
_FIVE_BYTES: Final = unsigned(0xFFFFFFFFFF)


@kernel
def read_side(text: Bytes, at: int, batch: Ints, count_note: int, start_note: int, seen: int) -> int:
    """Read ``[["price","size"],…]`` into pairs of ticks and lots."""
    if text[at] != OPEN_LIST or batch[SEEN] & seen:
        return -MALFORMED
    tick_mantissa, tick_decimals = batch[TICK_MANTISSA], batch[TICK_DECIMALS]
    lot_mantissa, lot_decimals = batch[LOT_MANTISSA], batch[LOT_DECIMALS]
    free = start = batch[FREE]
    at = skip_blanks(text, at + 1)
    is_more = text[at] != CLOSE_LIST
    at = _open_level(text, at) if is_more else at
    while is_more:
        if at < 0:
            return -MALFORMED
        ticks, at = parse_steps(text, at, tick_mantissa, tick_decimals)
        if ticks <= 0 or text[at] != QUOTE:
            return -_price_error(ticks)
        at = at + 3 if word_at(text, at) & _THREE_BYTES == _TO_SIZE else _next_number(text, at + 1)
        if at < 0:
            return -MALFORMED
        lots, at = parse_steps(text, at, lot_mantissa, lot_decimals)
        if lots < 0 or text[at] != QUOTE:
            return -_size_error(lots)
        batch[free] = ticks
        batch[free + 1] = lots
        free += 2
        if word_at(text, at) & _FIVE_BYTES == _TO_NEXT_LEVEL:
            at += 5
            continue
        at = _close_level(text, at + 1)
        if at < 0:
            return -MALFORMED
        is_more = text[at] == COMMA
        if is_more:
            at = _open_level(text, skip_blanks(text, at + 1))
    if text[at] != CLOSE_LIST:
        return -MALFORMED
    batch[start_note] = start
    batch[count_note] = (free - start) >> 1
    batch[FREE] = free
    batch[SEEN] |= seen
    return at + 1


@kernel
def _open_level(text: Bytes, at: int) -> int:
    """Pass over the bracket and the quote before a price where blanks stand between; -1 where they are not there."""
    if text[at] != OPEN_LIST:
        return -1
    at = skip_blanks(text, at + 1)
    return at + 1 if text[at] == QUOTE else -1


@kernel
def _next_number(text: Bytes, at: int) -> int:
    at = skip_blanks(text, at)
    if text[at] != COMMA:
        return -1
    at = skip_blanks(text, at + 1)
    return at + 1 if text[at] == QUOTE else -1


@kernel
def _close_level(text: Bytes, at: int) -> int:
    """Pass over the empty list that Binance once sent behind the size, the bracket and the blanks behind it.

    Anything else there is no level: of three numbers nobody knows which two were meant.
    """
    at = skip_blanks(text, at)
    if text[at] == COMMA:
        at = skip_blanks(text, at + 1)
        if text[at] != OPEN_LIST:
            return -1
        at = skip_blanks(text, at + 1)
        if text[at] != CLOSE_LIST:
            return -1
        at = skip_blanks(text, at + 1)
    return skip_blanks(text, at + 1) if text[at] == CLOSE_LIST else -1


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
