"""A small Kraken on the loopback: REST, websocket version 2, a true matching book, and the ways all of it fails."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from adapters.kraken.endpoints import Endpoints
from core.types.credentials import Credentials, Secret
from core.types.order import Side
from tests.venues.kraken.exchange import Account, Exchange
from tests.venues.kraken.faults import Faults
from tests.venues.kraken.pairs import PAIRS
from tests.venues.kraken.rest_side import RestSide
from tests.venues.kraken.stream_side import StreamSide
from tests.venues.loopback import serving

LIMIT_S = 20.0
HEARTBEAT_S = 0.02
ALL_RIGHTS = (
    "query-funds", "query-open-trades", "query-closed-trades", "modify-trades", "close-trades", "create-ws-token",
)  # fmt: skip
SECRET = "a" * 84 + "Jz=="
OTHER_SECRET = "b" * 84 + "Jz=="


class LoopbackKraken:
    """Two accounts over one market of a crowd."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.exchange = Exchange(self.faults)
        self.stream = StreamSide(self.exchange)
        self.rest = RestSide(self.exchange, self.stream.new_token, self.stream.news)
        self.ours = self.exchange.open_account("ours", "our-key", SECRET, ALL_RIGHTS, USD="100000", BTC="2", ETH="10")
        self.other = self.exchange.open_account("other", "other-key", OTHER_SECRET, ALL_RIGHTS, USD="1000000", BTC="50")
        self.url = ""
        for pair, middle in zip(PAIRS, (30_000, 2_000), strict=True):
            for level in range(1, 16):
                self.exchange.crowd(pair.symbol, Side.BUY, str(middle - level), "1.5")
                self.exchange.crowd(pair.symbol, Side.SELL, str(middle + level), "1.5")
            self.exchange.last_prices[pair.symbol] = pair.tick * middle * 10**pair.price_decimals

    @property
    def endpoints(self) -> Endpoints:
        stream = self.url.replace("http", "ws")
        return Endpoints(rest_url=self.url, stream_url=f"{stream}/v2", private_stream_url=f"{stream}/auth/v2")

    def credentials(self, account: Account | None = None) -> Credentials:
        used = account or self.ours
        return Credentials(venue="kraken", fields={"api_key": Secret(used.key), "secret": Secret(used.secret)})

    @asynccontextmanager
    async def running(self) -> AsyncIterator["LoopbackKraken"]:
        app = web.Application()
        self.rest.add_routes(app)
        self.stream.add_routes(app)
        async with serving(app) as self.url:
            beating = asyncio.get_running_loop().create_task(self._beat())
            try:
                yield self
            finally:
                beating.cancel()
                await asyncio.gather(beating, return_exceptions=True)
                await self.stream.close()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a state that some request or connection brings about."""
        async with asyncio.timeout(LIMIT_S):
            while not condition():
                self.stream.news.clear()
                await self.stream.news.wait()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            self.exchange.look_at_dead_men()
            self.stream.heartbeat()
