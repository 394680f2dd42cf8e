"""The trading desk of one market: admits orders of all accounts into one book a symbol, books what matched."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import count
from typing import Final, Protocol

from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.api_error import ApiError, filter_failure, invalid_symbol, unknown_order
from adapters.sim.binance_protocol.clearing import Clearing, Wanted
from adapters.sim.binance_protocol.market_kind import MarketKind
from adapters.sim.binance_protocol.matching_look import fillable_lots, first_of, lots_for_quote, value_of
from adapters.sim.binance_protocol.order_filters import MOST_ORDERS, check_order
from adapters.sim.binance_protocol.order_store import OrderStore
from adapters.sim.binance_protocol.orders import AccountTrade, Execution, OrderRequest, Status, Stp, VenueOrder
from adapters.sim.binance_protocol.symbol_book import SymbolBook
from adapters.sim.binance_protocol.trades import AggregateTrade, PublicTrade
from adapters.venue_desk.desk_execution import FIRST_OWN_ID
from core.matching.events import Cancelled, MatchEvent, MatchKind, MatchReason

_NOT_AS_MAKER: Final = (
    -5022,
    "Due to the order could not be executed as maker, the Post Only order will be rejected. "
    "The order will not be recorded in the order history.",
)


class DeskListener(Protocol):
    """Hears what happens, in order."""

    def printed(self, book: SymbolBook, trades: list[PublicTrade], aggregates: list[AggregateTrade]) -> None: ...

    def order_event(
        self, book: SymbolBook, order: VenueOrder, execution: Execution, trade: AccountTrade | None, at_ms: int
    ) -> None: ...


class MarketDesk:
    def __init__(
        self,
        kind: MarketKind,
        books: Mapping[str, SymbolBook],
        orders: OrderStore,
        clearing: Clearing,
        listener: DeskListener,
        now_ms: Callable[[], int],
    ) -> None:
        self.kind = kind
        self.books = books
        self.orders = orders
        self._clearing = clearing
        self._listener = listener
        self._now_ms = now_ms
        self._ids = count(FIRST_OWN_ID)
        self._names = count(1)

    def book(self, symbol: str) -> SymbolBook:
        book = self.books.get(symbol)
        if book is None:
            raise invalid_symbol()
        return book

    def fresh_client_id(self) -> str:
        return f"rehearsal{next(self._names)}"

    # new orders ----------------------------------------------------------------------------------------

    def check(self, account: Account, request: OrderRequest) -> tuple[SymbolBook, Decimal]:
        """Raise ApiError where an order would not be taken, else return its book and quantity."""
        book = self.book(request.symbol)
        quantity = request.quantity
        if request.quote_quantity is not None:
            lots = lots_for_quote(book, request.side, request.quote_quantity, account.number)
            quantity = book.instrument.lots_to_quantity(lots)
        value = value_of(book, request.side, request.price, quantity, account.number)
        check_order(
            self.kind, book, request.side,
            price=request.price, quantity=quantity, value=value, reduce_only=request.reduce_only,
        )  # fmt: skip
        self._check_duplicates(account, request)
        self._clearing.admit(account, book, Wanted(request.side, quantity, value, request.reduce_only))
        if self._clearing.closable(account, request) == 0:
            raise ApiError(-2022, "ReduceOnly Order is rejected.")
        if request.is_post_only:
            self._check_passive(book, request)
        return book, quantity

    def _check_duplicates(self, account: Account, request: OrderRequest) -> None:
        spot = self.kind is MarketKind.SPOT
        if self.orders.find_open(account, request.client_order_id) is not None:
            raise ApiError(-2010, "Duplicate order sent.") if spot else ApiError(-4116, "ClientOrderId is duplicated.")
        if request.rests and len(self.orders.open_of(account, request.symbol)) >= MOST_ORDERS:
            raise filter_failure("MAX_NUM_ORDERS") if spot else ApiError(-2025, "Reach max open order limit.")

    def _check_passive(self, book: SymbolBook, request: OrderRequest) -> None:
        assert request.price is not None
        if not book.matching.crosses(request.side, book.instrument.price_to_ticks(request.price)):
            return
        if self.kind is MarketKind.SPOT:
            raise ApiError(-2010, "Order would immediately match and take.")
        raise ApiError(*_NOT_AS_MAKER)

    def place(self, account: Account, request: OrderRequest) -> VenueOrder:
        """Take an order, match it at once and return what became of it."""
        book, quantity = self.check(account, request)
        at_ms = self._now_ms()
        order = VenueOrder(
            order_id=next(self._ids),
            account=account,
            request=request,
            price=request.price or Decimal(0),
            quantity=quantity,
            created_ms=at_ms,
            updated_ms=at_ms,
        )
        self.orders.add(order)
        self._clearing.hold(order, book)
        self._tell(book, order, Execution.NEW, None)
        self._match(book, order)
        self._drop_unsafe(book, account)
        return order

    def _match(self, book: SymbolBook, order: VenueOrder) -> None:
        request = order.request
        closable = self._clearing.closable(order.account, request)
        lots = book.instrument.quantity_to_lots(order.remaining if closable is None else min(order.remaining, closable))
        if lots == 0:
            self._end(book, order, Status.EXPIRED, Execution.EXPIRED)
            return
        ticks = None if request.is_market else book.instrument.price_to_ticks(order.price)
        if request.time_in_force == "FOK" and fillable_lots(book, request.side, ticks, order.account.number) < lots:
            self._end(book, order, Status.EXPIRED, Execution.EXPIRED)
            return
        kind = MatchKind.MARKET if request.is_market else MatchKind.LIMIT if request.rests else MatchKind.IOC
        while True:
            events = book.matching.submit(order.order_id, order.account.number, request.side, ticks, lots, kind=kind)
            self.settle(book, events, at_ms=self._now_ms())
            last = events[-1]
            if not (type(last) is Cancelled and last.reason is MatchReason.SELF_MATCH):
                return
            if request.stp is not Stp.EXPIRE_TAKER:
                maker = self.orders.live(first_of(book, request.side.opposite))
                assert maker is not None
                self._end(book, maker, Status.EXPIRED_IN_MATCH, Execution.TRADE_PREVENTION)
            if request.stp is not Stp.EXPIRE_MAKER:
                self._end(book, order, Status.EXPIRED_IN_MATCH, Execution.TRADE_PREVENTION)
                return
            lots = last.lots

    # what matched --------------------------------------------------------------------------------------

    def settle(self, book: SymbolBook, events: list[MatchEvent], at_ms: int) -> None:
        """Print trades and book those of accounts, whoever took."""
        trades, aggregates = book.record(events, at_ms)
        if trades:
            self._listener.printed(book, trades, aggregates)
        for trade in trades:
            match = trade.match
            sides = ((match.maker_id, True, match.maker_left), (match.taker_id, False, match.taker_left))
            for order_id, is_maker, left in sides:
                order = self.orders.live(order_id) if order_id >= FIRST_OWN_ID else None
                if order is not None:
                    self._fill(book, order, trade, is_maker=is_maker, left=left)
        last = events[-1] if events else None
        if type(last) is Cancelled and last.reason is MatchReason.UNFILLED:
            order = self.orders.live(last.order_id)
            if order is not None:
                self._end(book, order, Status.EXPIRED, Execution.EXPIRED)

    def _fill(self, book: SymbolBook, order: VenueOrder, trade: PublicTrade, *, is_maker: bool, left: int) -> None:
        cleared = self._clearing.fill(order, book, trade, is_maker=is_maker)
        booked = AccountTrade(
            trade_id=trade.trade_id,
            symbol=order.symbol,
            order_id=order.order_id,
            side=order.side,
            price=trade.price,
            quantity=trade.quantity,
            fee=cleared.fee,
            fee_asset=cleared.fee_asset,
            is_maker=is_maker,
            realised=cleared.realised,
            at_ms=trade.at_ms,
        )
        order.trades.append(booked)
        order.executed += trade.quantity
        order.quote_executed += booked.quote_quantity
        order.updated_ms = trade.at_ms
        order.status = Status.PARTIALLY_FILLED if order.remaining else Status.FILLED
        if not order.remaining:
            self.orders.finish(order)
            self._clearing.release(order, book)
        self._tell(book, order, Execution.TRADE, booked)
        if left == 0 and order.status.is_open:
            # A reduce-only order stands in the book with no more than there was to close.
            self._end(book, order, Status.EXPIRED, Execution.EXPIRED)

    def _drop_unsafe(self, book: SymbolBook, account: Account) -> None:
        """End reduce-only orders that no longer only reduce, after the account's own orders have come or taken."""
        for order in self._clearing.unsafe(account, book.symbol):
            self._end(book, order, Status.EXPIRED, Execution.EXPIRED)

    # ends and changes ----------------------------------------------------------------------------------

    def cancel(self, order: VenueOrder, cancel_id: str = "") -> None:
        """Take an open order off; raise ApiError where it has ended."""
        if not order.status.is_open:
            raise unknown_order()
        order.cancel_id = cancel_id
        self._end(self.books[order.symbol], order, Status.CANCELED, Execution.CANCELED)

    def cancel_all(self, account: Account, symbol: str) -> list[VenueOrder]:
        cancelled = self.orders.open_of(account, symbol)
        for order in cancelled:
            self.cancel(order, self.fresh_client_id())
        return cancelled

    def _end(self, book: SymbolBook, order: VenueOrder, status: Status, execution: Execution) -> None:
        book.matching.cancel(order.order_id)
        order.status = status
        order.updated_ms = self._now_ms()
        self.orders.finish(order)
        self._clearing.release(order, book)
        self._tell(book, order, execution, None)

    def shrink(self, order: VenueOrder, quantity: Decimal) -> None:
        """Give an open order a smaller quantity; it keeps its place in the queue."""
        book = self.books[order.symbol]
        if not order.status.is_open:
            raise unknown_order()
        if not order.executed < quantity < order.quantity:
            raise ApiError(-2038, "The requested action would change no state; rejecting.")
        check_order(
            self.kind, book, order.side, price=order.price, quantity=quantity, value=order.price * quantity
        )  # fmt: skip
        book.matching.reduce(order.order_id, book.instrument.quantity_to_lots(order.quantity - quantity))
        order.quantity = quantity
        order.updated_ms = self._now_ms()
        self._clearing.release(order, book)
        self._tell(book, order, Execution.REPLACED, None)

    def modify(self, order: VenueOrder, price: Decimal, quantity: Decimal) -> None:
        """Give an open order another price or quantity; unless it only shrinks it goes to the back of its queue."""
        book = self.books[order.symbol]
        if (price, quantity) == (order.price, order.quantity):
            raise ApiError(-5027, "No need to modify the order.")
        check_order(
            self.kind, book, order.side,
            price=price, quantity=quantity, value=price * quantity, reduce_only=order.request.reduce_only,
        )  # fmt: skip
        ticks = book.instrument.price_to_ticks(price)
        if order.request.is_post_only and book.matching.crosses(order.side, ticks):
            raise ApiError(*_NOT_AS_MAKER)
        if quantity <= order.executed:
            self.cancel(order)
            return
        grown = price * (quantity - order.executed) - order.price * order.remaining
        if grown > 0:
            self._clearing.admit(order.account, book, Wanted(order.side, quantity, grown, order.request.reduce_only))
        in_place = price == order.price and quantity < order.quantity
        less = book.instrument.quantity_to_lots(order.quantity - quantity) if in_place else 0
        order.price, order.quantity, order.updated_ms = price, quantity, self._now_ms()
        stays = in_place and book.matching.reduce(order.order_id, less)
        if not stays:
            book.matching.cancel(order.order_id)
        self._tell(book, order, Execution.AMENDMENT, None)
        if not stays:
            self._match(book, order)
        self._drop_unsafe(book, order.account)

    def _tell(self, book: SymbolBook, order: VenueOrder, execution: Execution, trade: AccountTrade | None) -> None:
        self._listener.order_event(book, order, execution, trade, order.updated_ms)
