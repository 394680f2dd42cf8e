"""The adapter against the loopback venue, with sinks that write down and let a test wait for a state."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import msgspec
from eth_account import Account

from adapters.hyperliquid.execution import HyperliquidExecution
from adapters.hyperliquid.feed import HyperliquidFeed
from adapters.hyperliquid.network import HyperliquidNetwork
from adapters.hyperliquid.settings import ExecutionSettings, FeedSettings, StreamSettings
from adapters.hyperliquid.venue import build_execution, build_feed, new_budget
from adapters.network.transport import NetworkTransport
from core.io.system_clock import SystemClock
from core.ports.randomness import NoRandomness
from core.ports.venue import SendResult
from core.risk.verdict import Check, Hardness, approve, approve_amend
from core.types.credentials import Credentials, Secret
from core.types.order import OrderIntent, OrderType, Side
from data.recordings.recorder import Recorder
from tests.venues.execution_records import ExecutionRecords
from tests.venues.hyperliquid.server import LoopbackHyperliquid
from tests.venues.market_sink import RecordingSink
from tests.venues.news import LIMIT_S

D = Decimal
AGENT_KEY = "0x" + "11" * 32
OWNER_KEY = "0x" + "22" * 32
AGENT = Account.from_key(AGENT_KEY).address.lower()
OWNER = Account.from_key(OWNER_KEY).address.lower()
NVDA, BTC = "xyz:NVDA", "BTC/USDC:USDC"
PASSED = Check(rule="test", hardness=Hardness.HARD, unit="", limit="", observed="", passed=True)
QUICK = StreamSettings(first_backoff_s=0.001, backoff_cap_s=0.01, check_interval_s=0.02, ping_every_s=0.1)

USUAL = ExecutionSettings(stream=QUICK, request_timeout_s=2.0)


def credentials(private_key: str = AGENT_KEY, address: str = OWNER) -> Credentials:
    fields = {"private_key": Secret(private_key), "account_address": Secret(address)}
    return Credentials(venue="hyperliquid", fields=fields)


def intent(name: str, side: Side, price: str | None, quantity: str) -> OrderIntent:
    return OrderIntent(
        client_order_id=name, venue="hyperliquid", symbol=NVDA, side=side, quantity=D(quantity),
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        limit_price=None if price is None else D(price), created_ns=0,
    )  # fmt: skip


@dataclass
class Rig:
    venue: LoopbackHyperliquid
    folder: Path
    transport: NetworkTransport
    sink: RecordingSink = field(default_factory=RecordingSink)
    records: ExecutionRecords = field(default_factory=lambda: ExecutionRecords(takes_payments=True))
    network: HyperliquidNetwork = HyperliquidNetwork.MAINNET
    settings: ExecutionSettings = USUAL
    recorder: Recorder | None = None  # of the feed

    def __post_init__(self) -> None:
        self.budget = new_budget(NoRandomness())
        self.feed: HyperliquidFeed | None = None
        self.execution: HyperliquidExecution = self.make_execution()

    def make_execution(self, keys: Credentials | None = None) -> HyperliquidExecution:
        return build_execution(
            keys or credentials(), (NVDA, BTC), network=self.network, transport=self.transport, clock=SystemClock(),
            randomness=NoRandomness(), budget=self.budget, nonce_file=self.folder / "nonce",
            book_of=lambda symbol: self.sink.books.get(symbol.partition("/")[0]), settings=self.settings,
            endpoints=self.venue.endpoints,
        )  # fmt: skip

    async def start_feed(self, **changes: object) -> HyperliquidFeed:
        settings = msgspec.structs.replace(FeedSettings(symbols=(NVDA, BTC), stream=QUICK), **changes)
        self.feed = build_feed(
            settings, network=self.network, transport=self.transport, clock=SystemClock(), randomness=NoRandomness(),
            budget=self.budget, endpoints=self.venue.endpoints, recorder=self.recorder,
        )  # fmt: skip
        await self.feed.start(self.sink)
        return self.feed

    async def start(self, execution: HyperliquidExecution | None = None) -> None:
        """Start the trading side and wait until orders may go out."""
        self.execution = execution or self.execution
        await self.execution.start(self.records)
        await self.until_ready()

    async def until_ready(self) -> None:
        async with asyncio.timeout(LIMIT_S):
            await self.execution.until_ready()

    async def submit(self, name: str, side: Side, price: str | None, size: str, **changes: object) -> SendResult:
        wanted = msgspec.structs.replace(intent(name, side, price, size), **changes)
        return await self.execution.submit(approve(wanted, (PASSED,)))

    async def amend(self, name: str, side: Side, price: str, quantity: str) -> SendResult:
        return await self.execution.amend(approve_amend(intent(name, side, price, quantity), (PASSED,)))


def run(
    scenario: Callable[[Rig], Awaitable[None]],
    *,
    venue: LoopbackHyperliquid | None = None,
    prepare: Callable[[LoopbackHyperliquid], None] = lambda _: None,
    settings: ExecutionSettings | None = None,
) -> Rig:
    async def play() -> Rig:
        served = venue or LoopbackHyperliquid()
        served.agents[AGENT] = OWNER
        prepare(served)
        transport = NetworkTransport()
        async with served.running(), asyncio.timeout(2 * LIMIT_S), AsyncExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            network = HyperliquidNetwork.MAINNET if served.is_mainnet else HyperliquidNetwork.TESTNET
            rig = Rig(served, folder, transport, network=network)
            if settings is not None:
                rig.settings = settings
                rig.execution = rig.make_execution()
            try:
                await scenario(rig)
            finally:
                if rig.feed is not None:
                    await rig.feed.stop()
                await rig.execution.stop()
                await transport.close()
        return rig

    return asyncio.run(play())
