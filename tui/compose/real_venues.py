"""Which adapter serves which kind of real venue, and where it is reached."""

from collections.abc import Callable
from typing import Final

import msgspec

from core.config.venues import BinanceFuturesConfig, BinanceSpotConfig, CryptoVenueConfig, KrakenConfig
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import Transport
from core.ports.venue import Feed
from data.recordings.recorder import Recorder

TESTNETS: Final = {
    "binance": ("https://testnet.binance.vision", "wss://stream.testnet.binance.vision"),
    "binanceusdm": ("https://testnet.binancefuture.com", "wss://stream.binancefuture.com"),
}


def make_feed(
    name: str,
    venue: CryptoVenueConfig,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    *,
    recorder: Recorder | None = None,
) -> Feed:
    """Build the market-data side of a configured venue under its name."""
    testnet_rest, testnet_ws = TESTNETS.get(kind_of(venue), (None, None)) if venue.testnet else (None, None)
    rest_url, ws_url = venue.rest_url or testnet_rest, venue.ws_url or testnet_ws
    match venue:
        case BinanceSpotConfig() | BinanceFuturesConfig():
            from adapters.binance.endpoints import ENDPOINTS  # noqa: PLC0415 - only the venues in use
            from adapters.binance.market import BinanceMarket  # noqa: PLC0415 - the same
            from adapters.binance.venue import build_feed as binance  # noqa: PLC0415 - the same

            usual = ENDPOINTS[BinanceMarket(venue.kind)]
            endpoints = msgspec.structs.replace(
                usual, rest_url=rest_url or usual.rest_url, stream_url=ws_url or usual.stream_url
            )
            return binance(
                venue.kind, venue.symbols, transport=transport, clock=clock, randomness=randomness,
                endpoints=endpoints, name=name, recorder=recorder,
            )  # fmt: skip
        case KrakenConfig():
            from adapters.kraken.venue import build_feed as kraken  # noqa: PLC0415 - only the venues in use

            return kraken(
                venue.symbols, transport=transport, clock=clock, randomness=randomness,
                rest_url=rest_url, ws_url=ws_url, name=name, recorder=recorder,
            )  # fmt: skip
        case _:
            raise NotImplementedError(f"no adapter serves a venue of kind {kind_of(venue)!r}")


def warm_up_of(venue: CryptoVenueConfig) -> list[Callable[[], None]]:
    """Return what has to be compiled before the first message."""
    if isinstance(venue, BinanceSpotConfig | BinanceFuturesConfig):
        from adapters.binance.depth import warm_up  # noqa: PLC0415 - only the venues in use

        return [warm_up]
    return []


def kind_of(venue: CryptoVenueConfig) -> str:
    return str(getattr(venue, "kind", ""))
