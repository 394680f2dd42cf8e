"""Times as a person types them to go there."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?")
_SPAN: Final = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")
_HOUR: Final = timedelta(hours=1)
ALLOWED: Final = "12:31:07 (UTC), +90 or -30 (seconds from here), 1h2m3s (from the beginning)"


def typed_time(text: str, *, started_utc_ns: int, at_ns: int) -> int:
    """Return the time of the recording that was meant; raise ValueError saying what is allowed."""
    text = text.strip()
    if text[:1] in {"+", "-"} and _SPAN.fullmatch(text[1:]) and len(text) > 1:
        return at_ns + (1 if text[0] == "+" else -1) * _span_ns(text[1:])
    if found := _CLOCK.fullmatch(text):
        return _of_the_clock(found, started_utc_ns)
    if text and _SPAN.fullmatch(text):
        return _span_ns(text)
    raise ValueError(f"{text!r} is no time: {ALLOWED}")


def _span_ns(text: str) -> int:
    found = _SPAN.fullmatch(text)
    assert found is not None
    hours, minutes, seconds = found.groups()
    return int((int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds or 0)) * 1e9)


def _of_the_clock(found: "re.Match[str]", started_utc_ns: int) -> int:
    """Return when a time of day came first; one well before the beginning is of the day after."""
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"{found[0]!r} is no time of the day")
    began = datetime.fromtimestamp(started_utc_ns // 1_000_000_000, UTC)
    meant = began.replace(hour=hour, minute=minute, second=second, microsecond=0)
    if meant < began - _HOUR:
        meant += timedelta(days=1)
    thousandths = int((found[4] or "0").ljust(3, "0"))
    return int(meant.timestamp()) * 1_000_000_000 + thousandths * 1_000_000 - started_utc_ns
