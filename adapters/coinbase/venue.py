"""Build the two sides of Coinbase from what a configuration says."""

from adapters.coinbase.dialect import CoinbaseDialect
from adapters.coinbase.endpoints import REST_URL, STREAM_URL
from adapters.streams.dialect import StreamSettings
from adapters.streams.feed import StreamFeed
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import Transport
from data.recordings.recorder import Recorder

_QUIET_AFTER_S = 120.0  # the numbers of the connection prove a quiet book; to ask again costs a whole snapshot


def build_feed(
    symbols: tuple[str, ...],
    *,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    rest_url: str = REST_URL,
    stream_url: str = STREAM_URL,
    recorder: Recorder | None = None,
) -> StreamFeed:
    """Build the market-data side; it needs no key."""
    dialect = CoinbaseDialect(rest_url=rest_url, stream_url=stream_url)
    settings = StreamSettings(symbols=symbols, quiet_after_s=_QUIET_AFTER_S)
    return StreamFeed(dialect, settings, transport, clock, randomness, recorder=recorder)
