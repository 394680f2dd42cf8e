"""CRC-32 over the best levels of a book in the venue's own words, without objects."""

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.streams.checksum_layout import (
    ALTERNATING,
    DEPTH,
    FORM_SIZE,
    LEVEL_BYTES,
    LOT_DECIMALS,
    LOT_MANTISSA,
    TICK_DECIMALS,
    TICK_MANTISSA,
)
from core.book.bits import leading_zeros, put_word, trailing_zeros, word_at
from core.book.decimals import signed, unsigned
from core.book.kernels import empty_cells
from core.book.layout import ASKS, BIDS
from core.book.side import best_of_side
from core.compiled import entry_of, kernel

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Words = NDArray[np.uint32]

_COLON: Final = 58
_DOT: Final = 46
_ZERO: Final = 48
_DIGITS: Final = 8  # of a word
_NOTHING: Final = unsigned(0)
_ZEROS: Final = unsigned(0x3030303030303030)  # eight times the character 0
_TOP_BIT: Final = unsigned(1 << 63)
_WORD_UNIT: Final = unsigned(10**8)
_MYRIAD: Final = unsigned(10_000)
_HUNDRED: Final = unsigned(100)
_TEN: Final = unsigned(10)
# a quotient of two numbers below 10,000 by 100, of four below 100 by 10: a product, shifted
_BY_HUNDRED: Final = unsigned(10_486)
_TWENTY: Final = unsigned(20)
_TWO_PARTS: Final = unsigned(0x0000007F0000007F)
_BY_TEN: Final = unsigned(103)
_TEN_BITS: Final = unsigned(10)
_FOUR_PARTS: Final = unsigned(0x000F000F000F000F)
_THREE: Final = unsigned(3)
_SEVEN: Final = unsigned(7)
_SIXTEEN: Final = unsigned(16)
_24: Final = unsigned(24)
_THIRTY_TWO: Final = unsigned(32)
_40: Final = unsigned(40)
_48: Final = unsigned(48)
_56: Final = unsigned(56)
_BYTE: Final = unsigned(0xFF)
_EIGHT: Final = unsigned(8)
_ALL: Final = unsigned(0xFFFFFFFF)


def _tables() -> Words:
    """Return the reflected table of the polynomial, and behind it those for a byte that one to seven others follow."""
    first = [0] * 256
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0xEDB88320 if value & 1 else 0)
        first[byte] = value
    tables = [first]
    for _ in range(7):
        tables.append([first[value & 0xFF] ^ (value >> 8) for value in tables[-1]])
    return np.array(tables, np.uint32).ravel()


_TABLES: Final = _tables()
_POWERS: Final = np.array([10**i for i in range(19)], np.int64)


@kernel
def top_checksum(cells: Ints, overflow: Ints, out: Ints, text: Bytes) -> int:
    """Return CRC-32 of the best levels as `out` says they are written.

    `out` begins with what `adapters.streams.checksum_layout` names; `text` has room for LEVEL_BYTES a level of
    both sides.
    """
    depth, is_alternating = out[0, DEPTH], out[0, ALTERNATING]
    tick_mantissa, tick_decimals = out[0, TICK_MANTISSA], out[0, TICK_DECIMALS]
    lot_mantissa, lot_decimals = out[0, LOT_MANTISSA], out[0, LOT_DECIMALS]
    top = out[1:, :depth]
    bids, asks = best_of_side(cells, overflow, BIDS, top), best_of_side(cells, overflow, ASKS, top)
    if not is_alternating:
        end = 0
        for i in range(asks):
            end = _write_whole(text, _write_whole(text, end, top[2, i]), top[3, i])
        for i in range(bids):
            end = _write_whole(text, _write_whole(text, end, top[0, i]), top[1, i])
        return _crc32(text, end)
    end = 0
    for i in range(2 * max(bids, asks)):
        row, column = 2 * (i & 1), i >> 1
        if column < (asks if row else bids):
            end = _write_decimal(text, end, top[row, column] * tick_mantissa, tick_decimals)
            text[end] = _COLON
            end = _write_decimal(text, end + 1, top[row + 1, column] * lot_mantissa, lot_decimals)
            text[end] = _COLON
            end += 1
    return _crc32(text, max(end - 1, 0))  # no colon behind the last


@kernel
def _write_decimal(text: Bytes, at: int, value: int, decimals: int) -> int:
    """Write ``value / 10**decimals`` without needless zeros and return the position behind it."""
    if decimals == 0:
        return _write_whole(text, at, value)
    if decimals <= _DIGITS and unsigned(value) < _WORD_UNIT:
        return _write_short_decimal(text, at, unsigned(value), decimals)
    unit = unsigned(_POWERS[decimals])
    whole = unsigned(value) // unit
    part = unsigned(value) - whole * unit
    at = _write_whole(text, at, signed(whole))
    if part == _NOTHING:
        return at
    text[at] = _DOT
    missing = _DIGITS - decimals % _DIGITS if decimals % _DIGITS else 0
    part *= unsigned(_POWERS[missing])  # as many whole words of digits
    if decimals > _DIGITS:
        high = part // _WORD_UNIT
        part -= high * _WORD_UNIT
        put_word(text, at + 1, _digits_of(high) | _ZEROS)
        if part == _NOTHING:
            return _trimmed(at + 1, _digits_of(high))
        at += _DIGITS
    put_word(text, at + 1, _digits_of(part) | _ZEROS)
    return _trimmed(at + 1, _digits_of(part))


