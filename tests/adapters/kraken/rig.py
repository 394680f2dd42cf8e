"""Our feed and our trading side against the loopback Kraken."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import msgspec

from adapters.kraken.endpoints import Tier, TradingSettings
from adapters.kraken.execution import KrakenExecution
from adapters.kraken.venue import build_execution, build_feed
from adapters.network.transport import NetworkTransport
from adapters.streams.dialect import StreamSettings
from adapters.streams.feed import StreamFeed
from core.book.book import Book, BookState
from core.ports.randomness import NoRandomness
from core.ports.venue import SendResult
from core.risk.verdict import Check, Hardness, approve, approve_amend
from core.types.order import OrderIntent, OrderType, Side, TimeInForce
from data.recordings.recorder import Recorder
from tests.venues.execution_records import ExecutionRecords
from tests.venues.kraken.venue import LoopbackKraken
from tests.venues.market_sink import RecordingSink
from tests.venues.news import LIMIT_S

PASSED = Check(rule="x", hardness=Hardness.HARD, unit="", limit="", observed="", passed=True)
SYMBOLS = ("BTC/USD", "ETH/USD")
D = Decimal


class WallClock:
    """This machine's clocks; `shift_ns` sets the one of the day."""

    def __init__(self) -> None:
        self.shift_ns = 0

    def utc_ns(self) -> int:
        return time.time_ns() + self.shift_ns

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()


# the feed ----------------------------------------------------------------------------------------------


@dataclass
class FeedRig:
    venue: LoopbackKraken
    sink: RecordingSink
    feed: StreamFeed

    def equal(self, symbol: str) -> bool:
        return equals(self.sink.books[symbol], self.venue)

    async def in_step(self) -> None:
        await self.sink.until(lambda: bool(self.sink.books) and all(map(self.equal, self.sink.books)))

    def asked(self, method: str, channel: str) -> list[list[str]]:
        """Return the symbols of each request of a kind."""
        return [p["symbol"] for m, p in self.venue.stream.asked if m == method and p.get("channel") == channel]


def equals(book: Book, venue: LoopbackKraken) -> bool:
    if book.state is not BookState.VALID:
        return False
    truth = venue.exchange.books[book.instrument.symbol]
    bid_ticks, bid_lots, ask_ticks, ask_lots = (levels.tolist() for levels in book.top(100))
    return (bid_ticks, bid_lots) == truth.bids.depth(100) and (ask_ticks, ask_lots) == truth.asks.depth(100)


def play_feed(
    scenario: Callable[[FeedRig], Awaitable[None]],
    *,
    recorder: Recorder | None = None,
    symbols: tuple[str, ...] = SYMBOLS,
    venue: LoopbackKraken | None = None,
    **changes: object,
) -> FeedRig:
    async def play() -> FeedRig:
        kraken, sink, transport = venue or LoopbackKraken(), RecordingSink(), NetworkTransport()
        usual = StreamSettings(symbols=(), first_backoff_s=0.001, backoff_cap_s=0.01, check_interval_s=0.01)
        async with kraken.running(), asyncio.timeout(2 * LIMIT_S):
            feed = build_feed(
                symbols, transport=transport, clock=WallClock(), randomness=NoRandomness(), endpoints=kraken.endpoints,
                settings=msgspec.structs.replace(usual, **changes), recorder=recorder,
            )  # fmt: skip
            rig = FeedRig(kraken, sink, feed)
            try:
                await feed.start(sink)
                await scenario(rig)
            finally:
                await feed.stop()
                await transport.close()
        return rig

    return asyncio.run(play())


# the trading side --------------------------------------------------------------------------------------


@dataclass
class TradeRig:
    venue: LoopbackKraken
    told: ExecutionRecords
    execution: KrakenExecution
    clock: WallClock
    ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def intent(
        self,
        side: Side = Side.BUY,
        price: str | None = "29000",
        quantity: str = "0.1",
        *,
        symbol: str = "BTC/USD",
        ioc: bool = False,
        post_only: bool = False,
        client_order_id: str | None = None,
    ) -> OrderIntent:
        return OrderIntent(
            client_order_id=client_order_id or f"skraken12-0001-{next(self.ids) + 1000}",
            venue="kraken",
            symbol=symbol,
            side=side,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            quantity=D(quantity),
            limit_price=None if price is None else D(price),
            time_in_force=TimeInForce.IOC if ioc else TimeInForce.GTC,
            post_only=post_only,
            created_ns=self.clock.utc_ns(),
        )

    async def submit(self, intent: OrderIntent) -> SendResult:
        return await self.execution.submit(approve(intent, (PASSED,)))

    async def amend(self, intent: OrderIntent, price: str, quantity: str) -> SendResult:
        changed = msgspec.structs.replace(intent, limit_price=D(price), quantity=D(quantity))
        return await self.execution.amend(approve_amend(changed, (PASSED,)))

    async def cancel(self, intent: OrderIntent) -> SendResult:
        return await self.execution.cancel(intent.client_order_id, intent.symbol)

    @property
    def open_at_venue(self) -> list[str]:
        return [order.order_id for order in self.venue.exchange.open_orders(self.venue.ours)]

    def asked(self, method: str) -> list[dict[str, str]]:
        return [fields for name, fields in self.venue.rest.asked if name == method]


def trading_settings(**changes: object) -> TradingSettings:
    usual = TradingSettings(
        symbols=SYMBOLS, tier=Tier.PRO, orders_per_s=100, orders_burst=100, request_timeout_s=2.0,
        check_interval_s=0.01, first_backoff_s=0.001, backoff_cap_s=0.01,
    )  # fmt: skip
    return msgspec.structs.replace(usual, **changes)


def play(
    scenario: Callable[[TradeRig], Awaitable[None]],
    folder: Path,
    *,
    venue: LoopbackKraken | None = None,
    is_ready: bool = True,
    **changes: object,
) -> TradeRig:
    async def run() -> TradeRig:
        kraken, told, clock, transport = venue or LoopbackKraken(), ExecutionRecords(), WallClock(), NetworkTransport()
        async with kraken.running(), asyncio.timeout(2 * LIMIT_S):
            execution = build_execution(
                kraken.credentials(), trading_settings(**changes), transport=transport, clock=clock,
                randomness=NoRandomness(), nonce_file=folder / "nonce", endpoints=kraken.endpoints,
            )  # fmt: skip
            rig = TradeRig(kraken, told, execution, clock)
            try:
                await execution.start(told)
                if is_ready:
                    await execution.until_ready()
                await scenario(rig)
            finally:
                await execution.stop()
                await transport.close()
        return rig

    return asyncio.run(run())
