"""Build the two sides of Coinbase from what a configuration says."""

from contextlib import suppress

from adapters.coinbase.account_reading import AccountReading
from adapters.coinbase.cancel_everything import Canceller, CancelReport
from adapters.coinbase.dialect import CoinbaseDialect
from adapters.coinbase.endpoints import PUBLIC_A_SECOND, REST_URL, STREAM_URL, TradingEndpoints, TradingSettings
from adapters.coinbase.execution import CoinbaseExecution
from adapters.coinbase.key_rights import read_key_rights
from adapters.coinbase.own_orders import OwnOrders
from adapters.coinbase.signed_rest import SignedRest, VenueReadError, second_budget
from adapters.coinbase.signing import Signer
from adapters.network.request_budget import RequestBudget
from adapters.streams.dialect import StreamSettings
from adapters.streams.feed import StreamFeed
from core.ports.clock import Clock
from core.ports.keys import KeyRights
from core.ports.randomness import Randomness
from core.ports.transport import Transport
from core.types.credentials import Credentials
from data.recordings.recorder import Recorder

_QUIET_AFTER_S = 120.0  # the numbers of the connection prove a quiet book; to ask again costs a whole snapshot


def new_public_budget(randomness: Randomness, share: float) -> RequestBudget:
    """Return the allowance for what everybody may read, to be shared by feed and trading side."""
    return second_budget(PUBLIC_A_SECOND, randomness, share)


def build_feed(
    symbols: tuple[str, ...],
    *,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    rest_url: str = REST_URL,
    stream_url: str = STREAM_URL,
    recorder: Recorder | None = None,
    budget: RequestBudget | None = None,
) -> StreamFeed:
    """Build the market-data side; it needs no key. `budget` is that of `new_public_budget`."""
    dialect = CoinbaseDialect(rest_url=rest_url, stream_url=stream_url)
    settings = StreamSettings(symbols=symbols, quiet_after_s=_QUIET_AFTER_S)
    return StreamFeed(dialect, settings, transport, clock, randomness, recorder=recorder, budget=budget)


def build_execution(
    symbols: tuple[str, ...],
    *,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    credentials: Credentials,
    endpoints: TradingEndpoints | None = None,
    rate_limit_share: float = 1.0,
    public_budget: RequestBudget | None = None,
) -> CoinbaseExecution:
    """Build the trading side; raise UnusableKeyError for a key that cannot sign."""
    settings = TradingSettings(
        symbols=symbols, endpoints=endpoints or TradingEndpoints(), rate_limit_share=rate_limit_share
    )
    return CoinbaseExecution(settings, transport, Signer(credentials), clock, randomness, public_budget=public_budget)


async def cancel_everything(
    *,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    credentials: Credentials,
    endpoints: TradingEndpoints | None = None,
) -> CancelReport:
    """Cancel all orders of an account, in every product and whoever sent them; needs no engine and no rules.

    Never raises for what the venue or the network does: the report says what could not be cancelled.
    """
    settings = TradingSettings(symbols=(), endpoints=endpoints or TradingEndpoints())
    rest = await _alone(settings, transport, clock, randomness, credentials)
    return await Canceller(rest, AccountReading(rest, clock, OwnOrders(), settings.page_size)).cancel_all()


async def key_rights(
    *,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    credentials: Credentials,
    endpoints: TradingEndpoints | None = None,
) -> KeyRights:
    """Ask the venue what a key may do; raise VenueReadError where it does not tell."""
    settings = TradingSettings(symbols=(), endpoints=endpoints or TradingEndpoints())
    return await read_key_rights(await _alone(settings, transport, clock, randomness, credentials))


async def _alone(
    settings: TradingSettings, transport: Transport, clock: Clock, randomness: Randomness, credentials: Credentials
) -> SignedRest:
    """Return a way to the venue for who has nothing but the keys, timed by the venue's clock where it is told."""
    rest = SignedRest(settings, transport, Signer(credentials), clock, randomness)
    with suppress(VenueReadError):
        # without it this machine's clock may do; where it does not, the refusal makes it be measured again
        await rest.measure_time()
    return rest
