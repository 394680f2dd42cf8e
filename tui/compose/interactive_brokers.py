"""Interactive Brokers as it is configured: one login and one connection for feed, trading and past bars."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from adapters.interactive_brokers.settings import InteractiveBrokersSettings
from adapters.interactive_brokers.venue import (
    build_connection,
    build_execution,
    build_feed,
    build_history,
    cancel_everything,
)
from core.bars.timeframe import Timeframe
from core.config.venues import InteractiveBrokersConfig, VenueMode
from core.ports.clock import Clock
from core.ports.history import BarHistory
from core.ports.randomness import Randomness
from core.ports.venue import ExecutionVenue, Feed, SendOutcome
from tui.compose.kinds.venue_kind import CancelOutcome

HISTORY_BARS: Final = 500


class InteractiveBrokersSides(NamedTuple):
    feed: Feed
    execution: ExecutionVenue | None  # in live mode only
    history: BarHistory


def interactive_brokers_sides(
    name: str,
    venue: InteractiveBrokersConfig,
    clock: Clock,
    randomness: Randomness,
    timeframes: Iterable[Timeframe] = (),
) -> InteractiveBrokersSides:
    """Build what a login serves; bars of `timeframes` are read before the feed counts as started."""
    settings = settings_of(name, venue)
    history = {**settings.history, **dict.fromkeys(timeframes, HISTORY_BARS)}
    connection = build_connection(
        msgspec.structs.replace(settings, history=history), clock=clock, randomness=randomness
    )
    history = build_history(connection, randomness=randomness)
    feed = build_feed(connection, history)
    execution = build_execution(connection, feed) if venue.mode is VenueMode.LIVE else None
    return InteractiveBrokersSides(feed, execution, history)


async def cancel_at_interactive_brokers(
    name: str, venue: InteractiveBrokersConfig, randomness: Randomness
) -> CancelOutcome:
    """Cancel every order of the login, without an engine."""
    result = await cancel_everything(settings_of(name, venue), randomness=randomness)
    return CancelOutcome(result.outcome is SendOutcome.ACCEPTED, result.reason or "no order is left")


def settings_of(name: str, venue: InteractiveBrokersConfig) -> InteractiveBrokersSettings:
    return InteractiveBrokersSettings(
        symbols=venue.symbols,
        venue=name,
        host=venue.host,
        port=venue.port,
        client_id=venue.client_id,
        account=venue.account_code,
    )
