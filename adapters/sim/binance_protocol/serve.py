"""A rehearsal venue as a process: from its options to the signal that ends it."""

import asyncio
import errno
import signal
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import msgspec

from adapters.sim.binance_protocol.config import HOUR_S, RehearsalConfig
from adapters.sim.binance_protocol.key_file import ApiKey, invent_keys, keys_from, make_accounts
from adapters.sim.binance_protocol.market_kind import MarketKind
from adapters.sim.binance_protocol.server import USDM_PREFIX, RehearsalServer
from core.io.system_clock import SystemClock


class ServeError(Exception):
    """The venue cannot be opened; the text says why."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    host: str
    port: int
    market: str  # spot, usdm or both
    seed: int
    names: tuple[str, ...]
    keys_file: Path | None
    balances: Mapping[str, Decimal]  # of the spot wallet; none: the usual ones
    margin: Decimal
    funding_hours: int


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What a client needs to know."""

    seed: int
    rest_url: str
    spot_stream_url: str | None
    spot_api_url: str | None
    usdm_stream_url: str | None
    accounts: tuple[str, ...]
    keys: dict[str, ApiKey]  # none of those that are kept in a file
    keys_file: str | None


def run(options: Options, opened: Callable[[Opened], None]) -> None:
    """Open the venue, tell how it is reached, and serve until SIGINT or SIGTERM.

    Raises
    ------
    ServeError
        The port is taken, or the host is not of this machine.
    KeyFileError
        The keys cannot be read or kept.
    """
    asyncio.run(_serve(options, opened))


async def _serve(options: Options, opened: Callable[[Opened], None]) -> None:
    config = _config(options)
    keys = _keys(options)
    server = RehearsalServer(config, make_accounts(config, keys), SystemClock())
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    try:
        await server.start(options.host, options.port)
    except ValueError as error:
        raise ServeError(str(error)) from None
    except OSError as error:
        what = "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be opened: {error}"
        raise ServeError(f"port {options.port} of {options.host} {what}; --port 0 takes a free one") from None
    try:
        opened(_opened(server, config, keys, options.keys_file))
        await ended.wait()
    finally:
        await server.stop()


def _config(options: Options) -> RehearsalConfig:
    both = (MarketKind.SPOT, MarketKind.USDM)
    config = RehearsalConfig(
        markets=both if options.market == "both" else (MarketKind(options.market),),
        seed=options.seed,
        funding_interval_s=options.funding_hours * HOUR_S,
        usdm_balance=options.margin,
    )
    return msgspec.structs.replace(config, spot_balances=dict(options.balances)) if options.balances else config


def _keys(options: Options) -> dict[str, ApiKey]:
    if options.keys_file is None:
        return invent_keys(options.names, options.seed)
    return keys_from(options.keys_file, options.names, options.seed)


def _opened(
    server: RehearsalServer, config: RehearsalConfig, keys: dict[str, ApiKey], keys_file: Path | None
) -> Opened:
    has_spot, has_usdm = (kind in config.markets for kind in MarketKind)
    return Opened(
        seed=config.seed,
        rest_url=server.url,
        spot_stream_url=server.stream_url if has_spot else None,
        spot_api_url=f"{server.stream_url}/ws-api/v3" if has_spot else None,
        usdm_stream_url=f"{server.stream_url}{USDM_PREFIX}" if has_usdm else None,
        accounts=tuple(keys),
        keys=keys if keys_file is None else {},
        keys_file=None if keys_file is None else str(keys_file),
    )
