"""What the rest of the program makes of Kraken."""

from adapters.kraken.dialect import REST_URL, STREAM_URL, KrakenDialect
from adapters.streams.dialect import StreamSettings
from adapters.streams.feed import StreamFeed
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import Transport
from data.recordings.recorder import Recorder


def build_feed(
    symbols: tuple[str, ...],
    *,
    transport: Transport,
    clock: Clock,
    randomness: Randomness,
    rest_url: str | None = None,
    ws_url: str | None = None,
    name: str | None = None,
    recorder: Recorder | None = None,
) -> StreamFeed:
    """Build the market-data side of Kraken's spot market."""
    dialect = KrakenDialect(rest_url=rest_url or REST_URL, stream_url=ws_url or STREAM_URL)
    settings = StreamSettings(symbols=symbols)
    return StreamFeed(dialect, settings, transport, clock, randomness, name=name, recorder=recorder)
