"""Follow an account: orders and executions as they happen, and over REST what nobody heard of."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from adapters.ccxt_exchange.account_reader import AccountReader
from adapters.ccxt_exchange.calls import Calls
from adapters.ccxt_exchange.channel import Channel, ChannelTerms
from adapters.ccxt_exchange.order_names import OrderNames
from adapters.ccxt_exchange.rows import Row, moment_ns, rows_of, text
from adapters.ccxt_exchange.settings import ExecutionSettings
from adapters.ccxt_exchange.stream_connection import StreamConnection
from adapters.ccxt_exchange.support import offers
from adapters.ccxt_exchange.translation import report_of
from adapters.network.backoff import Backoff
from core.ports.clock import Clock
from core.ports.venue import ExecutionSink, OrderReport
from core.types.order import Fill

_NS_PER_S: Final = 1_000_000_000
_SEEN_FILLS: Final = 20_000
_FAILURES_LIMIT: Final = 3
_SHAKY_NS: Final = 60 * _NS_PER_S
_SHAKY_POLL_S: Final = 2.0


class PrivateUpdates:
    """Is `ready` while executions are known: at the start, and after a stream was lost, they are asked for first.

    ccxt does not say when a subscription holds, so the exchange is asked for executions every few seconds as well.
    """

    def __init__(
        self,
        calls: Calls,
        reader: AccountReader,
        names: OrderNames,
        sink: ExecutionSink,
        settings: ExecutionSettings,
        clock: Clock,
        make_backoff: Callable[[], Backoff],
        venue: str,
    ) -> None:
        self.trouble = "executions were not asked for yet"
        self.malformed = 0
        self._calls = calls
        self._client = calls.client
        self._reader = reader
        self._names = names
        self._sink = sink
        self._settings = settings
        self._clock = clock
        self._make_backoff = make_backoff
        self._venue = venue
        self._known_until_ns = clock.utc_ns()
        self._streams_orders = offers(self._client, "watchOrders")
        self._streams_trades = offers(self._client, "watchMyTrades")
        self._broke_ns = 0
        self._ready = asyncio.Event()
        self._due = asyncio.Event()
        self._gaps = 0
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._live: dict[str, tuple[str, str]] = {}  # own orders that may rest: the exchange's id and the symbol
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def ready(self) -> bool:
        return self._ready.is_set()

    async def until_ready(self) -> None:
        await self._ready.wait()

    def start(self) -> None:
        connection = StreamConnection(self._client, self._lost)
        terms = ChannelTerms(failures_limit=_FAILURES_LIMIT)
        wanted = (
            ("watchOrders", self._client.watch_orders, self._take_orders),
            ("watchMyTrades", self._client.watch_my_trades, self._take_trades),
        )
        for entry, call, take in wanted:
            if offers(self._client, entry):
                channel = Channel(
                    entry,
                    call,
                    take,
                    terms=terms,
                    backoff=self._make_backoff(),
                    on_failure=self._lost,
                    replace=connection.replace,
                    told=self._calls.told,
                )
                self._tasks.append(asyncio.ensure_future(channel.run()))
        self._tasks.append(asyncio.ensure_future(self._poll()))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self._ready.clear()
        self.trouble = "stopped"

    def sent(self, client_order_id: str, venue_order_id: str, symbol: str) -> None:
        """Take note of an order that was accepted: where orders are not streamed it is asked for."""
        if not self._streams_orders:
            self._live[client_order_id] = (venue_order_id, symbol)
        if not (self._streams_orders and self._streams_trades):
            self._due.set()

    def report(self, report: OrderReport) -> None:
        if report.status.is_final:
            self._live.pop(report.client_order_id, None)
        self._sink.order_report(report)

    # streams -----------------------------------------------------------------------------------------

    def _take_orders(self, value: object) -> None:
        for row in rows_of(value, "orders"):
            try:
                if text(row, "symbol") not in self._reader.instruments:
                    continue
                report = report_of(row, self._names, self._venue, self._clock.utc_ns())
            except ValueError as error:
                self._unreadable(error)
                continue
            if report is not None:
                self.report(report)
                if not self._streams_trades:
                    self._due.set()

    def _take_trades(self, value: object) -> None:
        for row in rows_of(value, "executions"):
            if text(row, "symbol") not in self._reader.instruments:
                continue
            if (moment_ns_or_none(row) or 0) < self._known_until_ns - int(self._settings.overlap_s * _NS_PER_S):
                continue  # history that some exchanges send at the beginning
            try:
                fill = self._reader.known_fill_of(row)
            except ValueError as error:
                self._unreadable(error)
                continue
            if fill is not None:
                self._fill(fill)
            else:
                self._due.set()  # whose it is has to be asked for

    def _fill(self, fill: Fill) -> None:
        if fill.fill_id in self._seen:
            return
        self._seen[fill.fill_id] = None
        if len(self._seen) > _SEEN_FILLS:
            self._seen.popitem(last=False)
        self._sink.fill(fill)

    def _unreadable(self, error: Exception) -> None:
        self.malformed += 1
        self._lost(f"unreadable: {self._calls.told(error)}")

    def _lost(self, reason: str) -> None:
        """Close the gap over REST before new risk goes out again."""
        self._ready.clear()
        self.trouble = reason
        self._gaps += 1
        self._broke_ns = self._clock.monotonic_ns()
        self._due.set()

    # REST --------------------------------------------------------------------------------------------

    async def _poll(self) -> None:
        backoff = self._make_backoff()
        while True:
            self._due.clear()
            gaps, asked_ns = self._gaps, self._clock.utc_ns()
            try:
                await self._catch_up()
            except Exception as error:  # nothing else would ever let orders out again
                self._ready.clear()
                self.trouble = f"executions cannot be read: {self._calls.told(error)}"
                await asyncio.sleep(backoff.next_s())
                continue
            backoff.reset()
            self._known_until_ns = asked_ns
            if gaps == self._gaps:
                self.trouble = ""
                self._ready.set()
            else:
                await asyncio.sleep(self._settings.first_backoff_s)  # a stream that breaks again and again
                continue
            try:
                async with asyncio.timeout(self._poll_s()):
                    await self._due.wait()
            except TimeoutError:
                continue

    def _poll_s(self) -> float:
        """Return how long executions may go unasked: less while a stream broke lately and may be down still."""
        is_shaky = self._broke_ns and self._clock.monotonic_ns() - self._broke_ns < _SHAKY_NS
        return min(self._settings.poll_s, _SHAKY_POLL_S) if is_shaky else self._settings.poll_s

    async def _catch_up(self) -> None:
        overlap_ns = int(self._settings.overlap_s * _NS_PER_S)
        for fill in await self._reader.fills(max(0, self._known_until_ns - overlap_ns)):
            self._fill(fill)
        if self._live:
            await self._follow_orders()

    async def _follow_orders(self) -> None:
        """Ask for orders that are no longer shown as open, where orders are not streamed."""
        open_ids = {order.venue_order_id for order in await self._reader.open_orders()}
        for client_order_id, (venue_order_id, symbol) in list(self._live.items()):
            if venue_order_id in open_ids:
                continue
            row = await self._reader.find_order(venue_order_id, symbol)
            report = None if row is None else report_of(row, self._names, self._venue, self._clock.utc_ns())
            if report is None:
                del self._live[client_order_id]  # the engine's own comparison decides
            else:
                self.report(report)


def moment_ns_or_none(row: Row) -> int | None:
    """Return a row's moment, None where it has none that can be read."""
    try:
        return moment_ns(row)
    except ValueError:
        return None
