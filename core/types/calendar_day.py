"""UTC days as text, from integer nanoseconds."""

from datetime import UTC, date, datetime
from typing import Final

NS_PER_DAY: Final = 86_400_000_000_000
_EPOCH: Final = date(1970, 1, 1).toordinal()


def utc_day(at_ns: int) -> str:
    """Return the ISO date of a moment, e.g. ``2026-11-21``."""
    return date.fromordinal(_EPOCH + at_ns // NS_PER_DAY).isoformat()


def utc_text(at_ns: int) -> str:
    """Return a moment as ``2026-11-21 12:31:07 UTC``."""
    return datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
