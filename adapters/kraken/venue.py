"""Build Kraken's feed and trading side from what a configuration says."""

from pathlib import Path
from typing import Final

import msgspec

from adapters.kraken.cancel_everything import cancel_until_none_rests
from adapters.kraken.dialect import KrakenDialect
from adapters.kraken.endpoints import CALLS, LIVE, Endpoints, Tier, TradingSettings
from adapters.kraken.execution import KrakenExecution
from adapters.kraken.key_rights import read_key_rights
from adapters.kraken.nonces import ClockNonces, FileNonces, Nonces
from adapters.kraken.rest import PAUSE_S, PrivateRest, PublicRest
from adapters.kraken.signing import Signer
from adapters.network.request_budget import RequestBudget
from adapters.streams.dialect import StreamSettings
from adapters.streams.feed import StreamFeed
from core.ports.clock import Clock
from core.ports.keys import KeyRights
from core.ports.randomness import NoRandomness, Randomness
from core.ports.transport import Transport
from core.ports.venue import SendResult
from core.types.credentials import Credentials
from data.recordings.recorder import Recorder

_PUBLIC_PER_S: Final = 1.0
_PUBLIC_BURST: Final = 5
_READS_SHARE: Final = 0.8  # of the key's calls: the rest is for cancels and the dead man's switch
_ALONE_TIMEOUT_S: Final = 10.0
_ALONE_PAUSE_S: Final = 3.0  # about one point of the smallest counter; somebody waits for it


def new_public_budget(randomness: Randomness, share: float) -> RequestBudget:
    """Return the allowance for public tables of this machine's address, to be shared by feed and trading side."""
    return RequestBudget(randomness, allowance=_PUBLIC_BURST, interval_s=_PUBLIC_BURST / _PUBLIC_PER_S, share=share)


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
    """Build the market-data side; it needs no keys. `budget` is that of `new_public_budget`."""
    used = StreamSettings(symbols=symbols, reads_burst=_PUBLIC_BURST, reads_per_s=_PUBLIC_PER_S)
    if settings is not None:
        used = msgspec.structs.replace(settings, symbols=symbols)
    dialect = KrakenDialect(rest_url=endpoints.rest_url, stream_url=endpoints.stream_url)
    return StreamFeed(dialect, used, transport, clock, randomness, recorder=recorder, budget=budget)


def build_execution(
    credentials: Credentials,
    settings: TradingSettings,
    *,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    nonce_file: Path,
    endpoints: Endpoints = LIVE,
    public_budget: RequestBudget | None = None,
) -> KrakenExecution:
    """Build the trading side; `nonce_file` is one for each key. Raises KeyFormatError for what is no key."""
    rest = _private_rest(
        credentials, FileNonces(nonce_file, clock), endpoints, transport, randomness,
        tier=settings.tier, timeout_s=settings.request_timeout_s, share=settings.rate_limit_share,
    )  # fmt: skip
    budget = public_budget or new_public_budget(randomness, settings.rate_limit_share)
    public = PublicRest(transport, budget, endpoints.rest_url, timeout_s=settings.request_timeout_s)
    return KrakenExecution(settings, endpoints, rest, public, transport, clock, randomness)


async def cancel_everything(
    credentials: Credentials, *, transport: Transport, clock: Clock, endpoints: Endpoints = LIVE
) -> SendResult:
    """Cancel every order of the account, for a process that has nothing but the keys.

    Its numbers follow the clock; where the engine has used higher ones they leap ahead until the venue takes them, and
    the engine does the same afterwards.
    """
    return await cancel_until_none_rests(_alone(credentials, transport, clock, endpoints))


async def key_rights(
    credentials: Credentials, *, transport: Transport, clock: Clock, endpoints: Endpoints = LIVE
) -> KeyRights:
    """Tell what a key may do; raise RefusedError, NotSentError or NoAnswerError where the venue does not say."""
    return await read_key_rights(_alone(credentials, transport, clock, endpoints))


def _alone(credentials: Credentials, transport: Transport, clock: Clock, endpoints: Endpoints) -> PrivateRest:
    return _private_rest(
        credentials, ClockNonces(clock), endpoints, transport, NoRandomness(),
        tier=Tier.STARTER, timeout_s=_ALONE_TIMEOUT_S, pause_s=_ALONE_PAUSE_S,
    )  # fmt: skip


def _private_rest(
    credentials: Credentials,
    nonces: Nonces,
    endpoints: Endpoints,
    transport: Transport,
    randomness: Randomness,
    *,
    tier: Tier,
    timeout_s: float,
    pause_s: float = PAUSE_S,
    share: float = 1.0,
) -> PrivateRest:
    most, interval_s = CALLS[tier].most, CALLS[tier].interval_s
    calls = RequestBudget(randomness, allowance=most, interval_s=interval_s, share=share)
    reads = RequestBudget(randomness, allowance=most * _READS_SHARE, interval_s=interval_s, reserved_share=0.0)
    return PrivateRest(
        transport, calls, reads, Signer(credentials), nonces, endpoints.rest_url, timeout_s=timeout_s, pause_s=pause_s
    )