@kernel
def _write_short_decimal(text: Bytes, at: int, value: int, decimals: int) -> int:
    """Write a number of at most eight digits without a division by a power that is not known beforehand."""
    digits = _digits_of(value)
    whole_digits = _DIGITS - decimals
    behind = unsigned(8 * whole_digits)
    missing = min(signed(trailing_zeros(digits | _TOP_BIT) >> _THREE), whole_digits - 1)
    if missing < 0:  # nothing but decimals
        text[at] = _ZERO
        at += 1
    else:
        put_word(text, at, (digits | _ZEROS) >> unsigned(8 * missing))
        at += whole_digits - missing
    part = digits >> behind
    if part == _NOTHING:
        return at
    text[at] = _DOT
    put_word(text, at + 1, part | _ZEROS)
    return _trimmed(at + 1, part)


@kernel
def _trimmed(at: int, digits: int) -> int:
    """Return the position behind the last of eight digits that is not 0; there has to be one."""
    return at + _DIGITS - (leading_zeros(signed(digits)) >> 3)


@kernel
def _write_whole(text: Bytes, at: int, value: int) -> int:
    """Write a number of at most 24 digits without needless zeros and return the position behind it."""
    rest = unsigned(value)
    if rest < _WORD_UNIT:
        return _write_first(text, at, rest)
    high = rest // _WORD_UNIT
    if high < _WORD_UNIT:
        at = _write_first(text, at, high)
    else:
        highest = high // _WORD_UNIT
        at = _write_first(text, at, highest)
        put_word(text, at, _digits_of(high - highest * _WORD_UNIT) | _ZEROS)
        at += _DIGITS
    put_word(text, at, _digits_of(rest - high * _WORD_UNIT) | _ZEROS)
    return at + _DIGITS


@kernel
def _write_first(text: Bytes, at: int, value: int) -> int:
    """Write at most eight digits, the zeros in front left out but for the last one."""
    digits = _digits_of(value)
    missing = trailing_zeros(digits) >> _THREE if digits != _NOTHING else _SEVEN
    put_word(text, at, (digits | _ZEROS) >> (missing << _THREE))
    return at + _DIGITS - signed(missing)


@kernel
def _digits_of(value: int) -> int:
    """Return a number below 10**8 as eight digits, one a byte and the first one lowest."""
    high = value // _MYRIAD
    fours = high | ((value - high * _MYRIAD) << _THIRTY_TWO)
    hundreds = ((fours * _BY_HUNDRED) >> _TWENTY) & _TWO_PARTS
    pairs = hundreds | ((fours - hundreds * _HUNDRED) << _SIXTEEN)
    tens = ((pairs * _BY_TEN) >> _TEN_BITS) & _FOUR_PARTS
    return tens | ((pairs - tens * _TEN) << _EIGHT)


@kernel
def _crc32(text: Bytes, length: int) -> int:
    """Return CRC-32 of the first bytes, eight at a time."""
    crc, at = _ALL, 0
    while length - at >= 8:
        word = word_at(text, at) ^ crc
        # the tables one behind the other, that of the last byte first
        low = _TABLES[1792 + signed(word & _BYTE)] ^ _TABLES[1536 + signed((word >> _EIGHT) & _BYTE)]
        low ^= _TABLES[1280 + signed((word >> _SIXTEEN) & _BYTE)] ^ _TABLES[1024 + signed((word >> _24) & _BYTE)]
        high = _TABLES[768 + signed((word >> _THIRTY_TWO) & _BYTE)] ^ _TABLES[512 + signed((word >> _40) & _BYTE)]
        high ^= _TABLES[256 + signed((word >> _48) & _BYTE)] ^ _TABLES[signed(word >> _56)]
        crc = unsigned(low ^ high)
        at += 8
    while at < length:
        crc = unsigned(_TABLES[signed((crc ^ unsigned(text[at])) & _BYTE)]) ^ (crc >> _EIGHT)
        at += 1
    return signed(crc ^ _ALL)


@cache
def top_checksum_entry() -> Callable[[Ints, Ints, Ints, Bytes], int]:
    """Return `top_checksum` without the look at its arguments' types, compiled on the first call."""
    out = np.zeros((5, FORM_SIZE), np.int64)
    return entry_of(top_checksum, empty_cells(), np.zeros(4, np.int64), out, np.zeros(LEVEL_BYTES, np.uint8))
