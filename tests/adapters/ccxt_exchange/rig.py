"""The adapter's two sides over ccxt's own binance, against the rehearsal venue on the loopback."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import aiohttp
import msgspec

from adapters.ccxt_exchange.execution import CcxtExecution
from adapters.ccxt_exchange.feed import CcxtFeed
from adapters.ccxt_exchange.settings import ExchangeSettings, ExecutionSettings, FeedSettings
from adapters.ccxt_exchange.venue import build_execution, build_feed, cancel_everything
from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.config import RehearsalConfig
from adapters.sim.binance_protocol.faults import Fault
from adapters.sim.binance_protocol.key_file import invent_keys, make_accounts
from adapters.sim.binance_protocol.server import RehearsalServer
from core.io.system_clock import SystemClock
from core.ports.randomness import NoRandomness
from core.ports.venue import SendResult
from core.risk.verdict import Check, Hardness, approve, approve_amend
from core.types.credentials import Credentials, Secret
from core.types.order import OrderIntent, OrderType, Side
from tests.venues.binance.rig import Trader, limit
from tests.venues.execution_records import ExecutionRecords
from tests.venues.market_sink import RecordingSink

D = Decimal
LIMIT_S = 60.0
KINDS = {"spot": ("binance", "BTC/USDT"), "usdm": ("binanceusdm", "BTC/USDT:USDT")}
PASSED = Check(rule="test", hardness=Hardness.HARD, unit="", limit="", observed="", passed=True)
QUICK_FEED = FeedSettings(first_backoff_s=0.01, backoff_cap_s=0.05)
QUICK = ExecutionSettings(first_backoff_s=0.01, backoff_cap_s=0.05)


def keys_of(account: Account, venue: str = "binance") -> Credentials:
    return Credentials(venue=venue, fields={"api_key": Secret(account.key), "secret": Secret(account.secret)})


@dataclass
class Rig:
    kind: str
    server: RehearsalServer
    accounts: list[Account]
    sink: RecordingSink = field(default_factory=RecordingSink)
    records: ExecutionRecords = field(default_factory=lambda: ExecutionRecords(takes_payments=True))

    def __post_init__(self) -> None:
        exchange, self.symbol = KINDS[self.kind]
        self.exchange = ExchangeSettings(
            exchange=exchange, symbols=(self.symbol,), name="here", rest_url=self.server.url,
            ws_url=self.server.stream_url, may_replace_native=True, request_timeout_s=5.0,
            rate_limit_share=D(100),  # ccxt's pauses between requests would be most of what is measured here
        )  # fmt: skip
        self._running: list[Any] = []
        self._stepping: asyncio.Task[None] | None = None
        self.execution = self.make_execution()

    @property
    def market(self) -> Any:
        return next(each for each in self.server.exchange.markets.values() if each.kind.value == self.kind)

    def best(self) -> tuple[Decimal, Decimal]:
        _, bids, asks = self.market.books["BTCUSDT"].depth.snapshot(1)
        return D(bids[0][0]), D(asks[0][0])

    def fault(self, **what: object) -> None:
        self.server.exchange.faults.add(msgspec.convert(what, Fault))

    # the sides ---------------------------------------------------------------------------------------

    async def start_feed(self, **changes: object) -> CcxtFeed:
        settings = msgspec.structs.replace(QUICK_FEED, **changes)
        feed = build_feed(self.exchange, clock=SystemClock(), randomness=NoRandomness(), settings=settings)
        self._running.append(feed)
        await feed.start(self.sink)
        if self._stepping is None:
            self._stepping = asyncio.ensure_future(self._keep_stepping())
        return feed

    def make_execution(self, account: int = 0, **changes: object) -> CcxtExecution:
        settings = msgspec.structs.replace(QUICK, **changes)
        credentials = keys_of(self.accounts[account], self.exchange.exchange)
        return build_execution(
            self.exchange, credentials, clock=SystemClock(), randomness=NoRandomness(), settings=settings
        )

    async def start(self, execution: CcxtExecution | None = None) -> CcxtExecution:
        self.execution = execution or self.execution
        self._running.append(self.execution)
        await self.execution.start(self.records)
        await self.execution.until_ready()
        return self.execution

    async def submit(self, name: str, side: Side, price: Decimal | None, quantity: str, **more: object) -> SendResult:
        return await self.execution.submit(approve(self.intent(name, side, price, quantity, **more), (PASSED,)))

    async def amend(self, name: str, side: Side, price: Decimal, quantity: str) -> SendResult:
        return await self.execution.amend(approve_amend(self.intent(name, side, price, quantity), (PASSED,)))

    def intent(self, name: str, side: Side, price: Decimal | None, quantity: str, **more: object) -> OrderIntent:
        intent = OrderIntent(
            client_order_id=name, venue="here", symbol=self.symbol, side=side, quantity=D(quantity), limit_price=price,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT, created_ns=0,
        )  # fmt: skip
        return msgspec.structs.replace(intent, **more)

    async def open_names(self) -> list[str]:
        report = await self.execution.account(SystemClock().utc_ns())
        return sorted(order.intent.client_order_id for order in report.open_orders)

    async def foreign_order(self, price: Decimal) -> None:
        """Place an order with the account's keys by another program."""
        async with aiohttp.ClientSession() as session:
            trader = Trader(session, self.server, self.accounts[0])
            send = trader.spot if self.kind == "spot" else trader.usdm
            assert (await send(**limit("BUY", "0.01", price))).status == 200

    async def kill(self) -> SendResult:
        """Cancel everything from a process that has only the keys."""
        return await cancel_everything(
            self.exchange, keys_of(self.accounts[0], self.exchange.exchange), clock=SystemClock()
        )

    async def turn(self) -> None:
        """Give everybody a turn."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.server.url}/api/v3/ping") as response:
            await response.read()

    # inside ------------------------------------------------------------------------------------------

    async def _keep_stepping(self) -> None:
        """Move the market as fast as answers to it come, so that no change stays unsent."""
        while True:
            self.server.step(2)
            await self.turn()

    def stop_market(self) -> None:
        if self._stepping is not None:
            self._stepping.cancel()

    async def close(self) -> None:
        self.stop_market()
        if self._stepping is not None:
            await asyncio.gather(self._stepping, return_exceptions=True)
        await asyncio.gather(*(each.stop() for each in self._running))


@asynccontextmanager
async def rehearsal(kind: str):
    config = RehearsalConfig()
    accounts = make_accounts(config, invent_keys(("ann", "bob"), config.seed))
    server = RehearsalServer(config, accounts, SystemClock(), drives=False)
    await server.start()
    rig = Rig(kind, server, accounts)
    try:
        yield rig
    finally:
        await rig.close()
        await server.stop()


def run(kind: str, scenario: Callable[[Rig], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(LIMIT_S), rehearsal(kind) as rig:
            await scenario(rig)

    asyncio.run(main())
