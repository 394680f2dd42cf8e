"""Venues as a whole engine meets them: each a loopback server, its configuration, and what is true there."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from core.io.system_clock import SystemClock
from core.types.credentials import Credentials
from core.types.order import Side
from tests.adapters.coinbase.rig import OURS, credentials, loopback
from tests.venues.coinbase.server import LoopbackCoinbase
from tests.venues.interactive_brokers.fake_tws import ACCOUNT, COMMISSION, START_CASH, FakeTws
from tests.venues.kraken.venue import LoopbackKraken
from tests.venues.okx.server import CREDENTIALS, LoopbackOkx

D = Decimal


@dataclass(frozen=True)
class Prices:
    """Where the test trades: `rests` is the best bid as soon as it stands, `ask` is the crowd's."""

    rests: str
    ask: str
    quantity: str  # of the resting order
    sold: str  # of it, at a time
    taken: str  # by a market order


@dataclass(frozen=True)
class Truth:
    """What the venue itself says of our account."""

    fills: list[tuple[str, Decimal, Decimal, Decimal]]  # order, price, quantity, fee in the quote currency
    resting: list[str]
    position: Decimal
    cash: Decimal


class World(Protocol):
    venue: str
    symbol: str
    cash_asset: str
    prices: Prices
    shift_ns: int  # of the clock of the day, where a venue has hours
    clock: SystemClock  # the engine's; set before anything runs

    def running(self) -> AbstractAsyncContextManager[None]: ...

    def config(self) -> str: ...

    def key(self) -> Credentials | None: ...

    async def beat(self, n: int) -> None:
        """Let the market change, and say what only time makes a venue say."""
        ...

    async def somebody_sells(self, price: str, quantity: str) -> None: ...

    async def somebody_buys(self, price: str, quantity: str) -> None:
        """Let somebody buy of somebody else, at the crowd's ask."""
        ...

    async def tell(self) -> None:
        """Send what the venue has to say of what happened."""
        ...

    async def cut(self) -> None:
        """End every connection."""
        ...

    def truth(self) -> Truth: ...


def _crypto(name: str, symbol: str, rest_url: str, ws_url: str) -> str:
    return (
        f'[venues.{name}]\nkind = "{name}"\nmode = "live"\nsymbols = ["{symbol}"]\n'
        f'rest_url = "{rest_url}"\nws_url = "{ws_url}"\n'
    )


class KrakenWorld:
    venue, symbol, cash_asset, shift_ns = "kraken", "BTC/USD", "USD", 0
    prices = Prices("29999.5", "30001", "0.05", "0.02", "0.01")

    def __init__(self) -> None:
        self.server = LoopbackKraken()
        self.server.ours.balances = {"USD": D(100_000)}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self.server.running():
            yield

    def config(self) -> str:
        ends = self.server.endpoints
        return _crypto("kraken", self.symbol, ends.rest_url, ends.stream_url)

    def key(self) -> Credentials:
        return self.server.credentials()

    async def beat(self, n: int) -> None:
        self.server.exchange.crowd(self.symbol, Side.SELL, f"3{n + 1:04d}", "0.1")

    async def somebody_sells(self, price: str, quantity: str) -> None:
        self.server.exchange.crowd(self.symbol, Side.SELL, price, quantity)

    async def somebody_buys(self, price: str, quantity: str) -> None:
        self.server.exchange.crowd(self.symbol, Side.BUY, price, quantity)

    async def tell(self) -> None:
        """Nothing to do: this server tells by itself."""

    async def cut(self) -> None:
        await self.server.stream.close()

    def truth(self) -> Truth:
        ours, exchange = self.server.ours, self.server.exchange
        trades = [trade for trade in exchange.trades if trade.order.account is ours]
        return Truth(
            [(trade.order.cl_ord_id or "", trade.price, trade.quantity, trade.fee) for trade in trades],
            [order.cl_ord_id or "" for order in exchange.open_orders(ours)],
            ours.balances.get("BTC", D(0)), ours.balances["USD"],
        )  # fmt: skip


class OkxWorld:
    """The perpetual: its quantities are contracts of 0.01 BTC."""

    venue, symbol, cash_asset, shift_ns = "okx", "BTC/USDT:USDT", "USDT", 0
    prices = Prices("49999.5", "50001", "3", "1.5", "1")

    def __init__(self) -> None:
        self.server = LoopbackOkx()
        self.server.exchange.cash = {"USDT": D(100_000)}
        for n in range(1, 11):
            self._crowd(Side.BUY, f"{50_000 - n}", "50")
            self._crowd(Side.SELL, f"{50_000 + n}", "50")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self.server.running():
            yield

    def config(self) -> str:
        ends = self.server.endpoints
        return _crypto("okx", self.symbol, ends.rest_url, ends.public_url)

    def key(self) -> Credentials:
        return CREDENTIALS

    async def beat(self, n: int) -> None:
        self._crowd(Side.SELL, f"{50_001 + n}", "1")
        await self.tell()

    async def somebody_sells(self, price: str, quantity: str) -> None:
        self._crowd(Side.SELL, price, quantity)
        await self.tell()

    async def somebody_buys(self, price: str, quantity: str) -> None:
        self._crowd(Side.BUY, price, quantity)
        await self.tell()

    async def tell(self) -> None:
        await self.server.flush()

    async def cut(self) -> None:
        await self.server.sockets.close()

    def truth(self) -> Truth:
        exchange = self.server.exchange
        return Truth(
            [
                (row["clOrdId"].replace("X", "-"), D(row["fillPx"]), D(row["fillSz"]), -D(row["fee"]))
                for row in exchange.fills
            ],
            [order.terms["clOrdId"].replace("X", "-") for order in exchange.resting()],
            exchange.positions.get("BTC-USDT-SWAP", (D(0), D(0)))[0], exchange.cash["USDT"],
        )  # fmt: skip

    def _crowd(self, side: Side, price: str, size: str) -> None:
        self.server.exchange.crowd("BTC-USDT-SWAP", side, price, size)


