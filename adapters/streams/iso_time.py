"""Moments as venues write them."""

from datetime import UTC, datetime

_NS_PER_S = 1_000_000_000
_DIGITS = 9


def iso_to_ns(text: str) -> int:
    """Return UTC nanoseconds of ``2023-07-30T15:30:01.604059Z``, up to nine decimals; raise ValueError for others."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    if fraction and not (fraction.isascii() and fraction.isdigit() and len(fraction) <= _DIGITS):
        raise ValueError(f"{text!r} is not a UTC time")
    moment = datetime.fromisoformat(whole)
    if moment.tzinfo is not None or not text.endswith("Z"):
        raise ValueError(f"{text!r} is not a UTC time")
    seconds = int(moment.replace(tzinfo=UTC).timestamp())
    return seconds * _NS_PER_S + int(fraction.ljust(_DIGITS, "0") or 0)
