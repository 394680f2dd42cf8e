"""Chance from the operating system, where nothing has to be repeated."""

import secrets
from typing import Final

_MANTISSA_BITS: Final = 53


class SystemRandomness:
    """A Randomness that no seed can repeat."""

    def uniform(self) -> float:
        return secrets.randbits(_MANTISSA_BITS) / (1 << _MANTISSA_BITS)
