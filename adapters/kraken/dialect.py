"""How Kraken's spot market data is asked for: websocket version 2, rules over REST."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from adapters.kraken.endpoints import LIVE
from adapters.kraken.instruments import VENUE, read_asset_pairs
from adapters.kraken.market_data import KrakenMarketData
from adapters.streams.dialect import ReadTable
from adapters.streams.market_data import ChecksumObserver
from core.ports.venue import MarketSink
from core.types.instrument import Instrument

BOOK_DEPTH: Final = 100


class KrakenDialect:
    """Implements `adapters.streams.dialect.Dialect`."""

    venue = VENUE

    def __init__(self, *, rest_url: str = LIVE.rest_url, stream_url: str = LIVE.stream_url) -> None:
        self._rest_url = rest_url
        self.stream_url = stream_url

    async def instruments(self, read: ReadTable) -> Mapping[str, Instrument]:
        return await read(f"{self._rest_url}/0/public/AssetPairs", {}, read_asset_pairs)

    def handler(
        self,
        sink: MarketSink,
        instruments: Iterable[Instrument],
        *,
        resync: Callable[[str], None],
        observer: ChecksumObserver | None = None,
    ) -> KrakenMarketData:
        return KrakenMarketData(sink, instruments, resync=resync, depth=BOOK_DEPTH, observer=observer)

    def subscriptions(self, instruments: Sequence[Instrument]) -> list[bytes]:
        symbols = [instrument.venue_symbol for instrument in instruments]
        trades = {"channel": "trade", "symbol": symbols, "snapshot": False}
        return [_book("subscribe", symbols), _request("subscribe", trades)]

    def resubscription(self, instruments: Sequence[Instrument]) -> list[bytes]:
        symbols = [instrument.venue_symbol for instrument in instruments]
        return [_book("unsubscribe", symbols), _book("subscribe", symbols)]

    def ping(self) -> bytes | None:
        return b'{"method":"ping"}'


def _book(method: str, symbols: list[str]) -> bytes:
    return _request(method, {"channel": "book", "symbol": symbols, "depth": BOOK_DEPTH})


def _request(method: str, params: Mapping[str, object]) -> bytes:
    return msgspec.json.encode({"method": method, "params": params})
