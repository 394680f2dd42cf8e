"""Exact integers from the decimal strings that venues send: no float on the way, nothing rounded."""

from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.compiled import kernel

Bytes = NDArray[np.uint8]

MOST_DIGITS: Final = 18  # any number of so many digits fits into an int64

# instead of steps, which are never negative
NOT_A_DECIMAL: Final = -1
OFF_GRID: Final = -2
TOO_LARGE: Final = -3


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
    or TOO_LARGE. The text must hold a byte that is no digit behind its end.
    """
    steps, start = 0, at
    digit = int(text[at]) - 48
    while 0 <= digit <= 9:
        steps = steps * 10 + digit
        at += 1
        digit = int(text[at]) - 48
    whole_digits = at - start
    if whole_digits == 0:
        return NOT_A_DECIMAL, at
    missing = decimals
    if digit == -2:  # a dot
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
    if mantissa != 1:
        if steps % mantissa != 0:
            return OFF_GRID, at
        steps //= mantissa
    return steps, at
