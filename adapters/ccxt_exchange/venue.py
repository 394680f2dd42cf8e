"""What the rest of the program makes of an exchange of ccxt."""

from contextlib import suppress
from typing import NamedTuple

from adapters.ccxt_exchange.client import open_client
from adapters.ccxt_exchange.exchange_choice import demand_allowed
from adapters.ccxt_exchange.execution import CcxtExecution
from adapters.ccxt_exchange.feed import CcxtFeed
from adapters.ccxt_exchange.market_listing import listed
from adapters.ccxt_exchange.settings import ExchangeSettings, ExecutionSettings, FeedSettings
from adapters.ccxt_exchange.support import SupportRow, support_rows
from adapters.ccxt_exchange.venue_clock import milliseconds, tells_time
from adapters.network.closing import Closing
from core.ports.clock import Clock
from core.ports.randomness import NoRandomness, Randomness
from core.ports.venue import SendResult
from core.types.credentials import Credentials
from core.types.instrument import Instrument


def build_feed(
    exchange: ExchangeSettings,
    *,
    clock: Clock,
    randomness: Randomness,
    settings: FeedSettings | None = None,
    closing: Closing | None = None,
) -> CcxtFeed:
    """Build the market-data side; raise ExchangeRefusedError for an exchange that never comes through ccxt."""
    demand_allowed(exchange)
    return CcxtFeed(exchange, FeedSettings() if settings is None else settings, clock, randomness, closing=closing)


def build_execution(
    exchange: ExchangeSettings,
    credentials: Credentials,
    *,
    clock: Clock,
    randomness: Randomness,
    settings: ExecutionSettings | None = None,
    closing: Closing | None = None,
) -> CcxtExecution:
    """Build the trading side; raise ExchangeRefusedError for an exchange that is not traded through ccxt."""
    demand_allowed(exchange)
    used = ExecutionSettings() if settings is None else settings
    return CcxtExecution(exchange, used, credentials, clock, randomness, closing=closing)


async def cancel_everything(exchange: ExchangeSettings, credentials: Credentials, *, clock: Clock) -> SendResult:
    """Cancel every order of the account, for a process that has nothing but the keys.

    Accepted only when the exchange shows that nothing rests any more; raises what ccxt raises where it cannot begin.
    """
    execution = build_execution(exchange, credentials, clock=clock, randomness=NoRandomness())
    try:
        await execution.open_for_cancel()
        return await execution.cancel_all()
    finally:
        await execution.stop()


async def list_instruments(exchange: ExchangeSettings) -> list[Instrument]:
    """Return what is traded there and can be booked here."""
    client = await open_client(exchange)
    try:
        found, _ = await listed(client)
        return list(found.values())
    finally:
        with suppress(Exception):
            await client.close()


class Moment(NamedTuple):
    """What time an exchange says it is, and when it was asked and answered by our clock."""

    venue_ns: int
    sent_ns: int
    received_ns: int


async def ask_time(exchange: ExchangeSettings, clock: Clock) -> Moment | None:
    """Ask an exchange once what time it is; None where ccxt cannot."""
    client = await open_client(exchange)
    try:
        if not tells_time(client):
            return None
        sent_ns = clock.utc_ns()
        venue_ns = milliseconds(await client.fetch_time()) * 1_000_000
        return Moment(venue_ns, sent_ns, clock.utc_ns())
    finally:
        with suppress(Exception):
            await client.close()


async def support_of(exchange: ExchangeSettings) -> list[SupportRow]:
    """Return what works at an exchange and what does not; asks nobody."""
    client = await open_client(exchange)
    try:
        return support_rows(client, exchange.client_order_id_param)
    finally:
        with suppress(Exception):
            await client.close()
