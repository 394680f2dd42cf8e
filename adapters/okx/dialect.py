"""How OKX's market data is asked for: websocket version 5, rules over REST."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from adapters.okx.endpoints import LIVE, Endpoints
from adapters.okx.instruments import INSTRUMENTS_PATH, SPOT, SWAP, VENUE, is_swap, read_instruments
from adapters.okx.market_data import OkxMarketData
from adapters.okx.wire import BOOKS, FUNDING_RATE, MARK_PRICE, TRADES, Argument
from adapters.streams.dialect import ReadTable
from adapters.streams.market_data import ChecksumObserver
from core.ports.venue import MarketSink
from core.types.instrument import Instrument

PING: Final = b"ping"
_MOST_ARGUMENTS: Final = 100  # of one request, whose length is limited


class OkxDialect:
    """Implements `adapters.streams.dialect.Dialect`."""

    venue = VENUE

    def __init__(self, endpoints: Endpoints = LIVE) -> None:
        self._rest_url = endpoints.rest_url
        self.stream_url = endpoints.public_url

    async def instruments(self, read: ReadTable) -> Mapping[str, Instrument]:
        url = f"{self._rest_url}{INSTRUMENTS_PATH}"
        spot = await read(url, {"instType": SPOT}, read_instruments)
        return {**spot, **await read(url, {"instType": SWAP}, read_instruments)}

    def handler(
        self,
        sink: MarketSink,
        instruments: Iterable[Instrument],
        *,
        resync: Callable[[str], None],
        observer: ChecksumObserver | None = None,
    ) -> OkxMarketData:
        return OkxMarketData(sink, instruments, resync=resync, observer=observer)

    def subscriptions(self, instruments: Sequence[Instrument]) -> list[bytes]:
        wanted = [
            Argument(channel=channel, inst_id=instrument.venue_symbol)
            for instrument in instruments
            for channel in (BOOKS, TRADES, *((MARK_PRICE, FUNDING_RATE) if is_swap(instrument) else ()))
        ]
        return [_request("subscribe", wanted[n : n + _MOST_ARGUMENTS]) for n in range(0, len(wanted), _MOST_ARGUMENTS)]

    def resubscription(self, instruments: Sequence[Instrument]) -> list[bytes]:
        books = [Argument(channel=BOOKS, inst_id=instrument.venue_symbol) for instrument in instruments]
        return [_request("unsubscribe", books), _request("subscribe", books)]

    def ping(self) -> bytes | None:
        return PING


def _request(operation: str, arguments: list[Argument]) -> bytes:
    return msgspec.json.encode({"op": operation, "args": arguments})
