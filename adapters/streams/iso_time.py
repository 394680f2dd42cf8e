"""Moments as venues write them."""

import re
from datetime import UTC, datetime
from typing import Final

_NS_PER_S: Final = 1_000_000_000
_DIGITS: Final = 9
_FORM: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z", re.ASCII)


def iso_to_ns(text: str) -> int:
    """Return UTC nanoseconds of ``2023-07-30T15:30:01.604059Z``, up to nine decimals; raise ValueError for others."""
    if not _FORM.fullmatch(text):  # the library reads weeks, commas and half dates too
        raise ValueError(f"{text!r} is not a UTC time")
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
    return seconds * _NS_PER_S + int(fraction.ljust(_DIGITS, "0") or 0)
