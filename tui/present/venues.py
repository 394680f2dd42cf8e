"""Venues: feed, latency, what is open and whether the books match."""

from core.state.monitoring import MonitoringState, VenueState
from tui.present import numbers
from tui.present.freshness import Freshness, freshness
from tui.present.ink import Decor, Ink, Span
from tui.present.table import Align, Column, Row, Table

_VENUE_COLUMNS = (
    Column("venue", shrinks_to=5),
    Column("feed"),
    Column("age", Align.RIGHT, rank=1),
    Column("api", Align.RIGHT, rank=3),
    Column("pos", Align.NUMBER, rank=4),
    Column("orders", Align.NUMBER, rank=2),
    Column("jobs", Align.NUMBER, rank=6),
    Column("books match", rank=5),
    Column("detail", rank=7, shrinks_to=8),
)
_BUSY_SHARE = 0.8  # of a rate limit: below it is nothing that a trader has to know
_FEED = {"up": ("●", Ink.GOOD), "connecting": ("◌", Ink.WARNING), "closed": ("◇", Ink.QUIET), "down": ("▼", Ink.ALARM)}


def venues_table(state: MonitoringState, snapshot_age_s: float) -> Table:
    rows = [_venue_row(name, venue, snapshot_age_s) for name, venue in sorted(state.venues.items())]
    return Table(_VENUE_COLUMNS, rows, ("No venues yet.", "Venues of the configuration appear here as they connect."))


def _venue_row(name: str, venue: VenueState, snapshot_age_s: float) -> Row:
    shape, ink = _FEED.get(venue.feed_state, ("?", Ink.ALARM))
    age_s = None if venue.feed_age_s is None else venue.feed_age_s + snapshot_age_s
    is_closed = venue.feed_state == "closed"
    state = Freshness.FRESH if is_closed else freshness(age_s)
    latency = numbers.NOTHING if venue.api_latency_ms is None else f"{venue.api_latency_ms:.1f} ms"
    cells = (
        Span(name, Ink.STRONG),
        Span(f"{shape} {venue.feed_state.upper()}", ink, Decor.BOLD if venue.feed_state == "down" else Decor.NONE),
        Span(numbers.NOTHING if is_closed and age_s is None else numbers.age(age_s), state.ink),
        Span(latency),
        Span(str(venue.open_positions_count)),
        Span(str(venue.open_orders_count)),
        Span(str(venue.concurrent_jobs_count)),
        Span("✓ yes", Ink.GOOD) if venue.reconciled else Span("✗ not yet", Ink.WARNING),
        _detail(venue),
    )
    return Row(name, cells)


def _detail(venue: VenueState) -> Span:
    limit, words = venue.rate_limit, [venue.feed_detail]
    if venue.safe_mode:
        words.append("SAFE MODE")
    if limit is not None and limit.closed_until_ns is not None:
        words.append(f"RATE LIMIT until {numbers.clock(limit.closed_until_ns)}")
    elif limit is not None and limit.used_share is not None and limit.used_share >= _BUSY_SHARE:
        words.append(f"rate limit {limit.used_share:.0%} used")
    return Span(" ".join(filter(None, words)), Ink.WARNING if len(words) > 1 else Ink.QUIET)


def latency_by_row(state: MonitoringState) -> dict[str, float | None]:
    """Return how late each venue answers; None while its feed is not up."""
    return {name: venue.api_latency_ms if venue.feed_state == "up" else None for name, venue in state.venues.items()}
