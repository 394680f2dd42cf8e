"""A venue on a loopback socket: its feed is fed by the benchmark, its trading side writes orders to a real socket."""

import asyncio
import time
from decimal import Decimal
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.book.book import Book
from core.ports.clock import Clock
from core.ports.venue import AmendSupport, ExecutionSink, MarketSink, OrderReport, SendOutcome, SendResult
from core.risk.verdict import Approved, ApprovedAmend
from core.types.account import AccountReport, Balance
from core.types.instrument import Instrument
from core.types.market import FeedState, FeedStatus
from core.types.order import OrderStatus

Columns = tuple[NDArray[np.int64], NDArray[np.int64]]
CASH: Final = Decimal(1_000_000)


class LoopbackFeed:
    """A `Feed` whose book is written by whoever holds it."""

    def __init__(self, instrument: Instrument, bids: Columns, asks: Columns, sequence: int, clock: Clock) -> None:
        self.venue = instrument.venue
        self._instrument = instrument
        self._snapshot = (bids, asks, sequence)
        self._clock = clock
        self.book: Book | None = None
        self.sink: MarketSink | None = None

    async def start(self, sink: MarketSink) -> None:
        (bids, asks, sequence), now_ns = self._snapshot, self._clock.utc_ns()
        self.sink, self.book = sink, sink.add_instrument(self._instrument)
        self.book.apply_snapshot(*bids, *asks, sequence=sequence, venue_ns=0, received_ns=now_ns)
        sink.feed_status(FeedStatus(self.venue, FeedState.UP, "", None, now_ns))
        sink.book_changed(self._instrument.id)

    async def stop(self) -> None: ...


class LoopbackExecution:
    """An `ExecutionVenue`: each order is a line on a socket; it is taken, acknowledged and cancelled at once."""

    def __init__(self, venue: str, clock: Clock) -> None:
        self.venue = venue
        self._clock = clock
        self._encoder = msgspec.json.Encoder()
        self._sink: ExecutionSink | None = None
        self._server: asyncio.Server | None = None
        self.on_wire_ns: asyncio.Queue[int] = asyncio.Queue()

    async def start(self, sink: ExecutionSink) -> None:
        self._sink = sink
        self._server = await asyncio.start_server(_acknowledge, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        self._reader, self._writer = await asyncio.open_connection(host, port)

    async def stop(self) -> None:
        if self._server is not None:
            self._writer.close()
            self._server.close()

    async def submit(self, approved: Approved) -> SendResult:
        intent = approved.intent
        self._writer.write(self._encoder.encode(intent) + b"\n")  # an empty buffer goes to the kernel at once
        on_wire_ns = time.perf_counter_ns()
        await self._reader.readline()
        assert self._sink is not None
        self._sink.order_report(
            OrderReport(
                client_order_id=intent.client_order_id, venue=self.venue, status=OrderStatus.CANCELLED,
                venue_ns=self._clock.utc_ns(),
            )
        )  # fmt: skip
        self.on_wire_ns.put_nowait(on_wire_ns)
        return SendResult(SendOutcome.ACCEPTED, venue_order_id=intent.client_order_id)

    async def cancel(self, client_order_id: str, symbol: str) -> SendResult:  # noqa: ARG002 - the port's signature
        return SendResult(SendOutcome.REJECTED, "nothing rests here")

    @property
    def amend_support(self) -> AmendSupport:
        return AmendSupport.REPLACE

    async def amend(self, approved: ApprovedAmend) -> SendResult:  # noqa: ARG002 - the port's signature
        return SendResult(SendOutcome.REJECTED, "nothing rests here")

    async def cancel_all(self) -> SendResult:
        return SendResult(SendOutcome.ACCEPTED)

    async def account(self, since_ns: int) -> AccountReport:  # noqa: ARG002 - the port's signature
        return AccountReport(
            venue=self.venue, balances=(Balance("USDT", CASH, CASH),), positions=(), open_orders=(), fills=(),
            funding=(), at_ns=self._clock.utc_ns(),
        )  # fmt: skip


async def _acknowledge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line)
    writer.close()
