"""How one venue's market data is asked for and read: all that a feed over its websocket needs to know."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from adapters.streams.market_data import ChecksumObserver, MarketHandler
from core.ports.venue import MarketSink
from core.types.instrument import Instrument

T = TypeVar("T")


class ReadTable(Protocol):
    """Reads one of the venue's tables, again and again until it can be decoded."""

    async def __call__(self, url: str, params: Mapping[str, str], decode: Callable[[bytes], T], /) -> T: ...


class Dialect(Protocol):
    """One venue's way of speaking."""

    @property
    def venue(self) -> str: ...

    @property
    def stream_url(self) -> str: ...

    async def instruments(self, read: ReadTable) -> Mapping[str, Instrument]:
        """Return everything that is traded there, by the venue's symbol."""
        ...

    def handler(
        self,
        sink: MarketSink,
        instruments: Iterable[Instrument],
        *,
        resync: Callable[[str], None],
        observer: ChecksumObserver | None = None,
    ) -> MarketHandler: ...

    def subscriptions(self, instruments: Sequence[Instrument]) -> list[bytes]:
        """Return what is sent on a new connection."""
        ...

    def resubscription(self, instruments: Sequence[Instrument]) -> list[bytes]:
        """Return what is sent to get new snapshots of some books; venues count messages, not what they ask for."""
        ...

    def ping(self) -> bytes | None:
        """Return what keeps the connection alive where the protocol's own pings do not."""
        ...


class StreamSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed follows and how patient it is."""

    symbols: tuple[str, ...]  # unified (`BTC/USDT`) or the venue's own
    silence_limit_s: float = 10.0  # a connection that carries nothing for so long is dead
    quiet_after_s: float = 30.0  # a book without a message for so long is asked for again
    answer_limit_s: float = 10.0  # and this is how long its snapshot may take
    ping_every_s: float = 5.0
    request_timeout_s: float = 10.0
    first_backoff_s: float = 0.5
    backoff_cap_s: float = 20.0
    malformed_limit: int = 20  # unreadable messages on one connection before it is replaced
    check_interval_s: float = 0.5
    reads_burst: int = 10
    reads_per_s: float = 1.0
