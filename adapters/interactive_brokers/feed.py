"""The market-data side: quotes and trades of the configured stocks."""

import asyncio
from contextlib import suppress
from typing import Final

from adapters.interactive_brokers.catalogue import Meaning
from adapters.interactive_brokers.connection import Connection
from adapters.interactive_brokers.history import InteractiveBrokersHistory
from adapters.interactive_brokers.instruments import ListedStock, read_stocks
from adapters.interactive_brokers.listener import Listener
from adapters.interactive_brokers.quotes import KINDS, LAST_TRADE, LIVE, Quotes
from adapters.interactive_brokers.session import RequestRefusedError, Session
from adapters.network.request_budget import Purpose
from core.ports.venue import MarketSink
from core.types.market import FeedState, FeedStatus

_WITH_TRADES: Final = "233"  # the generic tick that brings every last trade with its time and size
_BLIND: Final = frozenset({Meaning.NO_DATA, Meaning.DELAYED, Meaning.REJECTED, Meaning.REFUSED, Meaning.PACING})


class InteractiveBrokersFeed(Listener):
    """Writes what IB quotes live, and nothing else: delayed, frozen and lost quotes make a book unreadable."""

    def __init__(self, connection: Connection, history: InteractiveBrokersHistory) -> None:
        self._connection = connection
        self._clock = connection.clock
        self._history = history
        self._sink: MarketSink | None = None
        self._stocks: list[ListedStock] = []
        self._quotes: dict[str, Quotes] = {}
        self._by_number: dict[int, Quotes] = {}
        self._broken_farms: dict[str, None] = {}
        self._asked_ns = 0
        self._said: tuple[FeedState, str] | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def venue(self) -> str:
        return self._connection.settings.venue

    @property
    def stocks(self) -> list[ListedStock]:
        """Return what is followed, with IB's own names; none before the feed has started."""
        return self._stocks

    async def start(self, sink: MarketSink) -> None:
        """Learn the instruments and begin; raise UnknownStockError for a symbol IB does not trade."""
        self._sink = sink
        await self._connection.open(self)
        try:
            while not self._stocks:
                session = await self._connection.ready()
                with suppress(ConnectionError, TimeoutError):  # it said why when it was lost
                    await self._learn(session)
                    await self._subscribe(session)
                    await self._history.load(self._stocks)
        except BaseException:
            await self._connection.close(self)
            raise
        self._task = asyncio.get_running_loop().create_task(self._look())

    async def stop(self) -> None:
        if self._task is None:
            return
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._task = None
        await self._connection.close(self)
        self.disconnected("the feed was stopped")

    async def _learn(self, session: Session) -> None:
        stocks = await read_stocks(session, self._connection.settings, self._clock.utc_ns())
        assert self._sink is not None
        for stock in stocks:
            symbol, book = stock.instrument.symbol, self._sink.add_instrument(stock.instrument)
            known = self._quotes.get(symbol)
            if known is None or known.book is not book or known.instrument != stock.instrument:
                self._quotes[symbol] = Quotes(stock.instrument, book)
        self._stocks = stocks

    # what the connection tells -------------------------------------------------------------------------------------

    async def connected(self, session: Session) -> None:
        if self._stocks:  # rules and hours again: days are announced, ticks change
            await self._learn(session)
            await self._subscribe(session)

    async def broker_restored(self, session: Session) -> None:
        if self._stocks:
            await self._subscribe(session)

    async def _subscribe(self, session: Session) -> None:
        """Ask for every stock's quotes anew: what did not change while nothing came would not be said again."""
        client, budget = session.client, self._connection.budget
        self._broken_farms.clear()
        self._asked_ns = self._clock.monotonic_ns()
        for number in self._by_number:
            await budget.take(1, Purpose.READ)
            session.client.cancelMktData(number)
        self._by_number.clear()
        await budget.take(1, Purpose.READ)
        client.reqMarketDataType(LIVE)
        for stock in self._stocks:
            await budget.take(1, Purpose.READ)
            quotes, number = self._quotes[stock.instrument.symbol], session.client.getReqId()
            quotes.unblock()
            self._by_number[number] = quotes
            session.client.reqMktData(number, stock.contract, _WITH_TRADES, False, False, "")
        self._judge()

    def connecting(self, detail: str) -> None:
        self._report(FeedState.CONNECTING, detail)

    def disconnected(self, reason: str) -> None:
        if self._connection.session is None:
            self._by_number.clear()
        self._block_all(reason)
        self._report(FeedState.DOWN, reason)

    def farm(self, name: str, *, is_broken: bool) -> None:
        if is_broken:
            self._broken_farms[name] = None
            self._block_all(f"market data farm {name} is broken")
        else:
            self._broken_farms.pop(name, None)
            if not self._broken_farms:
                self._asked_ns = 0  # the next look asks anew
        self._judge()

    def said(self, number: int, code: int, meaning: Meaning, text: str) -> None:
        quotes = self._by_number.get(number)
        if quotes is not None and (meaning in _BLIND or meaning is Meaning.UNKNOWN):
            self._block(quotes, f"IB {code}: {text}")

    def market_data_type(self, number: int, kind: int) -> None:
        quotes = self._by_number.get(number)
        if quotes is None:
            return
        if kind != LIVE:
            self._block(quotes, f"{KINDS.get(kind, str(kind))} data, not live")
        elif quotes.blocked and not self._broken_farms:
            quotes.unblock()
            self._judge()

    def tick(self, number: int, kind: int, price: float | None, size: float | None) -> None:
        quotes = self._by_number.get(number)
        if quotes is None:
            return
        try:
            changed = quotes.tick(kind, price, size, self._clock.utc_ns())
        except ValueError as error:  # a price between two ticks: the rules that were read do not hold
            self._block(quotes, str(error))
            return
        if changed and self._sink is not None:
            self._sink.book_changed(quotes.instrument.id)

    def text_tick(self, number: int, kind: int, text: str) -> None:
        quotes = self._by_number.get(number)
        if quotes is None or kind != LAST_TRADE or self._sink is None:
            return
        trade = quotes.trade(text, self._clock.utc_ns())
        if trade is not None:
            self._sink.trade(trade)

    # state ---------------------------------------------------------------------------------------------------------

    def _block(self, quotes: Quotes, reason: str) -> None:
        quotes.block(reason, self._clock.utc_ns())
        if self._sink is not None:
            self._sink.book_changed(quotes.instrument.id)
        self._judge()

    def _block_all(self, reason: str) -> None:
        for quotes in self._quotes.values():
            quotes.block(reason, self._clock.utc_ns())
            if self._sink is not None:
                self._sink.book_changed(quotes.instrument.id)

    async def _look(self) -> None:
        """Look at market hours, and ask again for quotes that were refused."""
        settings = self._connection.settings
        while True:
            await asyncio.sleep(settings.look_every_s)
            session = self._connection.session
            if session is None:
                continue
            waited_s = (self._clock.monotonic_ns() - self._asked_ns) / 1e9
            if waited_s >= settings.ask_again_s and any(each.blocked for each in self._quotes.values()):
                with suppress(ConnectionError, RequestRefusedError):
                    await self._subscribe(session)
            self._judge()

    def _judge(self) -> None:
        if self._connection.session is None:
            return
        now_ns = self._clock.utc_ns()
        blocked = [f"{symbol}: {each.blocked}" for symbol, each in self._quotes.items() if each.blocked]
        if self._quotes and not any(each.instrument.market_hours.is_open(now_ns) for each in self._quotes.values()):
            self._report(FeedState.CLOSED, "market closed")
        elif blocked and len(blocked) == len(self._quotes):
            self._report(FeedState.DOWN, blocked[0])
        else:
            self._report(FeedState.UP, "; ".join(blocked[:3]))

    def _report(self, state: FeedState, detail: str) -> None:
        if self._sink is None or (state, detail) == self._said:
            return
        self._said = (state, detail)
        status = FeedStatus(self.venue, state, detail, self._connection.latency_ns, self._clock.utc_ns())
        self._sink.feed_status(status)
