"""A report of what somebody missed, as a test wants it."""

from decimal import Decimal
from typing import Any

from core.state.away import AwayReport

SINCE_NS = 1_700_000_000_000_000_000
MINUTE_NS = 60_000_000_000


def away_report(**given: Any) -> AwayReport:
    """Return a report of twelve quiet minutes, with what is given in its place."""
    fields: dict[str, Any] = {
        "who": "console:test",
        "console": "this",
        "since_ns": SINCE_NS,
        "until_ns": SINCE_NS + 12 * MINUTE_NS,
        "was_here": True,
        "symbols": [],
        "jobs": {},
        "blockers_raised": 0,
        "blockers_lifted": 0,
        "restarts": 0,
        "events": [],
        "alarms_raised": 0,
        "alarms_cleared": 0,
        "alarms_since_ns": SINCE_NS,
        "alarms": [],
        "pnl_then_usd": Decimal("10.00"),
        "pnl_now_usd": Decimal("10.00"),
        "orders_then": 2,
        "orders_now": 2,
    }
    return AwayReport(**fields | given)
