"""The live feed of an exchange of ccxt."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Final

from adapters.ccxt_exchange.calls import Calls, budget_of
from adapters.ccxt_exchange.channel import Channel
from adapters.ccxt_exchange.channel_plan import BOOK, ChannelPlan, plan_channels
from adapters.ccxt_exchange.client import open_client
from adapters.ccxt_exchange.library import Client
from adapters.ccxt_exchange.market_listing import FINAL, pick
from adapters.ccxt_exchange.outcomes import told_of
from adapters.ccxt_exchange.profile import PROFILES
from adapters.ccxt_exchange.settings import ExchangeSettings, FeedSettings
from adapters.ccxt_exchange.stream_connection import StreamConnection
from adapters.ccxt_exchange.support import demand_offered
from adapters.ccxt_exchange.symbol_market import SymbolMarket
from adapters.ccxt_exchange.venue_clock import VenueClock, tells_time
from adapters.network.backoff import Backoff
from adapters.network.closing import Closing
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.venue import MarketSink
from core.types.instrument import Instrument
from core.types.market import FeedState, FeedStatus

MakeClient = Callable[[], Awaitable[Client]]
_REPORT_EVERY_S: Final = 0.5


class CcxtFeed:
    """Keeps books, trades, marks and funding of its symbols flowing into a sink; needs no keys and never gives up."""

    def __init__(
        self,
        exchange: ExchangeSettings,
        settings: FeedSettings,
        clock: Clock,
        randomness: Randomness,
        *,
        make_client: MakeClient | None = None,
        closing: Closing | None = None,
    ) -> None:
        self.venue = exchange.venue
        self.symbols: dict[str, SymbolMarket] = {}
        self._exchange = exchange
        self._settings = settings
        self._clock = clock
        self._randomness = randomness
        self._closing = closing
        self._make_client = make_client or (lambda: open_client(exchange))
        self._client: Client | None = None
        self._venue_clock: VenueClock | None = None
        self._sink: MarketSink | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._last_trouble = ""

    async def start(self, sink: MarketSink) -> None:
        """Learn the instruments and begin.

        Raises ExchangeRefusedError, UnsupportedMarketError or UnknownSymbolError for what cannot be followed.
        """
        self._sink = sink
        self._report(FeedState.CONNECTING, "loading ccxt")
        client = self._client = await self._make_client()
        try:
            demand_offered(client)
            instruments = await self._instruments(client)
        except BaseException:
            await self.stop()
            raise
        calls = Calls(client, budget_of(client, self._randomness, self._closing), (), self._exchange.request_timeout_s)
        profile = PROFILES.get(self._exchange.exchange)
        for instrument in instruments:
            self.symbols[instrument.symbol] = SymbolMarket(
                instrument,
                sink.add_instrument(instrument),
                sink,
                depth=self._settings.depth,
                began_ns=self._clock.utc_ns(),
                funding_interval_s=None if profile is None else profile.funding_interval_s,
            )
        if tells_time(client):
            look_s, ask_s = self._settings.clock_look_s, self._settings.clock_ask_s
            self._venue_clock = VenueClock(client, calls, self._clock, look_every_s=look_s, ask_every_s=ask_s)
            self._tasks.append(asyncio.ensure_future(self._venue_clock.run()))
        connection = StreamConnection(client, self._lost)
        for market in self.symbols.values():
            for channel in self._channels(market, calls, connection):
                self._tasks.append(asyncio.ensure_future(channel.run()))
        self._tasks.append(asyncio.ensure_future(self._watch_progress(connection)))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self._lost("the feed was stopped")
        if self._client is not None:
            with suppress(Exception):
                await self._client.close()
            self._client = None

    # inside ------------------------------------------------------------------------------------------

    async def _instruments(self, client: Client) -> list[Instrument]:
        backoff = self._backoff()
        while True:
            try:
                return await pick(client, self._exchange)
            except FINAL:
                raise
            except Exception as error:  # the network, or a table that cannot be read: the exchange may come back
                self._report(FeedState.CONNECTING, f"instruments: {told_of(error, ())}")
                await asyncio.sleep(backoff.next_s())

    def _channels(self, market: SymbolMarket, calls: Calls, connection: StreamConnection) -> Iterator[Channel]:
        for plan in plan_channels(market, calls, self._settings):
            yield Channel(
                f"{plan.name} of {market.instrument.symbol}",
                plan.call,
                self._taker(plan),
                terms=plan.terms,
                backoff=self._backoff(),
                on_failure=partial(self._failed, market, is_book=plan.name == BOOK),
                replace=connection.replace,
                told=calls.told,
                is_quiet=plan.is_quiet,
            )

    def _taker(self, plan: ChannelPlan) -> Callable[[object], None]:
        return lambda value: plan.take(value, self._clock.utc_ns())

    def _failed(self, market: SymbolMarket, reason: str, *, is_book: bool) -> None:
        self._last_trouble = reason
        if is_book:
            market.lost(reason, self._clock.utc_ns())

    def _lost(self, reason: str) -> None:
        for market in self.symbols.values():
            market.lost(reason, self._clock.utc_ns())
        self._report(FeedState.DOWN, reason)

    async def _watch_progress(self, connection: StreamConnection) -> None:
        limit = self._settings.malformed_limit
        while True:
            for market in self.symbols.values():
                if market.malformed_in_a_row > limit:
                    market.malformed_in_a_row = 0
                    await connection.replace(f"more than {limit} malformed messages, the last: {market.last_error}")
            self._report_progress()
            await asyncio.sleep(_REPORT_EVERY_S)

    def _report_progress(self) -> None:
        markets = list(self.symbols.values())
        live = sum(market.is_live for market in markets)
        malformed = sum(market.malformed for market in markets)
        latencies = sorted(market.latency_ns for market in markets if market.latency_ns is not None)
        if live == len(markets):
            self._last_trouble = ""
        detail = f"{live} of {len(markets)} books live"
        if malformed:
            last = next(market.last_error for market in markets if market.last_error)
            detail += f"; {malformed} malformed, e.g. {last}"
        if self._last_trouble:
            detail += f"; {self._last_trouble}"
        state = FeedState.UP if live else FeedState.CONNECTING
        self._report(state, detail, latencies[len(latencies) // 2] if latencies else None)

    def _backoff(self) -> Backoff:
        return Backoff(self._randomness, first_s=self._settings.first_backoff_s, cap_s=self._settings.backoff_cap_s)

    def _report(self, state: FeedState, detail: str, latency_ns: int | None = None) -> None:
        if self._sink is not None:
            ahead_ns = None if self._venue_clock is None else self._venue_clock.ahead_ns
            self._sink.feed_status(FeedStatus(self.venue, state, detail, latency_ns, self._clock.utc_ns(), ahead_ns))
