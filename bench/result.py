"""What a benchmark hands back."""

from typing import Any

import msgspec


class Result(msgspec.Struct, frozen=True):
    """One benchmark's figures; a ratio says how many times better ours is than the named peer."""

    name: str
    measured: dict[str, Any]
    ratio: dict[str, float]


class BenchError(Exception):
    """A benchmark that cannot give honest figures: a peer is missing, or its result differs from ours."""
