"""Build Hyperliquid's feed and trading side from what a configuration says."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from adapters.hyperliquid.account_reader import open_orders
from adapters.hyperliquid.account_wire import OpenOrder
from adapters.hyperliquid.cancelling import cancel_all_orders
from adapters.hyperliquid.exchange import Exchange
from adapters.hyperliquid.execution import HyperliquidExecution
from adapters.hyperliquid.feed import HyperliquidFeed
from adapters.hyperliquid.info import ALLOWANCE_PER_MINUTE, Info, InfoError
from adapters.hyperliquid.key_rights import PRIVATE_KEY, KeyCheck, account_address
from adapters.hyperliquid.network import ENDPOINTS, Endpoints, HyperliquidNetwork
from adapters.hyperliquid.nonces import ClockNonces, FileNonces, Nonces
from adapters.hyperliquid.settings import ExecutionSettings, FeedSettings
from adapters.hyperliquid.signing import Signer, wallet_of
from adapters.hyperliquid.stream import Stream
from adapters.hyperliquid.universe_reader import read_universe
from adapters.hyperliquid.venue_time import VenueTime
from adapters.network.request_budget import Purpose, RequestBudget
from core.book.book import Book
from core.ports.clock import Clock
from core.ports.keys import KeyRights
from core.ports.randomness import NoRandomness, Randomness
from core.ports.transport import Transport
from core.ports.venue import SendOutcome, SendResult
from core.types.credentials import Credentials
from data.recordings.recorder import Recorder

_MINUTE_S: Final = 60.0
_READS_LIMIT: Final = 3  # of what is traded, for a process that only cancels
# Accounts are read often while an order is in doubt: orders keep the rest. The bucket is small so that what is saved up
# and what flows in within one minute are together below what the venue takes.
_ACCOUNT_SHARE: Final = 0.7
_ACCOUNT_BURST_S: Final = 20.0


def new_budget(randomness: Randomness, share: float = 1.0) -> RequestBudget:
    """Return the allowance of this machine's address, to be shared by all that talk to the venue from here."""
    return RequestBudget(randomness, allowance=ALLOWANCE_PER_MINUTE, interval_s=_MINUTE_S, share=share)


def build_feed(
    settings: FeedSettings,
    *,
    network: HyperliquidNetwork,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    budget: RequestBudget,
    endpoints: Endpoints | None = None,
    recorder: Recorder | None = None,
) -> HyperliquidFeed:
    """Build the market-data side; it needs no keys, and a recorder gets nothing of any account."""
    where = ENDPOINTS[network] if endpoints is None else endpoints
    info = Info(transport, (budget,), where.info, timeout_s=settings.stream.request_timeout_s)
    stream = Stream(where.stream_url, settings.stream, transport, clock, randomness)
    return HyperliquidFeed(settings, info, stream, clock, randomness, recorder=recorder)


def build_execution(
    credentials: Credentials,
    symbols: tuple[str, ...],
    *,
    network: HyperliquidNetwork,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    budget: RequestBudget,
    nonce_file: Path,
    book_of: Callable[[str], Book | None],
    settings: ExecutionSettings | None = None,
    endpoints: Endpoints | None = None,
) -> HyperliquidExecution:
    """Build the trading side.

    `nonce_file` is one for each key, whatever else uses it. Takes half a second for the signing library: call it in
    a thread. Raises KeyFormatError or KeyRightsError where the credentials are no key and address.
    """
    used = ExecutionSettings() if settings is None else settings
    where = ENDPOINTS[network] if endpoints is None else endpoints
    account = account_address(credentials)
    signer = Signer(wallet_of(credentials.fields[PRIVATE_KEY]), network)
    time = VenueTime(clock)
    info = Info(transport, (budget,), where.info, timeout_s=used.request_timeout_s, time=time)
    of_accounts = RequestBudget(
        randomness,
        allowance=ALLOWANCE_PER_MINUTE * _ACCOUNT_SHARE * _ACCOUNT_BURST_S / _MINUTE_S,
        interval_s=_ACCOUNT_BURST_S,
        reserved_share=0.0,
    )
    return HyperliquidExecution(
        settings=used,
        address=account,
        symbols=symbols,
        info=info,
        account_info=Info(transport, (budget, of_accounts), where.info, timeout_s=used.request_timeout_s, time=time),
        exchange=_exchange(transport, budget, where, signer, FileNonces(nonce_file, clock), time, used),
        stream=Stream(where.stream_url, used.stream, transport, clock, randomness),
        key_check=KeyCheck(info, signer.address, account),
        clock=clock,
        randomness=randomness,
        book_of=book_of,
    )


async def key_rights(
    credentials: Credentials,
    *,
    network: HyperliquidNetwork,
    transport: Transport,
    endpoints: Endpoints | None = None,
) -> KeyRights:
    """Tell what a key may do; raise InfoError where the venue does not answer."""
    where = ENDPOINTS[network] if endpoints is None else endpoints
    info = Info(transport, (new_budget(NoRandomness()),), where.info, timeout_s=ExecutionSettings().request_timeout_s)
    address = wallet_of(credentials.fields[PRIVATE_KEY]).address
    return await KeyCheck(info, address, account_address(credentials)).rights()


async def cancel_everything(
    credentials: Credentials,
    *,
    network: HyperliquidNetwork,
    transport: Transport,
    clock: Clock,
    endpoints: Endpoints | None = None,
) -> SendResult:
    """Cancel every order of the account on every dex, for a process that has nothing but the keys.

    Accepted only when the venue shows that nothing rests any more.
    """
    where = ENDPOINTS[network] if endpoints is None else endpoints
    account, settings, budget = account_address(credentials), ExecutionSettings(), new_budget(NoRandomness())
    signer = Signer(wallet_of(credentials.fields[PRIVATE_KEY]), network)
    info = Info(transport, (budget,), where.info, timeout_s=settings.request_timeout_s)
    exchange = _exchange(transport, budget, where, signer, ClockNonces(clock), VenueTime(clock), settings)

    async def resting(dex: str, purpose: Purpose) -> list[OpenOrder]:
        return await open_orders(info, account, dex, purpose)

    trouble = ""
    for _ in range(_READS_LIMIT):
        try:
            universe = await read_universe(info.ask, None)
        except InfoError as error:
            trouble = str(error)
            continue
        return await cancel_all_orders(exchange, resting, universe)
    return SendResult(SendOutcome.IN_DOUBT, f"what is traded is not known: {trouble}")


def _exchange(
    transport: Transport,
    budget: RequestBudget,
    where: Endpoints,
    signer: Signer,
    nonces: Nonces,
    time: VenueTime,
    settings: ExecutionSettings,
) -> Exchange:
    return Exchange(
        transport,
        budget,
        where.exchange,
        signer,
        nonces,
        time,
        timeout_s=settings.request_timeout_s,
        expires_after_s=settings.expires_after_s,
    )
