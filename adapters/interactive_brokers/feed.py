"""The market-data side: quotes and trades of the configured stocks."""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from adapters.interactive_brokers.catalogue import Meaning
from adapters.interactive_brokers.connection import Connection
from adapters.interactive_brokers.history import InteractiveBrokersHistory
from adapters.interactive_brokers.instruments import ListedStock, UnknownStockError, read_stocks
from adapters.interactive_brokers.listener import Listener
from adapters.interactive_brokers.quotes import KINDS, LAST_TRADE, LIVE, Quotes
from adapters.interactive_brokers.session import RequestRefusedError, Session
from adapters.network.request_budget import Purpose
from core.ports.venue import MarketSink
from core.types.market import FeedState, FeedStatus

_log = logging.getLogger(__name__)
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
        self._by_number: dict[int, Quotes] = {}  # of the requests of this session
        self._numbers: dict[str, int] = {}
        self._session: Session | None = None
        self._broken_farms: dict[str, None] = {}
        self._asked_ns = 0
        self._said: tuple[FeedState, str] | None = None
        self._task: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None

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
        try:
            await self._connection.open(self)
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
        self._reading = asyncio.get_running_loop().create_task(self._keep_history())

    async def stop(self) -> None:
        if self._task is None or self._reading is None:
            return
        self._task.cancel()
        self._reading.cancel()
        await asyncio.gather(self._task, self._reading, return_exceptions=True)
        self._task = self._reading = None
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
        if not self._stocks:
            return
        try:  # rules and hours again: days are announced, ticks change
            await self._learn(session)
        except (UnknownStockError, RequestRefusedError) as error:
            _log.warning("%s: rules from before stay in use: %s", self.venue, error)
        await self._subscribe(session)
        self._history.is_due.set()

    async def broker_restored(self, session: Session) -> None:
        if self._stocks:
            await self._subscribe(session)
            self._history.is_due.set()

    async def _subscribe(self, session: Session) -> None:
        """Ask for every stock's quotes anew: what did not change while nothing came would not be said again."""
        self._broken_farms.clear()
        self._asked_ns = self._clock.monotonic_ns()
        if session is not self._session:
            self._session = session
            self._by_number.clear()
            self._numbers.clear()
        await self._connection.budget.take(1, Purpose.READ)
        session.client.reqMarketDataType(LIVE)
        for stock in self._stocks:
            self._quotes[stock.instrument.symbol].unblock(self._clock.utc_ns())
            await self._ask(session, stock)
        self._judge()

    async def _ask(self, session: Session, stock: ListedStock) -> None:
        """Ask for one stock's quotes; what was asked before is given up, for IB counts it."""
        budget, symbol = self._connection.budget, stock.instrument.symbol
        before = self._numbers.pop(symbol, None)
        if before is not None:
            self._by_number.pop(before, None)
            await budget.take(1, Purpose.READ)
            session.client.cancelMktData(before)
        await budget.take(1, Purpose.READ)
        number = session.client.getReqId()
        self._numbers[symbol], self._by_number[number] = number, self._quotes[symbol]
        session.client.reqMktData(number, stock.contract, _WITH_TRADES, False, False, "")

    def connecting(self, detail: str) -> None:
        self._report(FeedState.CONNECTING, detail)

    def disconnected(self, reason: str) -> None:
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
        elif quotes.blocked and not self._broken_farms and self._connection.session is not None:
            quotes.unblock(self._clock.utc_ns())
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
        """Look at market hours, ask again for quotes that were refused and for those that are quiet."""
        while True:
            await asyncio.sleep(self._connection.settings.look_every_s)
            session = self._connection.session
            if session is None:
                continue
            try:
                await self._ask_again(session)
            except (ConnectionError, TimeoutError):
                continue  # the connection says why
            except Exception as error:  # a fault in here must not end the feed without a word
                session.close(f"fault in the feed: {type(error).__name__}: {error}")
            self._judge()

    async def _keep_history(self) -> None:
        """Read past bars again every so often and after each gap: a series that begins later shall have no hole."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._connection.settings.history_every_s):
                    await self._history.is_due.wait()
            self._history.is_due.clear()
            try:
                await self._history.load(self._stocks)
            except (ConnectionError, TimeoutError):
                continue  # the connection says why, and the next one sets it due
            except Exception:  # of bars that cannot be read: live quotes go on
                _log.exception("%s: past bars could not be read", self.venue)

    async def _ask_again(self, session: Session) -> None:
        settings, now_ns = self._connection.settings, self._clock.utc_ns()
        waited_s = (self._clock.monotonic_ns() - self._asked_ns) / 1e9
        if waited_s >= settings.ask_again_s and any(each.blocked for each in self._quotes.values()):
            await self._subscribe(session)
            return
        for stock in self._stocks:
            quotes = self._quotes[stock.instrument.symbol]
            is_open = stock.instrument.market_hours.is_open(now_ns)
            if is_open and not quotes.blocked and quotes.quiet_s(now_ns) >= settings.quiet_after_s:
                quotes.asked_ns = now_ns
                await self._ask(session, stock)

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
