"""The adapter on the fake TWS, with sinks that let a test wait for what is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from adapters.interactive_brokers.execution import InteractiveBrokersExecution
from adapters.interactive_brokers.feed import InteractiveBrokersFeed
from adapters.interactive_brokers.history import InteractiveBrokersHistory
from adapters.interactive_brokers.settings import InteractiveBrokersSettings
from adapters.interactive_brokers.venue import build_connection, build_execution, build_feed, build_history
from core.book.book import Book, BookState
from core.ports.randomness import NoRandomness
from core.risk.verdict import Approved, ApprovedAmend, Check, Hardness, approve, approve_amend
from core.types.market import FeedState
from core.types.order import OrderIntent, OrderType, Side, TimeInForce
from tests.venues.execution_records import ExecutionRecords
from tests.venues.interactive_brokers.fake_tws import FakeTws
from tests.venues.market_sink import RecordingSink

VENUE = "interactive_brokers"
PASSED = (Check(rule="test", hardness=Hardness.HARD, unit="", limit="", observed="", passed=True),)


def at_ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


class HandClock:
    """Utc where a test puts it; the steady clock is the loop's own."""

    def __init__(self, text: str = "2026-11-23T15:30:00") -> None:  # a Monday, New York is open
        self.now_ns = at_ns(text)

    def utc_ns(self) -> int:
        return self.now_ns

    def monotonic_ns(self) -> int:
        return int(asyncio.get_running_loop().time() * 1e9)


class Rig:
    def __init__(self, tws: FakeTws, clock: HandClock, **changes: Any) -> None:
        self.tws = tws
        self.clock = clock
        self.settings = settings_for(tws, **changes)
        self.connection = build_connection(self.settings, clock=clock, randomness=NoRandomness())
        self.history: InteractiveBrokersHistory = build_history(self.connection, randomness=NoRandomness())
        self.feed: InteractiveBrokersFeed = build_feed(self.connection, self.history)
        self.execution: InteractiveBrokersExecution = build_execution(self.connection, self.feed)
        self.market = RecordingSink()
        self.log = ExecutionRecords()

    @property
    def book(self) -> Book:
        return self.market.books["NVDA"]

    @property
    def state(self) -> FeedState:
        return self.market.statuses[-1].state

    async def until_quoted(self) -> None:
        await self.market.until(
            lambda: self.book.state is BookState.VALID and None not in {self.book.best_bid(), self.book.best_ask()}
        )

    async def start(self) -> None:
        await self.feed.start(self.market)
        await self.execution.start(self.log)

    async def stop(self) -> None:
        await self.execution.stop()
        await self.feed.stop()


def settings_for(tws: FakeTws, **changes: Any) -> InteractiveBrokersSettings:
    given: dict[str, Any] = {
        "symbols": ("NVDA",), "port": tws.port, "history": {}, "first_retry_s": 0.02, "look_every_s": 0.02,
        "cancel_look_s": 0.01, "ask_again_s": 0.02, "messages_per_s": 10_000.0,
    }  # fmt: skip
    return InteractiveBrokersSettings(**{**given, **changes})


@asynccontextmanager
async def trading(clock: HandClock | None = None, *, chunk: int = 7, **changes: Any) -> AsyncIterator[Rig]:
    """Run a fake TWS with NVDA at 150.10 / 150.12, and the adapter on it."""
    async with FakeTws(chunk=chunk) as tws:
        tws.exchange.quote("NVDA", "150.10", 300, "150.12", 200)
        rig = Rig(tws, clock or HandClock(), **changes)
        await rig.start()
        try:
            yield rig
        finally:
            await rig.stop()


def intent(
    name: str,
    side: Side = Side.BUY,
    quantity: int | str = 10,
    price: str | None = "150.12",
    *,
    ioc: bool = False,
    reduce_only: bool = False,
    post_only: bool = False,
    symbol: str = "NVDA",
) -> OrderIntent:
    return OrderIntent(
        client_order_id=name,
        venue=VENUE,
        symbol=symbol,
        side=side,
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        quantity=Decimal(quantity),
        limit_price=None if price is None else Decimal(price),
        time_in_force=TimeInForce.IOC if ioc else TimeInForce.GTC,
        reduce_only=reduce_only,
        post_only=post_only,
        created_ns=0,
    )


def order(*args: Any, **kwargs: Any) -> Approved:
    return approve(intent(*args, **kwargs), PASSED)


def amended(*args: Any, **kwargs: Any) -> ApprovedAmend:
    return approve_amend(intent(*args, **kwargs), PASSED)
