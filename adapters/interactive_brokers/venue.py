"""Build Interactive Brokers' sides from what a configuration says; all of them share one connection."""

import msgspec

from adapters.interactive_brokers.connection import Connection
from adapters.interactive_brokers.execution import IN_DOUBT, InteractiveBrokersExecution, cancel_globally
from adapters.interactive_brokers.feed import InteractiveBrokersFeed
from adapters.interactive_brokers.history import InteractiveBrokersHistory
from adapters.interactive_brokers.library import load_library
from adapters.interactive_brokers.listener import Listener
from adapters.interactive_brokers.session import RequestRefusedError, Session
from adapters.interactive_brokers.settings import InteractiveBrokersSettings
from adapters.network.request_budget import RequestBudget
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.venue import SendResult

CANCELLER_OFFSET = 1_000  # its client id differs from the engine's, which may still be connected


def build_connection(settings: InteractiveBrokersSettings, *, clock: Clock, randomness: Randomness) -> Connection:
    return Connection(settings, clock, randomness)


def build_history(connection: Connection, *, randomness: Randomness) -> InteractiveBrokersHistory:
    return InteractiveBrokersHistory(connection, randomness)


def build_feed(connection: Connection, history: InteractiveBrokersHistory) -> InteractiveBrokersFeed:
    return InteractiveBrokersFeed(connection, history)


def build_execution(connection: Connection, feed: InteractiveBrokersFeed) -> InteractiveBrokersExecution:
    """Build the trading side; it trades what the feed follows."""
    return InteractiveBrokersExecution(connection, lambda: feed.stocks)


async def cancel_everything(settings: InteractiveBrokersSettings, *, randomness: Randomness) -> SendResult:
    """Cancel all open orders of the login over a connection of its own, for a kill from outside of the engine."""
    await load_library()
    own = msgspec.structs.replace(settings, client_id=settings.client_id + CANCELLER_OFFSET)
    budget = RequestBudget(randomness, allowance=settings.messages_per_s, interval_s=1.0)
    session = Session(own, budget, Listener())
    try:
        await session.connect()
        return await cancel_globally(session, settings.cancel_looks, settings.cancel_look_s)
    except (OSError, TimeoutError, RequestRefusedError) as error:
        return SendResult(IN_DOUBT, f"{settings.venue}: {error or 'no answer'}")
    finally:
        session.close("done")
