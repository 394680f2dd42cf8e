"""Build the two sides of Binance from what a configuration says."""

from contextlib import suppress

from adapters.binance.cancel_everything import Canceller, CancelReport
from adapters.binance.endpoints import CHANNELS, ENDPOINTS, Endpoints, FeedSettings
from adapters.binance.execution import BinanceExecution
from adapters.binance.feed import BinanceFeed
from adapters.binance.key_rights import read_key_rights
from adapters.binance.market import BinanceMarket
from adapters.binance.signed_rest import SignedRest, VenueReadError, weight_budget
from adapters.binance.signing import Signer
from adapters.binance.trading_endpoints import TRADING_ENDPOINTS, TradingEndpoints, TradingSettings
from adapters.network.request_budget import RequestBudget
from core.ports.clock import Clock
from core.ports.keys import KeyRights
from core.ports.randomness import Randomness
from core.ports.transport import Transport
from core.types.credentials import Credentials
from data.recordings.recorder import Recorder


def new_budget(venue: str, randomness: Randomness, share: float) -> RequestBudget:
    """Return the allowance of this machine's address by weight, to be shared by feed and trading side."""
    return weight_budget(BinanceMarket(venue), randomness, share)


def build_feed(
    venue: str,
    symbols: tuple[str, ...],
    *,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    endpoints: Endpoints | None = None,
    channels: tuple[str, ...] | None = None,
    recorder: Recorder | None = None,
    budget: RequestBudget | None = None,
) -> BinanceFeed:
    """Build the market-data side of ``binance`` (spot) or ``binanceusdm``; raise ValueError for another name."""
    market = BinanceMarket(venue)
    settings = FeedSettings(
        market=market,
        symbols=symbols,
        endpoints=ENDPOINTS[market] if endpoints is None else endpoints,
        channels=CHANNELS[market] if channels is None else channels,
    )
    return BinanceFeed(settings, transport, clock, randomness, recorder=recorder, budget=budget)


def build_execution(
    venue: str,
    symbols: tuple[str, ...],
    *,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    credentials: Credentials,
    endpoints: TradingEndpoints | None = None,
    dead_man_s: float = 60.0,
    rate_limit_share: float = 1.0,
    budget: RequestBudget | None = None,
) -> BinanceExecution:
    """Build the trading side of ``binance`` or ``binanceusdm``; `budget` is that of `new_budget`, and of the feed.

    Raises
    ------
    ValueError
        For another name, and (as UnusableKeyError) for a key without the parts that sign.
    """
    market = BinanceMarket(venue)
    settings = TradingSettings(
        market=market,
        symbols=symbols,
        endpoints=TRADING_ENDPOINTS[market] if endpoints is None else endpoints,
        dead_man_s=dead_man_s,
        rate_limit_share=rate_limit_share,
    )
    return BinanceExecution(settings, transport, clock, randomness, credentials, budget=budget)


async def cancel_everything(
    venue: str,
    *,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    credentials: Credentials,
    endpoints: TradingEndpoints | None = None,
) -> CancelReport:
    """Cancel all orders of an account, in every symbol and whoever sent them; needs no engine and no rules.

    Never raises for what the venue or the network does: the report says what could not be cancelled.
    """
    usual = TRADING_ENDPOINTS[BinanceMarket(venue)]
    rest = await _alone(venue, transport, clock, randomness, credentials, endpoints or usual)
    return await Canceller(rest).cancel_all()


async def key_rights(
    venue: str,
    *,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    credentials: Credentials,
    endpoints: TradingEndpoints | None = None,
) -> KeyRights:
    """Tell what a key may do; raise VenueReadError where the venue should say and does not."""
    used = endpoints or TRADING_ENDPOINTS[BinanceMarket(venue)]
    rest = await _alone(venue, transport, clock, randomness, credentials, used)
    return await read_key_rights(rest, used.wallet_url)


async def _alone(
    venue: str,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    credentials: Credentials,
    endpoints: TradingEndpoints,
) -> SignedRest:
    """Return a way to the venue for who has nothing but the keys, timed by the venue's clock where it is told."""
    settings = TradingSettings(market=BinanceMarket(venue), symbols=(), endpoints=endpoints)
    rest = SignedRest(settings, transport, Signer(credentials), clock, randomness)
    with suppress(VenueReadError):
        # without it this machine's clock may do; where it does not, the refusal makes it be measured again
        await rest.measure_time()
    return rest
