"""One side of a matching book: price levels, each a first-in first-out queue."""

from bisect import bisect_left, insort
from collections import OrderedDict

from core.types.order import Side


class RestingOrder:
    """An order in a queue; `lots` is what is left of it."""

    __slots__ = ("lots", "order_id", "owner", "side", "ticks")

    def __init__(self, order_id: int, owner: int, side: Side, ticks: int, lots: int) -> None:
        self.order_id = order_id
        self.owner = owner
        self.side = side
        self.ticks = ticks
        self.lots = lots


class Level:
    __slots__ = ("lots", "orders")

    def __init__(self) -> None:
        self.orders: OrderedDict[int, RestingOrder] = OrderedDict()  # oldest first
        self.lots = 0


class Ladder:
    """Levels of one side, best last in `keys`, which are ticks signed so that better is greater."""

    __slots__ = ("changed", "keys", "levels", "side", "sign")

    def __init__(self, side: Side) -> None:
        self.side = side
        self.sign = side.sign
        self.levels: dict[int, Level] = {}
        self.keys: list[int] = []
        self.changed: dict[int, None] = {}  # ticks whose lots changed since the last read, first change first

    def best_ticks(self) -> int | None:
        return self.sign * self.keys[-1] if self.keys else None

    def add(self, order: RestingOrder) -> None:
        level = self.levels.get(order.ticks)
        if level is None:
            level = self.levels[order.ticks] = Level()
            insort(self.keys, self.sign * order.ticks)
        level.orders[order.order_id] = order
        level.lots += order.lots
        self.changed[order.ticks] = None

    def take(self, order: RestingOrder, lots: int) -> None:
        """Take lots off an order; it leaves its queue when nothing is left."""
        level = self.levels[order.ticks]
        order.lots -= lots
        level.lots -= lots
        self.changed[order.ticks] = None
        if order.lots == 0:
            del level.orders[order.order_id]
            if not level.orders:
                self._drop(order.ticks)

    def _drop(self, ticks: int) -> None:
        del self.levels[ticks]
        key = self.sign * ticks
        if self.keys[-1] == key:
            self.keys.pop()
        else:
            del self.keys[bisect_left(self.keys, key)]

    def take_changes(self) -> tuple[list[int], list[int]]:
        """Return ticks and their present lots of every level touched since the last call."""
        ticks = list(self.changed)
        self.changed.clear()
        levels = self.levels
        return ticks, [level.lots if (level := levels.get(tick)) else 0 for tick in ticks]

    def depth(self, levels: int) -> tuple[list[int], list[int]]:
        """Return ticks and lots of the best `levels` levels, best first."""
        ticks = [self.sign * key for key in reversed(self.keys[-levels:])]
        return ticks, [self.levels[tick].lots for tick in ticks]
