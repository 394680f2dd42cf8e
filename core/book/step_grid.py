"""Ticks and lots as compiled readers of decimal texts take them; loads no compiler."""

from decimal import Decimal
from typing import Final

MOST_DIGITS: Final = 18  # any number of so many digits fits into an int64

PADDING: Final = 24  # bytes that may be read behind the end of a text


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
