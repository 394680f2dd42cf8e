"""The venue's own truth: accounts, orders and trades over a matching book for each pair."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from core.matching.events import Cancelled, MatchEvent, MatchKind, MatchReason, Rejected, Traded
from core.matching.kernel import ANONYMOUS, MatchingBook
from core.types.order import Side
from tests.venues.kraken.faults import Faults
from tests.venues.kraken.pairs import PAIRS, Pair

ZERO = Decimal(0)
REASONS = {
    MatchReason.REQUESTED: "User requested",
    MatchReason.UNFILLED: "Order had no fill",
    MatchReason.SELF_MATCH: "Self trade prevention",
    MatchReason.WOULD_CROSS: "Post only order",
}


class RefusedError(Exception):
    """What the venue answers with its error text."""


@dataclass
class VenueOrder:
    order_id: str
    account: "Account"
    pair: Pair
    side: Side
    kind: MatchKind
    quantity: Decimal
    price: Decimal | None
    cl_ord_id: str | None
    opened_ns: int
    number: int  # in the matching book
    status: str = "new"
    filled: Decimal = ZERO
    cost: Decimal = ZERO
    fee: Decimal = ZERO
    reason: str | None = None
    closed_ns: int | None = None

    @property
    def is_open(self) -> bool:
        return self.status in {"new", "partially_filled"}

    @property
    def left(self) -> Decimal:
        return self.quantity - self.filled


@dataclass
class VenueTrade:
    trade_id: str
    number: int
    order: VenueOrder
    price: Decimal
    quantity: Decimal
    fee: Decimal  # in quote
    is_maker: bool
    at_ns: int


@dataclass
class Account:
    name: str
    key: str
    secret: str
    owner: int
    permissions: tuple[str, ...]
    balances: dict[str, Decimal] = field(default_factory=dict[str, Decimal])  # by usual name
    last_nonce: int = 0
    calls: int = 0
    dead_man_at_ns: int | None = None


@dataclass
class Request:
    """An order as either interface understood it."""

    pair: Pair
    side: Side
    kind: MatchKind
    quantity: Decimal
    price: Decimal | None = None
    cl_ord_id: str | None = None


OnExecution = Callable[[Account, VenueOrder, str, VenueTrade | None], None]


class Exchange:
    """Admits, matches and books; tells listeners what changed, in order."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.pairs = {pair.symbol: pair for pair in PAIRS}
        self.books = {pair.symbol: MatchingBook() for pair in PAIRS}
        self.accounts: dict[str, Account] = {}  # by key
        self.orders: dict[str, VenueOrder] = {}
        self.trades: list[VenueTrade] = []
        self.last_prices = {pair.symbol: ZERO for pair in PAIRS}
        self.on_book: Callable[[Pair], None] = lambda pair: None
        self.on_trade: Callable[[Pair, Side, Decimal, Decimal, int], None] = lambda *_: None
        self.on_execution: OnExecution = lambda *_: None
        self._by_number: dict[int, VenueOrder] = {}
        self._numbers = itertools.count(1)

    def now_ns(self) -> int:
        return time.time_ns() + self.faults.clock_ahead_ns

    def open_account(self, name: str, key: str, secret: str, permissions: tuple[str, ...], **held: str) -> Account:
        balances = {asset: Decimal(quantity) for asset, quantity in held.items()}
        account = Account(name, key, secret, len(self.accounts) + 1, permissions, balances)
        self.accounts[key] = account
        return account

    def pair_of(self, name: str) -> Pair:
        for pair in self.pairs.values():
            if name in {pair.name, pair.altname, pair.wsname, pair.symbol}:
                return pair
        raise RefusedError("EQuery:Unknown asset pair")

    def open_orders(self, account: Account) -> Iterator[VenueOrder]:
        return (order for order in self.orders.values() if order.account is account and order.is_open)

    def held(self, account: Account, asset: str) -> Decimal:
        """Return what open orders bind of an asset."""
        total = ZERO
        for order in self.open_orders(account):
            if order.side is Side.SELL and order.pair.base == asset:
                total += order.left
            elif order.side is Side.BUY and order.pair.quote == asset:
                total += order.left * (order.price or ZERO)
        return total

    def free(self, account: Account, asset: str) -> Decimal:
        return account.balances.get(asset, ZERO) - self.held(account, asset)

    # the crowd ---------------------------------------------------------------------------------------

    def crowd(self, symbol: str, side: Side, price: str, quantity: str) -> None:
        """Let somebody else's limit order arrive."""
        pair = self.pairs[symbol]
        ticks, lots = pair.ticks(Decimal(price)), pair.lots(Decimal(quantity))
        assert ticks is not None
        assert lots is not None
        number = next(self._numbers)
        self._happened(pair, self.books[symbol].submit(number, ANONYMOUS, side, ticks, lots, kind=MatchKind.LIMIT))

    def crowd_leaves(self, symbol: str, side: Side, price: str) -> None:
        """Let everything of the crowd at a price go."""
        pair, book = self.pairs[symbol], self.books[symbol]
        ticks = pair.ticks(Decimal(price))
        assert ticks is not None
        for resting in [each for each in book.orders_at(side, ticks) if each.owner == ANONYMOUS]:
            book.cancel(resting.order_id)
        self.on_book(pair)

    # requests ----------------------------------------------------------------------------------------

    def add(self, account: Account, request: Request) -> VenueOrder:
        ticks, lots = self._checked(account, request)
        number = next(self._numbers)
        order = VenueOrder(
            order_id=venue_id("O", number), account=account, pair=request.pair, side=request.side, kind=request.kind,
            quantity=request.quantity, price=request.price, cl_ord_id=request.cl_ord_id, opened_ns=self.now_ns(),
            number=number,
        )  # fmt: skip
        self.orders[order.order_id] = order
        self._by_number[number] = order
        book = self.books[request.pair.symbol]
        if request.kind is MatchKind.POST_ONLY and ticks is not None and book.crosses(request.side, ticks):
            # as the venue does it: taken, and cancelled at once
            self.on_execution(account, order, "pending_new", None)
            self._end(order, "canceled", REASONS[MatchReason.WOULD_CROSS])
            return order
        self.on_execution(account, order, "pending_new", None)
        self.on_execution(account, order, "new", None)
        self._happened(request.pair, book.submit(number, account.owner, request.side, ticks, lots, kind=request.kind))
        return order

    def find(self, account: Account, order_id: str | None, cl_ord_id: str | None) -> VenueOrder:
        for order in self.open_orders(account):
            if (order_id and order.order_id == order_id) or (cl_ord_id and order.cl_ord_id == cl_ord_id):
                return order
        raise RefusedError("EOrder:Unknown order")

    def cancel(self, order: VenueOrder, reason: str = REASONS[MatchReason.REQUESTED]) -> None:
        self.books[order.pair.symbol].cancel(order.number)
        self._end(order, "canceled", reason)
        self.on_book(order.pair)

    def cancel_all(self, account: Account, reason: str = REASONS[MatchReason.REQUESTED]) -> int:
        orders = list(self.open_orders(account))
        for order in orders:
            self.cancel(order, reason)
        return len(orders)

    def amend(self, order: VenueOrder, quantity: Decimal | None, price: Decimal | None, *, post_only: bool) -> None:
        """Change in place; a smaller quantity at the same price keeps its place in the queue."""
        book, pair = self.books[order.pair.symbol], order.pair
        new_quantity, new_price = quantity or order.quantity, price or order.price
        ticks, lots = pair.ticks(new_price or ZERO), pair.lots(new_quantity)
        if ticks is None:
            raise RefusedError("EOrder:Invalid price")
        if lots is None or new_quantity < pair.least:
            raise RefusedError("EOrder:Order minimum not met")
        if post_only and book.crosses(order.side, ticks):
            raise RefusedError("EOrder:Post only order")
        more = (new_quantity - order.filled) * (new_price or ZERO) - order.left * (order.price or ZERO)
        if order.side is Side.BUY and more > self.free(order.account, pair.quote):
            raise RefusedError("EOrder:Insufficient funds")
        if order.side is Side.SELL and new_quantity - order.quantity > self.free(order.account, pair.base):
            raise RefusedError("EOrder:Insufficient funds")
        is_at_place = new_price == order.price and new_quantity <= order.quantity
        order.quantity, order.price = new_quantity, new_price
        left = pair.lots(order.left)
        self.on_execution(order.account, order, "amended", None)
        if order.left <= 0 or left is None:
            self.cancel(order)
        elif is_at_place:
            resting = book.lots_left(order.number)
            if resting > left:
                book.reduce(order.number, resting - left)
            self.on_book(pair)
        else:
            book.cancel(order.number)
            events = book.submit(order.number, order.account.owner, order.side, ticks, left, kind=MatchKind.LIMIT)
            self._happened(pair, events)

    def look_at_dead_men(self) -> None:
        """Cancel what accounts left behind that were not heard of in time."""
        for account in self.accounts.values():
            if account.dead_man_at_ns is not None and self.now_ns() >= account.dead_man_at_ns:
                account.dead_man_at_ns = None
                self.cancel_all(account, "Cancel all orders after timeout")

    # what follows ------------------------------------------------------------------------------------

    def _checked(self, account: Account, request: Request) -> tuple[int | None, int]:
        pair, lots = request.pair, request.pair.lots(request.quantity)
        if lots is None:
            raise RefusedError("EGeneral:Invalid arguments:volume")
        if request.quantity < pair.least:
            raise RefusedError("EOrder:Order minimum not met")
        if any(order.cl_ord_id == request.cl_ord_id for order in self.open_orders(account) if request.cl_ord_id):
            raise RefusedError("EOrder:Invalid cl_ord_id:duplicate")
        ticks = None
        if request.kind is not MatchKind.MARKET:
            ticks = pair.ticks(request.price or ZERO)
            if ticks is None or ticks <= 0:
                raise RefusedError("EOrder:Invalid price")
        if request.side is Side.SELL and request.quantity > self.free(account, pair.base):
            raise RefusedError("EOrder:Insufficient funds")
        if request.side is Side.BUY:
            cost, _ = self.books[pair.symbol].sweep_cost(Side.BUY, lots)
            price = request.price if request.price is not None else cost * pair.tick / lots
            if request.quantity * price > self.free(account, pair.quote):
                raise RefusedError("EOrder:Insufficient funds")
        return ticks, lots

    def _happened(self, pair: Pair, events: list[MatchEvent]) -> None:
        for event in events:
            if isinstance(event, Traded):
                self._traded(pair, event)
            elif isinstance(event, Cancelled):
                order = self._by_number.get(event.order_id)
                if order is not None:
                    self._end(order, "canceled", REASONS[event.reason])
            elif isinstance(event, Rejected):
                raise AssertionError(event)
        self.on_book(pair)

    def _traded(self, pair: Pair, event: Traded) -> None:
        price, quantity = event.ticks * pair.tick, event.lots * pair.lot
        self.last_prices[pair.symbol] = price
        self.on_trade(pair, event.taker_side, price, quantity, len(self.trades) + 1)
        for number, is_maker in ((event.maker_id, True), (event.taker_id, False)):
            order = self._by_number.get(number)
            if order is not None:
                self._fill(order, price, quantity, is_maker=is_maker)

    def _fill(self, order: VenueOrder, price: Decimal, quantity: Decimal, *, is_maker: bool) -> None:
        pair = order.pair
        fee = price * quantity * (pair.maker_percent if is_maker else pair.taker_percent) / 100
        number = next(self._numbers)
        trade = VenueTrade(venue_id("T", number), number, order, price, quantity, fee, is_maker, self.now_ns())
        self.trades.append(trade)
        order.filled += quantity
        order.cost += price * quantity
        order.fee += fee
        order.status = "partially_filled" if order.left else "filled"
        balances, sign = order.account.balances, order.side.sign
        balances[pair.base] = balances.get(pair.base, ZERO) + sign * quantity
        balances[pair.quote] = balances.get(pair.quote, ZERO) - sign * price * quantity - fee
        self.on_execution(order.account, order, "trade", trade)
        if not order.left:
            order.closed_ns = trade.at_ns
            self.on_execution(order.account, order, "filled", None)

    def _end(self, order: VenueOrder, status: str, reason: str) -> None:
        order.status, order.reason, order.closed_ns = status, reason, self.now_ns()
        self.on_execution(order.account, order, status, None)


def venue_id(letter: str, number: int) -> str:
    """Return an id of Kraken's form: OXXXXX-XXXXX-XXXXXX."""
    text = f"{number:016X}"
    return f"{letter}{text[:5]}-{text[5:10]}-{text[10:]}"
