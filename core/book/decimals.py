"""Exact integers from the decimal strings that venues send: no float on the way, nothing rounded."""

from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.book.bits import trailing_zeros, word_at
from core.compiled import kernel

Bytes = NDArray[np.uint8]

MOST_DIGITS: Final = 18  # any number of so many digits fits into an int64

PADDING: Final = 24  # bytes that may be read behind the end of a text

# instead of steps, which are never negative
NOT_A_DECIMAL: Final = -1
OFF_GRID: Final = -2
TOO_LARGE: Final = -3

_DOT: Final = 46
_POWERS: Final = np.array([10**i for i in range(9)], np.int64)
_NOTHING: Final = np.uint64(0)
_ONE: Final = np.uint64(1)
_THREE: Final = np.uint64(3)
_ZEROS: Final = np.uint64(0x3030303030303030)
_TO_HIGH_BIT: Final = np.uint64(0x7676767676767676)  # lifts all above 9 over the high bit of its byte
_HIGH_BITS: Final = np.uint64(0x8080808080808080)
_TENS: Final = np.uint64(1 + (10 << 8))
_EVERY_OTHER_BYTE: Final = np.uint64(0x00FF00FF00FF00FF)
_HUNDREDS: Final = np.uint64(1 + (100 << 16))
_EVERY_OTHER_PAIR: Final = np.uint64(0x0000FFFF0000FFFF)
_MYRIADS: Final = np.uint64(1 + (10_000 << 32))


def grid_of(step: Decimal, what: str) -> tuple[int, int]:
    """Return (mantissa, decimals) of a tick or lot: ``step == mantissa / 10**decimals``, decimals as few as possible.

    Raises ValueError, with `what` in the text, for a step that is not positive or has no room within 18 digits.
    """
    if not (step.is_finite() and step > 0):
        raise ValueError(f"{what} is {step}, allowed are positive numbers")
    _, digits, exponent = step.normalize().as_tuple()
    assert isinstance(exponent, int)
    mantissa = int("".join(map(str, digits))) * 10 ** max(exponent, 0)
    decimals = max(-exponent, 0)
    if decimals >= MOST_DIGITS or mantissa >= 10**MOST_DIGITS:
        raise ValueError(f"{what} is {step}, allowed are steps that fit into {MOST_DIGITS} digits")
    return mantissa, decimals


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
    """Read up to seven digits and eight decimals, each as one word; the end is -1 where that does not do."""
    whole = word_at(text, at) ^ _ZEROS
    other = ((whole + _TO_HIGH_BIT) | whole) & _HIGH_BITS
    if decimals > 8 or other == _NOTHING:
        return 0, -1
    digits = np.int64(trailing_zeros(other) >> _THREE)
    if digits == 0:
        return 0, -1
    steps = _number_of(whole << np.uint64(64 - 8 * digits)) * _POWERS[decimals]
    at += digits
    if text[at] != _DOT:
        return steps, at
    at += 1
    part = word_at(text, at) ^ _ZEROS
    other = ((part + _TO_HIGH_BIT) | part) & _HIGH_BITS
    digits = np.int64(8)
    if other != _NOTHING:
        digits = np.int64(trailing_zeros(other) >> _THREE)
        if digits == 0:
            return 0, -1
        part &= (_ONE << np.uint64(8 * digits)) - _ONE
    elif 0 <= int(text[at + 8]) - 48 <= 9:
        return 0, -1
    kept = np.uint64(4 * decimals)  # shifted twice: a shift by 64 is undefined
    if (part >> kept) >> kept != _NOTHING:
        return OFF_GRID, at
    left = np.uint64(32) - kept
    return steps + _number_of((part << left) << left), at + digits


@kernel
def _number_of(digits: np.uint64) -> int:
    """Return eight digits, one a byte and the first one lowest, as a number."""
    pairs = (digits * _TENS) >> np.uint64(8)
    fours = ((pairs & _EVERY_OTHER_BYTE) * _HUNDREDS) >> np.uint64(16)
    return np.int64(((fours & _EVERY_OTHER_PAIR) * _MYRIADS) >> np.uint64(32))


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