class CoinbaseWorld:
    venue, symbol, cash_asset, shift_ns = "coinbase", "BTC/USD", "USD", 0
    prices = Prices("99.99", "100.02", "2", "0.8", "0.5")

    def __init__(self) -> None:
        self.server: LoopbackCoinbase = loopback()
        self.server.exchange.fund(OURS, USD="10000")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        for n in range(10):
            self._crowd(Side.BUY, f"{99.98 - n / 100:.2f}", "5")
            self._crowd(Side.SELL, f"{100.02 + n / 100:.2f}", "5")
        async with self.server.running():
            yield

    def config(self) -> str:
        return _crypto("coinbase", self.symbol, self.server.url, self.server.stream_url)

    def key(self) -> Credentials:
        return credentials()

    async def beat(self, n: int) -> None:
        self._crowd(Side.SELL, f"{100.02 + n / 100:.2f}", "0.1")
        await self.server.sockets.heartbeat()

    async def somebody_sells(self, price: str, quantity: str) -> None:
        self._crowd(Side.SELL, price, quantity)

    async def somebody_buys(self, price: str, quantity: str) -> None:
        self._crowd(Side.BUY, price, quantity)
        await self.tell()

    async def tell(self) -> None:
        await self.server.flush()

    async def cut(self) -> None:
        await self.server.sockets.close()

    def truth(self) -> Truth:
        exchange = self.server.exchange
        return Truth(
            [(fill.order.client_order_id, fill.price, fill.size, fill.fee) for fill in exchange.fills],
            [order.client_order_id for order in exchange.orders.values() if order.status == "OPEN"],
            exchange.purse(OURS, "BTC")[0], exchange.purse(OURS, "USD")[0],
        )  # fmt: skip

    def _crowd(self, side: Side, price: str, size: str) -> None:
        self.server.exchange.crowd("BTC-USD", side, size, price)


class InteractiveBrokersWorld:
    """TWS on a Monday on which New York is open."""

    venue, symbol, cash_asset = "interactive_brokers", "NVDA", "USD"
    prices = Prices("150.11", "150.14", "10", "4", "3")

    def __init__(self) -> None:
        self.server = FakeTws(chunk=4096)
        self._told = 0
        now = datetime.now(UTC)
        monday = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
        self.shift_ns = (monday - now) // timedelta(microseconds=1) * 1_000

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self.server as tws:
            tws.exchange.quote("NVDA", "150.10", 300, "150.14", 200)
            yield

    def config(self) -> str:
        return (
            f'[venues.{self.venue}]\nkind = "{self.venue}"\nmode = "live"\nport = {self.server.port}\n'
            f'symbols = ["{self.symbol}"]\n'
        )

    def key(self) -> None:
        """Return nothing: TWS has logged in by itself."""

    async def beat(self, n: int) -> None:
        self.server.quote("NVDA", "150.10", 300 + n, "150.14", 200)

    async def somebody_sells(self, price: str, quantity: str) -> None:
        # the house sells: its quote comes down to the order and goes back up
        self.server.quote("NVDA", "150.09", 300, price, int(quantity))
        self.server.quote("NVDA", "150.10", 300, "150.14", 200)
        await self.tell()

    async def somebody_buys(self, price: str, quantity: str) -> None:
        self.server.last("NVDA", f"{price};{quantity};1795447900000;9000;150.1;true")

    async def tell(self) -> None:
        """Say every trade on the tape: this server's quotes have none."""
        for done in self.server.exchange.executions[self._told :]:
            self._told += 1
            at_ms = 1_795_447_800_000 + done.number
            self.server.last("NVDA", f"{done.price};{done.quantity};{at_ms};{1_000 + done.number};150.1;true")

    async def cut(self) -> None:
        self.server.cut()

    def truth(self) -> Truth:
        exchange = self.server.exchange
        held = {symbol: quantity for symbol, quantity, _ in exchange.positions(ACCOUNT)}
        return Truth(
            [(done.order.reference, done.price, done.quantity, COMMISSION) for done in exchange.executions],
            [order.reference for order in exchange.working()],
            held.get("NVDA", D(0)), exchange.cash(ACCOUNT, START_CASH, COMMISSION),
        )  # fmt: skip


WORLDS: dict[str, type[World]] = {
    "kraken": KrakenWorld,
    "okx": OkxWorld,
    "coinbase": CoinbaseWorld,
    "interactive_brokers": InteractiveBrokersWorld,
}
