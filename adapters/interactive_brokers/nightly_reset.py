"""When IB's servers are reset: a lost connection then is expected, and nothing should be traded."""

from datetime import UTC, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

_NEW_YORK: Final = ZoneInfo("America/New_York")
_BEGINS: Final = time(23, 45)  # North America; IB's page on its system status
_ENDS: Final = time(0, 45)


def during_reset(at_ns: int) -> bool:
    """Tell whether a moment lies in the nightly reset of North America."""
    local = datetime.fromtimestamp(at_ns / 1e9, UTC).astimezone(_NEW_YORK).time()
    return local >= _BEGINS or local < _ENDS
