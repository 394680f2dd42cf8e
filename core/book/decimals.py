"""Exact integers from the decimal strings that venues send: no float on the way, nothing rounded."""

from collections.abc import Callable
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from core.book.bits import trailing_zeros, word_at
from core.book.step_grid import MOST_DIGITS
from core.compiled import kernel

Bytes = NDArray[np.uint8]

# instead of steps, which are never negative
NOT_A_DECIMAL: Final = -1
OFF_GRID: Final = -2
TOO_LARGE: Final = -3

_DOT: Final = 46
_POWERS: Final = np.array([10**i for i in range(9)], np.int64)

# a word of eight characters is unsigned; numba would make a float of a signed and an unsigned number
unsigned = cast("Callable[[int], int]", np.uint64)
signed = cast("Callable[[int], int]", np.int64)
_NOTHING: Final = unsigned(0)
_EIGHT: Final = unsigned(8)
_THREE: Final = unsigned(3)
_ALL_BITS: Final = unsigned(0xFFFFFFFFFFFFFFFF)
_LOW_BITS: Final = unsigned(0x7F7F7F7F7F7F7F7F)
_HIGH_BITS: Final = unsigned(0x8080808080808080)
_ZEROS: Final = unsigned(0x3030303030303030)  # eight times the character 0
_DOTS: Final = unsigned(0x1E1E1E1E1E1E1E1E)  # eight dots with the zeros taken off
_ABOVE_NINE: Final = unsigned(0x7676767676767676)  # lifts all above 9 over the high bit of its byte
_TENS: Final = unsigned(1 + (10 << 8))
_EVERY_OTHER_BYTE: Final = unsigned(0x00FF00FF00FF00FF)
_SIXTEEN: Final = unsigned(16)
_HUNDREDS: Final = unsigned(1 + (100 << 16))
_EVERY_OTHER_PAIR: Final = unsigned(0x0000FFFF0000FFFF)
_THIRTY_TWO: Final = unsigned(32)
_MYRIADS: Final = unsigned(1 + (10_000 << 32))


@kernel
def parse_steps(text: Bytes, at: int, mantissa: int, decimals: int) -> tuple[int, int]:
    """Read ``digits[.digits]`` at `at` as a whole number of steps of ``mantissa / 10**decimals``.

    Returns the steps and the position behind the last character read; instead of the steps NOT_A_DECIMAL, OFF_GRID
    or TOO_LARGE. Behind its end the text must hold a byte that is no digit, and PADDING bytes in all.
    """
    steps, end = _parse_words(text, at, decimals)
    if end < 0:
        steps, end = _parse_characters(text, at, decimals)
    if mantissa != 1 and steps > 0:
        if steps % mantissa != 0:
            return OFF_GRID, end
        steps //= mantissa
    return steps, end


@kernel
def _parse_words(text: Bytes, at: int, decimals: int) -> tuple[int, int]:
    """Read up to seven digits and eight decimals, each as one word; the end is -1 where that does not do.

    The end is found first and depends on nothing else, so that the processor is at the next number meanwhile.
    """
    whole = word_at(text, at) ^ _ZEROS
    no_digit = _above_nine(whole)
    behind = no_digit & ~_dots(whole)
    length = 0
    if behind == _NOTHING:
        more = word_at(text, at + 8) ^ _ZEROS
        behind = _above_nine(more) & ~_dots(more)
        if behind == _NOTHING:
            return 0, -1
        length = 8
    length += signed(trailing_zeros(behind) >> _THREE)
    if no_digit == _NOTHING or decimals > 8:
        return 0, -1
    whole_digits = signed(trailing_zeros(no_digit) >> _THREE)
    if whole_digits == 0:
        return 0, -1
    whole <<= unsigned(64 - 8 * whole_digits)
    if whole_digits == length:
        return _number_of(whole) * _POWERS[decimals], at + length
    digits = length - whole_digits - 1
    if not 0 < digits <= 8:
        return 0, -1
    part = (word_at(text, at + whole_digits + 1) ^ _ZEROS) & (_ALL_BITS >> unsigned(64 - 8 * digits))
    if _above_nine(part) != _NOTHING:
        return 0, -1
    half = unsigned(4 * decimals)  # shifted twice: a shift by 64 is undefined
    if (part >> half) >> half != _NOTHING:
        return OFF_GRID, at + length
    rest = _THIRTY_TWO - half
    part = (part << rest) << rest
    if whole_digits + decimals <= 8:
        return _number_of(((whole >> half) >> half) | part), at + length
    return _number_of(whole) * _POWERS[decimals] + _number_of(part), at + length


@kernel
def _above_nine(characters: int) -> int:
    """Return a word with the high bit of each byte set that is no digit."""
    return (((characters & _LOW_BITS) + _ABOVE_NINE) | characters) & _HIGH_BITS


@kernel
def _dots(characters: int) -> int:
    """Return a word with the high bit of each byte set that is a dot."""
    other = characters ^ _DOTS
    return ~(((other & _LOW_BITS) + _LOW_BITS) | other | _LOW_BITS)


@kernel
def _number_of(digits: int) -> int:
    """Return eight digits, one a byte and the first one lowest, as a number."""
    pairs = (digits * _TENS) >> _EIGHT
    fours = ((pairs & _EVERY_OTHER_BYTE) * _HUNDREDS) >> _SIXTEEN
    return signed(((fours & _EVERY_OTHER_PAIR) * _MYRIADS) >> _THIRTY_TWO)


@kernel
def _parse_characters(text: Bytes, at: int, decimals: int) -> tuple[int, int]:
    """Read a number of any length, digit by digit."""
    steps, start = 0, at
    digit = int(text[at]) - 48
    while 0 <= digit <= 9:
        steps = steps * 10 + digit
        at += 1
        digit = int(text[at]) - 48
    whole_digits, missing = at - start, decimals
    if whole_digits == 0:
        return NOT_A_DECIMAL, at
    if text[at] == _DOT:
        at += 1
        start = at
        digit = int(text[at]) - 48
        while 0 <= digit <= 9 and missing > 0:
            steps = steps * 10 + digit
            missing -= 1
            at += 1
            digit = int(text[at]) - 48
        while digit == 0:
            at += 1
            digit = int(text[at]) - 48
        if 0 < digit <= 9:
            return OFF_GRID, at
        if at == start:
            return NOT_A_DECIMAL, at
    if whole_digits + decimals > MOST_DIGITS:
        return TOO_LARGE, at
    while missing > 0:
        steps *= 10
        missing -= 1
    return steps, at
