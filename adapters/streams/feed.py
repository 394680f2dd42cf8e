"""The live feed of a venue whose books come over its websocket, snapshots included."""

import asyncio
from contextlib import suppress
from typing import Final

from adapters.feed_report import FeedReport
from adapters.instrument_selection import select_instruments
from adapters.network.backoff import Backoff
from adapters.network.rate_gate import RateGate
from adapters.network.request_budget import RequestBudget
from adapters.network.rest import PatientRest
from adapters.streams.book_watch import BookWatch
from adapters.streams.dialect import Dialect, StreamSettings
from adapters.streams.market_data import MarketHandler
from adapters.streams.table_reader import TableReader
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import Connection, Transport, TransportError
from core.ports.venue import MarketSink
from data.recordings.recorder import Recorder

_NS_PER_S: Final = 1_000_000_000


class StreamFeed:
    """Keeps books, trades, marks and funding of its symbols flowing into a sink; never gives up.

    Needs no keys. A lost or silent connection makes every book unreadable at once and is replaced after a growing
    delay; a book that breaks is asked for again alone.

    Parameters
    ----------
    recorder
        Writes everything received, in the form replay reads; closed by whoever made it.
    budget
        The venue's allowance for what everybody may read, shared with the trading side.
    """

    def __init__(
        self,
        dialect: Dialect,
        settings: StreamSettings,
        transport: Transport,
        clock: Clock,
        randomness: Randomness,
        *,
        recorder: Recorder | None = None,
        budget: RequestBudget | None = None,
    ) -> None:
        self.venue = dialect.venue
        self._dialect = dialect
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._randomness = randomness
        self._recorder = recorder
        self._handler: MarketHandler | None = None
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._last_message_ns = 0
        self._last_ping_ns = 0
        self._report = FeedReport(dialect.venue, clock)
        self._to_renew: dict[str, None] = {}  # what broke in this turn of the loop is asked for together
        gate = RateGate(randomness, burst=settings.reads_burst, per_s=settings.reads_per_s)
        rest = PatientRest(
            transport,
            gate,
            self._backoff,
            timeout_s=settings.request_timeout_s,
            on_trouble=self._report.trouble,
            budget=budget,
        )
        self._tables = TableReader(rest, self._backoff, clock, on_trouble=self._report.trouble, recorder=recorder)
        self._watch = BookWatch(
            self._backoff, self._renew, quiet_after_s=settings.quiet_after_s, answer_limit_s=settings.answer_limit_s
        )

    async def start(self, sink: MarketSink) -> None:
        """Learn the instruments and begin; raise UnknownSymbolError for a symbol the venue does not trade."""
        self._report.learning(sink)
        listed = await self._dialect.instruments(self._tables.read)
        picked = select_instruments(listed, self._settings.symbols, self.venue)
        self._handler = self._dialect.handler(sink, picked, resync=self._lost)
        self._task = asyncio.get_running_loop().create_task(self._run(self._handler))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self, handler: MarketHandler) -> None:
        backoff = self._backoff()
        try:
            while True:
                self._report.connecting(backoff.attempts + 1)
                try:
                    reason = await self._one_connection(handler, backoff)
                except Exception as error:  # a fault in here must not end the feed without a word
                    reason = f"fault in the feed: {error!r}"
                handler.market.connection_lost(reason, self._clock.utc_ns())
                self._report.down(reason)
                await asyncio.sleep(backoff.next_s())
        finally:
            handler.market.connection_lost("the feed was stopped", self._clock.utc_ns())
            self._report.down("stopped")

    async def _one_connection(self, handler: MarketHandler, backoff: Backoff) -> str:
        """Serve one websocket until it ends; return why."""
        url, settings, market = self._dialect.stream_url, self._settings, handler.market
        opened_ns = self._last_message_ns = self._last_ping_ns = self._clock.monotonic_ns()
        if self._recorder is not None:
            # before the first message can arrive, or a replay would forget that message
            self._recorder.connected(self._clock.utc_ns(), url)
        try:
            connection = await self._transport.connect(url, self._on_message, settings.request_timeout_s)
        except TransportError as error:
            return str(error)
        self._connection = connection
        closed = asyncio.get_running_loop().create_task(connection.closed())
        malformed_before = market.malformed
        try:
            self._watch.connected(market.symbols, opened_ns)
            for message in self._dialect.subscriptions([symbol.instrument for symbol in market.symbols.values()]):
                connection.send(message)
            while not closed.done():
                fault = self._fault(market.malformed - malformed_before)
                fault = fault or self._watch.look(market.symbols.values(), self._clock.monotonic_ns())
                if fault is not None:
                    return fault
                if self._clock.monotonic_ns() - opened_ns > settings.backoff_cap_s * _NS_PER_S:
                    # not at its first message: a venue that hangs up after it would be called twice a second
                    backoff.reset()
                self._keep_alive(connection)
                self._report_progress(handler)
                await asyncio.wait((closed,), timeout=settings.check_interval_s)
            return closed.result()
        finally:
            self._connection = None
            self._to_renew.clear()
            closed.cancel()
            await connection.close()

    def _fault(self, malformed: int) -> str | None:
        """Return why an open connection has to be replaced, None where it is sound."""
        settings = self._settings
        if self._clock.monotonic_ns() - self._last_message_ns > settings.silence_limit_s * _NS_PER_S:
            return f"no data for {settings.silence_limit_s:g} s"
        if malformed > settings.malformed_limit:
            return f"more than {settings.malformed_limit} unreadable messages"
        return None

    def _keep_alive(self, connection: Connection) -> None:
        now_ns = self._clock.monotonic_ns()
        ping = self._dialect.ping()
        if ping is not None and now_ns - self._last_ping_ns >= self._settings.ping_every_s * _NS_PER_S:
            self._last_ping_ns = now_ns
            connection.send(ping)

    def _on_message(self, raw: bytes) -> None:
        received_ns = self._clock.utc_ns()
        self._last_message_ns = self._clock.monotonic_ns()
        if self._recorder is not None:
            self._recorder.stream_message(received_ns, raw)
        assert self._handler is not None
        self._handler.handle(raw, received_ns)

    def _lost(self, venue_symbol: str) -> None:
        assert self._handler is not None
        self._watch.lost(self._handler.market.symbols[venue_symbol], self._clock.monotonic_ns())

    def _renew(self, venue_symbol: str) -> None:
        if not self._to_renew:
            asyncio.get_running_loop().call_soon(self._renew_together)
        self._to_renew[venue_symbol] = None

    def _renew_together(self) -> None:
        assert self._handler is not None
        names, symbols = list(self._to_renew), self._handler.market.symbols
        self._to_renew.clear()
        if self._connection is not None and names:
            for message in self._dialect.resubscription([symbols[name].instrument for name in names]):
                self._connection.send(message)

    def _backoff(self) -> Backoff:
        return Backoff(self._randomness, first_s=self._settings.first_backoff_s, cap_s=self._settings.backoff_cap_s)

    def _report_progress(self, handler: MarketHandler) -> None:
        symbols = list(handler.market.symbols.values())
        live = sum(symbol.is_live for symbol in symbols)
        self._report.progress(live, [symbol.latency_ns for symbol in symbols])
