"""Build Binance's feeds from what a configuration says."""

from adapters.binance.endpoints import CHANNELS, ENDPOINTS, Endpoints, FeedSettings
from adapters.binance.feed import BinanceFeed
from adapters.binance.market import BinanceMarket
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import Transport
from data.recordings.recorder import Recorder


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
) -> BinanceFeed:
    """Build the market-data side of ``binance`` (spot) or ``binanceusdm``; raise ValueError for another name."""
    market = BinanceMarket(venue)
    settings = FeedSettings(
        market=market,
        symbols=symbols,
        endpoints=ENDPOINTS[market] if endpoints is None else endpoints,
        channels=CHANNELS[market] if channels is None else channels,
    )
    return BinanceFeed(settings, transport, clock, randomness, recorder=recorder)
