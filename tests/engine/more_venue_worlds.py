"""The other venues as a whole engine meets them, as far as watching trades goes: no cuts, no truth to compare."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import aiohttp

from adapters.sim.binance_protocol.accounts import SpotWallet
from adapters.sim.binance_protocol.config import STEPS_A_SECOND, RehearsalConfig
from adapters.sim.binance_protocol.key_file import invent_keys, make_accounts
from adapters.sim.binance_protocol.server import RehearsalServer
from adapters.sim.binance_protocol.symbol_book import SymbolBook
from core.types.credentials import Credentials
from core.types.order import Side
from tests.adapters.ccxt_exchange.rig import keys_of
from tests.adapters.hyperliquid.rig import AGENT, OWNER, credentials
from tests.engine.venue_worlds import Prices
from tests.venues.binance.rig import Answer, Trader, limit
from tests.venues.hyperliquid.server import LoopbackHyperliquid

D = Decimal


class BinanceWorld:
    """The rehearsal venue, whose crowd acts at a beat alone; who trades with whom are accounts of it."""

    shift_ns = 0
    beat_ns = 1_000_000_000  # the adapter takes the venue's time along by the steady clock
    kind, venue, symbol = "spot", "binance", "BTC/USDT"

    def __init__(self) -> None:
        config = RehearsalConfig(history_minutes=1, spot_balances={"USDT": D(10_000_000), "BTC": D(100)})
        self.ours, *self._others = make_accounts(config, invent_keys(("ours", "somebody", "else"), config.seed))
        self.ours.spot = SpotWallet({"USDT": D(100_000)})
        self._config = config

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        accounts = [self.ours, *self._others]
        self.server = RehearsalServer(self._config, accounts, self.clock, drives=False)
        await self.server.start()
        try:
            async with aiohttp.ClientSession() as session:
                self.somebody, self.somebody_else = (Trader(session, self.server, each) for each in self._others)
                yield
        finally:
            await self.server.stop()

    def config(self) -> str:
        return (
            f'[venues.{self.venue}]\nkind = "{self.venue}"\nmode = "live"\nsymbols = ["{self.symbol}"]\n'
            f'rest_url = "{self.server.url}"\nws_url = "{self.server.stream_url}"\n'
        )

    def key(self) -> Credentials:
        return keys_of(self.ours, self.venue)

    @property
    def book(self) -> SymbolBook:
        markets = {market.kind.value: market for market in self.server.exchange.markets.values()}
        return markets[self.kind].books["BTCUSDT"]

    @property
    def prices(self) -> Prices:
        """Return a bid and an ask within the crowd's spread, where nobody stands in a queue before them."""
        bid, ask = self._touch()
        to_price = self.book.instrument.ticks_to_price
        return Prices(f"{to_price(bid + 1)}", f"{to_price(ask - 1)}", "0.01", "0.004", "0.003")

    def _touch(self) -> tuple[int, int]:
        bid, ask = self.book.matching.best_bid(), self.book.matching.best_ask()
        assert bid is not None
        assert ask is not None
        return bid, ask

    async def beat(self, n: int) -> None:
        """Let the crowd act for a second, and then leave room between its bids and asks."""
        del n
        self.clock.shift_ns += self.beat_ns
        self.server.step(STEPS_A_SECOND)
        while (ask := self._touch()[1]) - self._touch()[0] < 4:
            lots = self.book.matching.lots_at(Side.SELL, ask)
            price, quantity = self.book.instrument.ticks_to_price(ask), self.book.instrument.lots_to_quantity(lots)
            await self._send(self.somebody, "BUY", f"{price}", f"{quantity}")

    async def somebody_sells(self, price: str, quantity: str) -> None:
        await self._send(self.somebody, "SELL", price, quantity)

    async def somebody_buys(self, price: str, quantity: str) -> None:
        await self._send(self.somebody, "SELL", price, quantity)
        await self._send(self.somebody_else, "BUY", price, quantity)

    async def _send(self, trader: Trader, side: str, price: str, quantity: str) -> None:
        send = trader.spot if self.kind == "spot" else trader.usdm
        answer: Answer = await send(**limit(side, quantity, D(price)))
        assert answer.status == 200, answer

    async def tell(self) -> None:
        """Nothing to do: this server tells by itself."""


class BinanceFuturesWorld(BinanceWorld):
    kind, venue, symbol = "usdm", "binanceusdm", "BTC/USDT:USDT"


class CcxtWorld(BinanceFuturesWorld):
    """The same through ccxt, which has its name."""

    def config(self) -> str:
        return super().config().replace(f'kind = "{self.venue}"', f'kind = "ccxt"\nexchange = "{self.venue}"') + (
            "use_ccxt_anyway = true\n"
        )


class HyperliquidWorld:
    venue, symbol, shift_ns = "hyperliquid", "xyz:NVDA", 0
    prices = Prices("190.5", "190.6", "2", "0.8", "0.5")

    def __init__(self) -> None:
        self.server = LoopbackHyperliquid()
        self.server.agents[AGENT] = OWNER
        self.server.marks[self.symbol] = D("190.5")
        for n in range(10):
            self._crowd(Side.BUY, f"{190.4 - n / 10:.1f}", "50")
            self._crowd(Side.SELL, f"{190.6 + n / 10:.1f}", "50")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self.server.running():
            yield

    def config(self) -> str:
        return (
            f'[venues.hyperliquid]\nkind = "hyperliquid"\nmode = "live"\nsymbols = ["{self.symbol}"]\n'
            f'rest_url = "{self.server.url}"\nws_url = "{self.server.endpoints.stream_url}"\n'
        )

    def key(self) -> Credentials:
        return credentials()

    async def beat(self, n: int) -> None:
        self._crowd(Side.BUY, f"190.{n % 4}", "0.1")

    async def somebody_sells(self, price: str, quantity: str) -> None:
        self._crowd(Side.SELL, price, quantity)

    async def somebody_buys(self, price: str, quantity: str) -> None:
        self._crowd(Side.BUY, price, quantity)

    async def tell(self) -> None:
        """Nothing to do: this server tells by itself."""

    def _crowd(self, side: Side, price: str, size: str) -> None:
        self.server.state.crowd(self.symbol, side, price, size)


MORE_WORLDS = {
    "binance": BinanceWorld,
    "binanceusdm": BinanceFuturesWorld,
    "hyperliquid": HyperliquidWorld,
    "ccxt": CcxtWorld,
}
