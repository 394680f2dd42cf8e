"""Opening hours of a stock exchange from its calendar."""

from datetime import UTC, datetime, timedelta
from typing import Any

from core.types.instrument import MarketHours


def load_market_hours(calendar: str, at_ns: int, *, days_back: int = 10, days_ahead: int = 400) -> MarketHours:
    """Read sessions around a moment; slow (it loads the calendar package), so call it in a worker thread."""
    import exchange_calendars  # noqa: PLC0415  # 1 s to import: only where a stock is listed

    day = datetime.fromtimestamp(at_ns / 1e9, UTC).date()
    start, end = day - timedelta(days=days_back), day + timedelta(days=days_ahead)
    schedule: Any = exchange_calendars.get_calendar(calendar, start=start.isoformat(), end=end.isoformat()).schedule
    opens, closes = (_utc_ns(schedule[column].tolist()) for column in ("open", "close"))
    return MarketHours(calendar=calendar, always_open=False, sessions=tuple(zip(opens, closes, strict=True)))


def _utc_ns(moments: list[datetime]) -> list[int]:
    return [int(moment.timestamp()) * 1_000_000_000 for moment in moments]
