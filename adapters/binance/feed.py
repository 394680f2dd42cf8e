"""The live feed of Binance: a websocket for each path of its streams, REST for rules and snapshots."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

from adapters.binance.endpoints import FeedSettings
from adapters.binance.inference import InferredRules
from adapters.binance.instruments import read_instruments
from adapters.binance.market import BinanceMarket
from adapters.binance.market_data import BinanceMarketData
from adapters.binance.quiet_books import QuietBooks
from adapters.binance.snapshots import SnapshotFetcher
from adapters.binance.synchroniser import SyncState
from adapters.binance.wire import decode_funding_information
from adapters.feed_report import FeedReport
from adapters.instrument_selection import select_instruments
from adapters.network.backoff import Backoff
from adapters.network.rate_gate import RateGate
from adapters.network.request_budget import RequestBudget
from adapters.network.rest import PatientRest
from adapters.streams.table_reader import TableReader
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import Connection, Transport, TransportError
from core.ports.venue import MarketSink
from core.types.instrument import Instrument
from data.recordings.recorder import Recorder

T = TypeVar("T")

_NS_PER_S: Final = 1_000_000_000
_SECONDS_PER_HOUR: Final = 3600
_TABLE_WEIGHT: Final = 20  # the most that one of them weighs
# a quiet symbol sends no diff to start from: after so long its snapshot is fetched without one
_QUIET_S: Final = 1.0


class BinanceFeed:
    """Keeps books, trades, marks and funding of its symbols flowing into a sink; never gives up.

    Needs no keys. A lost or silent websocket makes every book unreadable at once, and all of them are replaced after
    a growing delay; a gap in one symbol's diffs refetches that symbol alone.

    Parameters
    ----------
    recorder
        Writes everything received, in the form replay reads; closed by whoever made it.
    budget
        The allowance of this machine's address, shared with the trading side.
    """

    def __init__(
        self,
        settings: FeedSettings,
        transport: Transport,
        clock: Clock,
        randomness: Randomness,
        *,
        recorder: Recorder | None = None,
        budget: RequestBudget | None = None,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._randomness = randomness
        self._recorder = recorder
        self._market_data: BinanceMarketData | None = None
        self._task: asyncio.Task[None] | None = None
        self._last_message_ns: list[int] = []  # of each websocket
        self._report = FeedReport(settings.market.value, clock)
        endpoints = settings.endpoints
        gate = RateGate(randomness, burst=endpoints.snapshot_burst, per_s=endpoints.snapshots_per_s)
        rest = PatientRest(
            transport, gate, self._backoff,
            timeout_s=settings.request_timeout_s, on_trouble=self._report.trouble, budget=budget,
        )  # fmt: skip
        self._tables = TableReader(
            rest, self._backoff, clock,
            weight=_TABLE_WEIGHT, on_trouble=self._report.trouble, recorder=recorder,
        )  # fmt: skip
        self._snapshots = SnapshotFetcher(
            rest, endpoints.rest("depth"), clock, self._backoff,
            weight=endpoints.snapshot_weight, on_received=self._record_rest, on_trouble=self._report.trouble,
        )  # fmt: skip
        self._quiet_books = QuietBooks(self._snapshots, int(settings.quiet_after_s * _NS_PER_S))

    @property
    def venue(self) -> str:
        return self._settings.market.value

    async def start(self, sink: MarketSink) -> None:
        """Learn the instruments and begin; raise UnknownSymbolError for a symbol the venue does not trade."""
        self._report.learning(sink)
        instruments = await self._instruments()
        self._market_data = BinanceMarketData(
            self._settings.market, sink, instruments, request_snapshot=self._request_snapshot
        )
        self._task = asyncio.get_running_loop().create_task(self._run(self._market_data))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _instruments(self) -> list[Instrument]:
        settings = self._settings
        intervals_s = await self._funding_intervals_s()
        listed = await self._read(
            "exchangeInfo", lambda body: read_instruments(settings.market, body, funding_intervals_s=intervals_s)
        )
        picked = select_instruments(listed, settings.symbols, self.venue)
        return [await self._on_the_grid_of_its_book(instrument) for instrument in picked]

    async def _on_the_grid_of_its_book(self, instrument: Instrument) -> Instrument:
        # levels from before the tick was coarsened would otherwise make every snapshot unreadable
        _, body = await self._snapshots.fetch(instrument.venue_symbol)
        seen = InferredRules(self._settings.market)
        seen.see(body, instrument.venue_symbol)
        return seen.refine(instrument)

    async def _funding_intervals_s(self) -> dict[str, int]:
        if self._settings.market is BinanceMarket.SPOT:
            return {}
        rows = await self._read("fundingInfo", decode_funding_information)
        return {row.symbol: row.funding_interval_hours * _SECONDS_PER_HOUR for row in rows}

    async def _read(self, name: str, decode: Callable[[bytes], T]) -> T:
        return await self._tables.read(self._settings.endpoints.rest(name), {}, decode)

    async def _run(self, market_data: BinanceMarketData) -> None:
        backoff = self._backoff()
        urls = self._settings.endpoints.combined_streams(list(market_data.symbols), self._settings.channels)
        try:
            while True:
                self._report.connecting(backoff.attempts + 1)
                try:
                    reason = await self._one_connection(market_data, urls, backoff)
                except Exception as error:  # a fault in here must not end the feed without a word
                    reason = f"fault in the feed: {error!r}"
                market_data.connection_lost(reason, self._clock.utc_ns())
                self._quiet_books.reset()
                await self._snapshots.cancel_all()
                self._report.down(reason)
                await asyncio.sleep(backoff.next_s())
        finally:
            self._quiet_books.reset()
            await self._snapshots.cancel_all()
            market_data.connection_lost("the feed was stopped", self._clock.utc_ns())
            self._report.down("stopped")

    async def _one_connection(self, market_data: BinanceMarketData, urls: tuple[str, ...], backoff: Backoff) -> str:
        """Serve one websocket for each address until the first of them ends; return why."""
        opened_ns = self._clock.monotonic_ns()
        self._last_message_ns = [opened_ns for _ in urls]
        if self._recorder is not None:
            # before the first message can arrive, or a replay would forget that message
            for url in urls:
                self._recorder.connected(self._clock.utc_ns(), url)
        connections: list[Connection] = []
        ends: list[asyncio.Task[str]] = []
        try:
            for number, url in enumerate(urls):
                take = partial(self._on_message, number)
                connections.append(await self._transport.connect(url, take, self._settings.request_timeout_s))
                ends.append(asyncio.get_running_loop().create_task(connections[-1].closed()))
            return await self._watch(market_data, ends, opened_ns, backoff)
        except TransportError as error:
            return str(error)
        finally:
            for end in ends:
                end.cancel()
            for connection in connections:
                await connection.close()

    async def _watch(
        self, market_data: BinanceMarketData, ends: list[asyncio.Task[str]], opened_ns: int, backoff: Backoff
    ) -> str:
        malformed_before = market_data.malformed
        while True:
            ended = next((end for end in ends if end.done()), None)
            if ended is not None:
                return ended.result()
            fault = self._fault(market_data, malformed_before)
            if fault is not None:
                return fault
            if min(self._last_message_ns) > opened_ns:
                backoff.reset()
            if self._clock.monotonic_ns() - opened_ns > _QUIET_S * _NS_PER_S:
                self._fetch_quiet(market_data)
            self._report_progress(market_data)
            await asyncio.wait(ends, timeout=self._settings.check_interval_s, return_when=asyncio.FIRST_COMPLETED)

    def _fault(self, market_data: BinanceMarketData, malformed_before: int) -> str | None:
        """Return why an open connection has to be replaced, None where it is sound."""
        settings = self._settings
        if self._clock.monotonic_ns() - min(self._last_message_ns) > settings.silence_limit_s * _NS_PER_S:
            return f"no data for {settings.silence_limit_s:g} s"
        if market_data.malformed - malformed_before > settings.malformed_limit:
            return f"more than {settings.malformed_limit} unreadable messages"
        return self._quiet_books.dead_channel(market_data, self._clock.utc_ns())

    def _fetch_quiet(self, market_data: BinanceMarketData) -> None:
        for name, symbol in market_data.symbols.items():
            if symbol.synchroniser.state is SyncState.BUFFERING:
                self._snapshots.bring_up_to_date(market_data, name)

    def _on_message(self, number: int, raw: bytes) -> None:
        received_ns = self._clock.utc_ns()
        self._last_message_ns[number] = self._clock.monotonic_ns()
        if self._recorder is not None:
            self._recorder.stream_message(received_ns, raw)
        assert self._market_data is not None
        self._market_data.handle(raw, received_ns)

    def _request_snapshot(self, venue_symbol: str) -> None:
        assert self._market_data is not None
        self._snapshots.bring_up_to_date(self._market_data, venue_symbol)

    def _record_rest(self, received_ns: int, url: str, body: bytes) -> None:
        if self._recorder is not None:
            self._recorder.rest_answer(received_ns, url, body)

    def _backoff(self) -> Backoff:
        return Backoff(self._randomness, first_s=self._settings.first_backoff_s, cap_s=self._settings.backoff_cap_s)

    def _report_progress(self, market_data: BinanceMarketData) -> None:
        symbols = list(market_data.symbols.values())
        live = sum(symbol.synchroniser.state is SyncState.LIVE for symbol in symbols)
        self._report.progress(live, [symbol.latency_ns for symbol in symbols])
