"""Where Binance is reached, and what a feed follows there."""

from collections.abc import Mapping
from typing import Final

import msgspec

from adapters.binance.market import BinanceMarket

SNAPSHOT_LEVELS: Final = 1000
# USD-M has its streams below these; one that is asked for elsewhere is taken without a word and stays silent
PUBLIC_PATH: Final = "/public"
MARKET_PATH: Final = "/market"
_PUBLIC_CHANNELS: Final = frozenset({"depth", "trade", "bookTicker"})


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses of one market; tests point them at a loopback server."""

    rest_url: str
    stream_url: str
    api_path: str  # in front of every REST path
    snapshot_burst: int  # snapshots that may be fetched at once
    snapshots_per_s: float  # in the long run, within the weight limit a minute
    snapshot_weight: int = 50

    # by path: a stream that is always busy tells a dead connection from a quiet market
    heartbeats: Mapping[str, str] = msgspec.field(default_factory=lambda: {"": "btcusdt@miniTicker"})

    def rest(self, name: str) -> str:
        return f"{self.rest_url}{self.api_path}/{name}"

    @property
    def probe_url(self) -> str:
        """Return a websocket that opens and carries something where the streams work."""
        return self._stream(next(iter(self.heartbeats)), [])

    def combined_streams(self, venue_symbols: list[str], channels: tuple[str, ...]) -> tuple[str, ...]:
        """Return the addresses of the websockets that carry every channel of every symbol, one for each path."""
        by_path: dict[str, list[str]] = {}
        for symbol in venue_symbols:
            for channel in channels:
                by_path.setdefault(self._path_of(channel), []).append(f"{symbol.lower()}@{channel}")
        return tuple(self._stream(path, streams) for path, streams in by_path.items())

    def _path_of(self, channel: str) -> str:
        if "" in self.heartbeats:
            return ""
        return PUBLIC_PATH if channel.partition("@")[0] in _PUBLIC_CHANNELS else MARKET_PATH

    def _stream(self, path: str, streams: list[str]) -> str:
        return f"{self.stream_url}{path}/stream?streams={'/'.join([*streams, self.heartbeats[path]])}"


# a snapshot of 1000 levels weighs 50 of 6000 a minute on spot and 20 of 2400 on USD-M; half of it is left to others
ENDPOINTS: Final = {
    BinanceMarket.SPOT: Endpoints(
        rest_url="https://api.binance.com",
        stream_url="wss://stream.binance.com:9443",
        api_path="/api/v3",
        snapshot_burst=20,
        snapshots_per_s=0.7,
    ),
    BinanceMarket.USDM: Endpoints(
        rest_url="https://fapi.binance.com",
        stream_url="wss://fstream.binance.com",
        api_path="/fapi/v1",
        snapshot_burst=20,
        snapshots_per_s=0.7,
        heartbeats={PUBLIC_PATH: "btcusdt@depth5@500ms", MARKET_PATH: "btcusdt@miniTicker"},
        snapshot_weight=20,
    ),
}

CHANNELS: Final = {
    BinanceMarket.SPOT: ("depth@100ms", "trade"),
    BinanceMarket.USDM: ("depth@100ms", "trade", "markPrice@1s"),
}


class FeedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed follows and how patient it is."""

    market: BinanceMarket
    symbols: tuple[str, ...]  # unified (`BTC/USDT`) or the venue's own (`BTCUSDT`)
    endpoints: Endpoints
    channels: tuple[str, ...]
    expected_interval_s: float = 1.0  # between any two messages of a connection, heartbeat included
    quiet_after_s: float = 30.0  # without a diff a book is compared with a snapshot
    request_timeout_s: float = 10.0
    first_backoff_s: float = 0.5
    backoff_cap_s: float = 20.0
    malformed_limit: int = 20  # unreadable messages on one connection before it is replaced
    check_interval_s: float = 0.5
    least_silence_s: float = 2.0

    @property
    def silence_limit_s(self) -> float:
        """Return how long a connection may carry nothing before it counts as dead."""
        return max(self.least_silence_s, 3 * self.expected_interval_s)
