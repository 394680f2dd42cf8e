"""One market of the venue: books, desk, streams and settlements together."""

from collections.abc import Callable
from decimal import Decimal

from adapters.sim.binance_protocol import spot_views, usdm_views
from adapters.sim.binance_protocol.accounts import Accounts
from adapters.sim.binance_protocol.candles import NS_PER_MS
from adapters.sim.binance_protocol.config import STEP_NS, STEPS_A_SECOND
from adapters.sim.binance_protocol.countdown import Countdowns
from adapters.sim.binance_protocol.desk import MarketDesk
from adapters.sim.binance_protocol.faults import FaultBox
from adapters.sim.binance_protocol.market_kind import MarketKind
from adapters.sim.binance_protocol.market_streams import MarketStreams
from adapters.sim.binance_protocol.order_store import OrderStore
from adapters.sim.binance_protocol.orders import AccountTrade, Execution, VenueOrder
from adapters.sim.binance_protocol.spot_clearing import SpotClearing
from adapters.sim.binance_protocol.stream_hub import StreamHub
from adapters.sim.binance_protocol.symbol_book import SymbolBook
from adapters.sim.binance_protocol.trades import AggregateTrade, PublicTrade
from adapters.sim.binance_protocol.usdm_clearing import UsdmClearing
from adapters.sim.binance_protocol.user_streams import UserStreams

STEP_S = STEP_NS / 1e9


class Market:
    """Move the books of one market step by step, and tell everybody what happens."""

    def __init__(
        self,
        kind: MarketKind,
        books: dict[str, SymbolBook],
        accounts: Accounts,
        faults: FaultBox,
        now_ms: Callable[[], int],
    ) -> None:
        self.kind = kind
        self.books = books
        self.accounts = accounts
        self.now_ms = now_ms
        self.hub = StreamHub()
        self.orders = OrderStore()
        self.usdm = UsdmClearing(books, self.orders)
        clearing = SpotClearing() if kind is MarketKind.SPOT else self.usdm
        self.desk = MarketDesk(kind, books, self.orders, clearing, self, now_ms)
        self.countdowns = Countdowns(self.desk)
        self.streams = MarketStreams(kind, books, self.hub, faults)
        self.users = UserStreams(self.hub, faults)
        self._steps = 0

    def step(self, at_ns: int) -> None:
        """Let the crowds act for one step, then do what is due."""
        at_ms = self.now_ms()
        self._steps += 1
        for book in self.books.values():
            self.desk.settle(book, book.crowd(STEP_S, at_ns), at_ms)
        if self._steps % STEPS_A_SECOND == 0:
            self._second(at_ns, at_ms)
        self.countdowns.step(at_ms)
        self.users.expire(at_ms)
        self.streams.step(self._steps, at_ms)

    def _second(self, at_ns: int, at_ms: int) -> None:
        for book in self.books.values():
            book.sim.sample_funding(1.0)
            settled = book.sim.funding.settle(at_ns) if book.sim.funding else None
            if settled is not None:
                due_ns, rate = settled
                self.settle_funding(book, due_ns // NS_PER_MS, rate, at_ms)

    def settle_funding(self, book: SymbolBook, due_ms: int, rate: float, at_ms: int) -> None:
        """Let every position of a symbol pay or get funding."""
        mark = book.mark
        book.settled.append((due_ms, rate, mark))
        for account in self.accounts:
            amount = self.usdm.pay_funding(account, book.symbol, Decimal(f"{rate:.8f}"), mark, due_ms)
            if amount:
                event = usdm_views.account_update(
                    self.usdm, account, [], reason="FUNDING_FEE", balance_change=amount, at_ms=at_ms
                )
                self.users.send(account, event)

    # what the desk tells -------------------------------------------------------------------------------

    def printed(self, book: SymbolBook, trades: list[PublicTrade], aggregates: list[AggregateTrade]) -> None:
        self.streams.printed(book, trades, aggregates)

    def order_event(
        self, book: SymbolBook, order: VenueOrder, execution: Execution, trade: AccountTrade | None, at_ms: int
    ) -> None:
        account = order.account
        if self.kind is MarketKind.SPOT:
            self.users.send(account, spot_views.execution_report(order, execution, trade, at_ms))
            self.users.send(account, spot_views.account_position(account, book, at_ms))
            return
        if trade is not None:
            self.users.send(account, usdm_views.trade_lite(book, order, trade, at_ms))
            event = usdm_views.account_update(
                self.usdm, account, [book], reason="ORDER", balance_change=Decimal(0), at_ms=at_ms
            )
            self.users.send(account, event)
        self.users.send(account, usdm_views.order_trade_update(self.usdm, book, order, execution, trade, at_ms))
