"""Chance that repeats itself: same seed, same numbers, on every machine and Python version."""

import hashlib
from typing import Final

_BLOCK_BYTES: Final = 8
_MANTISSA_BITS: Final = 53


class SeededRandomness:
    """A Randomness as the hash of seed, stream name and a counter.

    Streams of different names are independent, so that one consumer drawing more numbers moves no other.
    """

    def __init__(self, seed: int, stream: str = "") -> None:
        self._key = hashlib.blake2b(f"{seed}/{stream}".encode(), digest_size=32).digest()
        self._counter = 0

    def uniform(self) -> float:
        block = self._counter.to_bytes(_BLOCK_BYTES, "big")
        self._counter += 1
        drawn = hashlib.blake2b(block, digest_size=_BLOCK_BYTES, key=self._key).digest()
        return (int.from_bytes(drawn, "big") >> (64 - _MANTISSA_BITS)) / (1 << _MANTISSA_BITS)
