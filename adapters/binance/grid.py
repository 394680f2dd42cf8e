"""Put the venue's decimal strings on an instrument's integer grid, exactly."""

from decimal import Decimal
from typing import Final

_MOST_DIGITS: Final = 100  # no venue writes so many, and Python makes no integer of thousands of them


class GridError(ValueError):
    """A number is not a plain decimal or lies between two steps of the grid."""


class Grid:
    """Counts steps of one size (a tick or a lot) in unsigned decimal strings; no float, no rounding."""

    __slots__ = ("_decimals", "_mantissa", "step")

    def __init__(self, step: Decimal) -> None:
        if not (step.is_finite() and step > 0):
            raise GridError(f"a step of {step} is not a positive number")
        exponent = step.normalize().as_tuple().exponent
        self.step = step
        self._decimals = max(0, -exponent) if isinstance(exponent, int) else 0
        self._mantissa = int(step.scaleb(self._decimals))

    def steps(self, text: str) -> int:
        """Count the steps in `text`; raise GridError for a sign, an exponent, NaN or a fraction of a step."""
        whole, dot, fraction = text.partition(".")
        if dot and not fraction:
            raise GridError(f"{text!r} ends with its dot")
        if len(fraction) > self._decimals:
            fraction, beyond = fraction[: self._decimals], fraction[self._decimals :]
            if beyond.strip("0"):
                raise GridError(f"{text!r} is not a multiple of {self.step}")
        digits = whole + fraction
        if len(digits) > _MOST_DIGITS:
            raise GridError(f"a number of {len(digits)} digits")
        if not (digits.isascii() and digits.isdigit() and whole):
            raise GridError(f"{text!r} is not an unsigned decimal number")
        steps, rest = divmod(int(digits) * 10 ** (self._decimals - len(fraction)), self._mantissa)
        if rest:
            raise GridError(f"{text!r} is not a multiple of {self.step}")
        return steps
