"""Build the two sides of OKX from what a configuration says, and what is done there without an engine."""

from contextlib import suppress

from adapters.network.request_budget import RequestBudget
from adapters.okx.account_rules import read_config
from adapters.okx.cancel_everything import Canceller, CancelReport
from adapters.okx.dialect import OkxDialect
from adapters.okx.endpoints import LIVE, Endpoints
from adapters.okx.execution import OkxExecution
from adapters.okx.key_rights import rights_of
from adapters.okx.rest import OkxRest, VenueReadError, route_budget
from adapters.okx.routes import INSTRUMENTS
from adapters.okx.settings import TradingSettings
from adapters.okx.signing import Signer
from adapters.streams.dialect import StreamSettings
from adapters.streams.feed import StreamFeed
from core.ports.clock import Clock
from core.ports.keys import KeyRights
from core.ports.randomness import Randomness
from core.ports.transport import Transport
from core.types.credentials import Credentials
from data.recordings.recorder import Recorder

# the venue says once a minute of a book that nothing has changed
QUIET_AFTER_S = 90.0


def feed_settings(symbols: tuple[str, ...]) -> StreamSettings:
    return StreamSettings(symbols=symbols, quiet_after_s=QUIET_AFTER_S)


def new_instruments_budget(randomness: Randomness, share: float) -> RequestBudget:
    """Return the allowance of the instruments' address, to be shared by feed and trading side."""
    return route_budget(INSTRUMENTS, randomness, share)


def build_feed(
    symbols: tuple[str, ...],
    *,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    endpoints: Endpoints = LIVE,
    settings: StreamSettings | None = None,
    recorder: Recorder | None = None,
    budget: RequestBudget | None = None,
) -> StreamFeed:
    """Build the market-data side; it needs no keys. `budget` is that of `new_instruments_budget`."""
    used = feed_settings(symbols) if settings is None else settings
    return StreamFeed(OkxDialect(endpoints), used, transport, clock, randomness, recorder=recorder, budget=budget)


def build_execution(
    symbols: tuple[str, ...],
    *,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    credentials: Credentials,
    endpoints: Endpoints = LIVE,
    leverage: int | None = None,
    dead_man_s: int = 60,
    rate_limit_share: float = 1.0,
    settings: TradingSettings | None = None,
    instruments_budget: RequestBudget | None = None,
) -> OkxExecution:
    """Build the trading side; raise UnusableKeyError for a key without the parts that sign.

    `settings` replaces what the other arguments say.
    """
    used = settings or TradingSettings(
        symbols=symbols, endpoints=endpoints, leverage=leverage, dead_man_s=dead_man_s,
        rate_limit_share=rate_limit_share,
    )  # fmt: skip
    return OkxExecution(used, transport, clock, randomness, credentials, instruments_budget=instruments_budget)


async def cancel_everything(
    *,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    credentials: Credentials,
    endpoints: Endpoints = LIVE,
) -> CancelReport:
    """Cancel all orders of an account, in every instrument and whoever sent them; needs no engine and no rules.

    Never raises for what the venue or the network does: the report says what could not be cancelled.
    """
    rest = await _alone(transport, clock, randomness, credentials, endpoints)
    return await Canceller(rest).cancel_all()


async def key_rights(
    *,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    credentials: Credentials,
    endpoints: Endpoints = LIVE,
) -> KeyRights:
    """Tell what a key may do; raise VenueReadError where the venue does not answer."""
    rest = await _alone(transport, clock, randomness, credentials, endpoints)
    return rights_of(await read_config(rest))


async def _alone(
    transport: Transport, clock: Clock, randomness: Randomness, credentials: Credentials, endpoints: Endpoints
) -> OkxRest:
    """Return a way to the venue for who has nothing but the keys, timed by the venue's clock where it is told."""
    settings = TradingSettings(symbols=(), endpoints=endpoints)
    rest = OkxRest(settings, transport, Signer(credentials), clock, randomness)
    with suppress(VenueReadError):
        # without it this machine's clock may do; where it does not, the refusal makes it be measured again
        await rest.measure_time()
    return rest
