"""How Coinbase's spot market data is asked for: Advanced Trade websocket, products over REST, no key."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from adapters.coinbase.endpoints import PUBLIC_PRODUCTS, REST_URL, STREAM_URL
from adapters.coinbase.instruments import VENUE, read_products, stream_product
from adapters.coinbase.market_data import CoinbaseMarketData
from adapters.streams.dialect import ReadTable
from adapters.streams.market_data import ChecksumObserver
from core.ports.venue import MarketSink
from core.types.instrument import Instrument


class CoinbaseDialect:
    """Implements `adapters.streams.dialect.Dialect`."""

    venue = VENUE

    def __init__(self, *, rest_url: str = REST_URL, stream_url: str = STREAM_URL) -> None:
        self._rest_url = rest_url
        self.stream_url = stream_url

    async def instruments(self, read: ReadTable) -> Mapping[str, Instrument]:
        return await read(f"{self._rest_url}{PUBLIC_PRODUCTS}", {"product_type": "SPOT"}, read_products)

    def handler(
        self,
        sink: MarketSink,
        instruments: Iterable[Instrument],
        *,
        resync: Callable[[str], None],
        observer: ChecksumObserver | None = None,
    ) -> CoinbaseMarketData:
        return CoinbaseMarketData(sink, instruments, resync=resync, observer=observer)

    def subscriptions(self, instruments: Sequence[Instrument]) -> list[bytes]:
        products = _products(instruments)
        # heartbeats first: a connection without a subscription is closed, and a channel without messages too
        return [
            request("subscribe", "heartbeats"),
            request("subscribe", "level2", products),
            request("subscribe", "market_trades", products),
        ]

    def resubscription(self, instruments: Sequence[Instrument]) -> list[bytes]:
        products = _products(instruments)
        return [request("unsubscribe", "level2", products), request("subscribe", "level2", products)]

    def ping(self) -> bytes | None:
        return None  # heartbeats come every second


def request(kind: str, channel: str, products: Sequence[str] = (), **more: str) -> bytes:
    """Return a request to a websocket; one for all products names none."""
    named = {"product_ids": products} if products else {}
    return msgspec.json.encode({"type": kind, "channel": channel, **named, **more})


def _products(instruments: Iterable[Instrument]) -> list[str]:
    return list(dict.fromkeys(stream_product(instrument) for instrument in instruments))
