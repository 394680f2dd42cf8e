"""A small exchange behind the fake TWS: price and time, quotes of the house, orders of all clients."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

HOUSE = None
DONE = ("Filled", "Cancelled")


@dataclass
class Ordered:
    """An order as the server knows it; `client_id` and `order_id` are its sender's."""

    client_id: int
    order_id: int
    permanent_id: int
    symbol: str
    is_buy: bool
    quantity: Decimal
    kind: str
    limit: Decimal | None
    tif: str
    account: str
    reference: str
    status: str = "Submitted"
    filled: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)

    @property
    def remaining(self) -> Decimal:
        return self.quantity - self.filled

    @property
    def average(self) -> Decimal:
        return self.paid / self.filled if self.filled else Decimal(0)

    @property
    def terms(self) -> tuple[object, ...]:
        limit = "" if self.limit is None else self.limit
        return ("BUY" if self.is_buy else "SELL", self.quantity, self.kind, limit, self.tif)


@dataclass
class Executed:
    number: int
    order: Ordered
    price: Decimal
    quantity: Decimal
    is_maker: bool
    filled_after: Decimal
    average_after: Decimal


@dataclass
class Level:
    price: Decimal
    remaining: Decimal
    owner: Ordered | None


@dataclass
class Side:
    levels: list[Level] = field(default_factory=list)


class Exchange:
    def __init__(self) -> None:
        self.orders: list[Ordered] = []
        self.executions: list[Executed] = []
        self._sides: dict[tuple[str, bool], Side] = {}

    def quote(self, symbol: str, bid: str, bid_size: int, ask: str, ask_size: int) -> list[Executed]:
        """Replace the house's quote; it trades with orders that it meets."""
        before = len(self.executions)
        for is_buy, price, size in ((True, bid, bid_size), (False, ask, ask_size)):
            side = self._side(symbol, is_buy)
            side.levels = [level for level in side.levels if level.owner is not HOUSE]
            level = Level(Decimal(price), Decimal(size), HOUSE)
            self._match(symbol, level, is_buy=is_buy)
            if level.remaining:
                self._rest(side, level, is_buy=is_buy)
        return self.executions[before:]

    def place(self, order: Ordered) -> list[Executed]:
        before = len(self.executions)
        if order not in self.orders:
            self.orders.append(order)
        worst = Decimal(10**9) if order.is_buy else Decimal(0)
        level = Level(worst if order.limit is None else order.limit, order.remaining, order)
        self._match(order.symbol, level, is_buy=order.is_buy)
        if not order.remaining:
            order.status = "Filled"
        elif order.kind == "MKT" or order.tif == "IOC":
            order.status = "Cancelled"
        else:
            self._rest(self._side(order.symbol, order.is_buy), level, is_buy=order.is_buy)
        return self.executions[before:]

    def withdraw(self, order: Ordered) -> None:
        side = self._side(order.symbol, order.is_buy)
        side.levels = [level for level in side.levels if level.owner is not order]

    def cancel(self, order: Ordered) -> bool:
        if order.status in DONE:
            return False
        self.withdraw(order)
        order.status = "Cancelled"
        return True

    def working(self) -> list[Ordered]:
        return [order for order in self.orders if order.status not in DONE]

    def top(self, symbol: str) -> list[tuple[Decimal, Decimal] | None]:
        """Return (price, size) of best bid and best ask, own and others' orders together."""
        found: list[tuple[Decimal, Decimal] | None] = []
        for is_buy in (True, False):
            levels = self._side(symbol, is_buy).levels
            best = levels[0].price if levels else None
            size = sum((level.remaining for level in levels if level.price == best), Decimal(0))
            found.append(None if best is None else (best, size))
        return found

    def positions(self, account: str) -> Iterator[tuple[str, Decimal, Decimal]]:
        """Yield symbol, quantity and average cost of what was bought."""
        symbols = dict.fromkeys(done.order.symbol for done in self.executions)
        for symbol in symbols:
            mine = [d for d in self.executions if (d.order.symbol, d.order.account) == (symbol, account)]
            quantity = sum((d.quantity if d.order.is_buy else -d.quantity for d in mine), Decimal(0))
            bought = [d for d in mine if d.order.is_buy]
            shares = sum((d.quantity for d in bought), Decimal(0))
            cost = sum((d.price * d.quantity for d in bought), Decimal(0))
            yield symbol, quantity, cost / shares if shares else Decimal(0)

    def cash(self, account: str, start: Decimal, fee: Decimal) -> Decimal:
        mine = [done for done in self.executions if done.order.account == account]
        paid = sum((d.price * d.quantity * (1 if d.order.is_buy else -1) for d in mine), Decimal(0))
        return start - paid - fee * len(mine)

    def _side(self, symbol: str, is_buy: bool) -> Side:
        return self._sides.setdefault((symbol, is_buy), Side())

    def _rest(self, side: Side, level: Level, *, is_buy: bool) -> None:
        side.levels.append(level)
        side.levels.sort(key=lambda each: -each.price if is_buy else each.price)  # stable: first come, first served

    def _match(self, symbol: str, level: Level, *, is_buy: bool) -> None:
        against = self._side(symbol, not is_buy)
        while level.remaining and against.levels:
            best = against.levels[0]
            if (best.price > level.price) if is_buy else (best.price < level.price):
                return
            quantity = min(best.remaining, level.remaining)
            self._trade(level, best, quantity)
            if not best.remaining:
                against.levels.pop(0)

    def _trade(self, taker: Level, maker: Level, quantity: Decimal) -> None:
        for level, is_maker in ((taker, False), (maker, True)):
            level.remaining -= quantity
            order = level.owner
            if order is None:
                continue
            order.filled += quantity
            order.paid += quantity * maker.price
            if not order.remaining:
                order.status = "Filled"
            number = len(self.executions) + 1
            self.executions.append(
                Executed(number, order, maker.price, quantity, is_maker, order.filled, order.average)
            )
