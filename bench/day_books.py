"""What an engine keeps of trading on a generated day: fills, orders, positions, the log and the day's profit."""

import math
from collections import deque
from decimal import Decimal
from typing import Final

import msgspec

from bench.day_market import DayMarket
from core.engine.pnl_curve import PnlCurve
from core.state.desk import FillView, LogLine, NetPositionView, OrderView, OwnLevel, PnlPoint, PositionView

FILL_EVERY_NS: Final = 3_000_000_000
LOG_EVERY_NS: Final = 2_000_000_000
KEPT_FILLS: Final = 200  # as many of each as a console asks for
KEPT_ORDERS: Final = 200
KEPT_LINES: Final = 400
_RESTING: Final = 12
_POSITIONS: Final = 10
_SECOND_NS: Final = 1_000_000_000
_LOT: Final = Decimal("0.005")
_LEVELS: Final = ("info", "info", "info", "warning", "error")
_TOPICS: Final = ("engine", "feed", "risk", "job", "strategy")


class DayBooks:
    """Each is bounded as the engine bounds it, and is full after the first hour."""

    def __init__(self, market: DayMarket) -> None:
        self._market = market
        self._names = list(market.instruments)
        self._quantities = dict.fromkeys(self._names[:_POSITIONS], Decimal(0))
        self._fills: deque[FillView] = deque(maxlen=KEPT_FILLS)
        self._live: deque[OrderView] = deque()
        self._finished: deque[OrderView] = deque(maxlen=KEPT_ORDERS)
        self._lines: deque[LogLine] = deque(maxlen=KEPT_LINES)
        self._curve = PnlCurve()
        self._fill_due_ns = self._line_due_ns = self._point_due_ns = 0
        self.trades = self._line_number = 0
        self.pnl, self.volume, self.fees = Decimal(0), Decimal(0), Decimal(0)

    def go_on(self, now_ns: int) -> None:
        if now_ns >= self._fill_due_ns:
            self._fill_due_ns = now_ns + FILL_EVERY_NS
            self._trade(now_ns)
        if now_ns >= self._line_due_ns:
            self._line_due_ns = now_ns + LOG_EVERY_NS
            number = self._line_number % len(_TOPICS)
            self.say(now_ns, _LEVELS[number], _TOPICS[number], f"said for the {self._line_number}th time")
        self.pnl = Decimal(round(40_000 * math.sin(now_ns / 2e12)) + now_ns // 100_000_000 % 991) / 100
        if now_ns >= self._point_due_ns:
            self._point_due_ns = now_ns + _SECOND_NS
            self._curve.add(now_ns, float(self.pnl))

    def say(self, now_ns: int, level: str, topic: str, text: str) -> None:
        self._line_number += 1
        self._lines.append(LogLine(sequence=self._line_number, at_ns=now_ns, level=level, topic=topic, text=text))

    def begin_day(self) -> None:
        self._curve.begin_day()

    def _trade(self, now_ns: int) -> None:
        """Place an order; fill the one that has rested longest."""
        self.trades += 1
        name = self._names[self.trades % _POSITIONS]
        instrument, side = self._market.instruments[name], "buy" if self.trades * 7 % 13 < 7 else "sell"
        away = 8 * instrument.tick_size * (-1 if side == "buy" else 1)
        price = self._market.price(name) + away
        self._live.append(
            OrderView(
                client_order_id=f"o-{self.trades}", venue=instrument.venue, symbol=instrument.symbol, side=side,
                order_type="limit", quantity=_LOT, filled_quantity=Decimal(0), limit_price=price, average_price=None,
                status="open", source="strategy:ma_cross", reason=None, is_external=False, created_ns=now_ns,
                updated_ns=now_ns,
            )
        )  # fmt: skip
        if len(self._live) <= _RESTING:
            return
        order = self._live.popleft()
        self._finished.appendleft(
            msgspec.structs.replace(
                order, status="filled", filled_quantity=_LOT, average_price=order.limit_price, updated_ns=now_ns
            )
        )
        self._fill(order, now_ns)

    def _fill(self, order: OrderView, now_ns: int) -> None:
        price, sign = order.limit_price or Decimal(0), 1 if order.side == "buy" else -1
        self._quantities[f"{order.symbol}@{order.venue}"] += sign * order.quantity
        self.volume += price * order.quantity
        self.fees += price * order.quantity / 2000
        self._fills.appendleft(
            FillView(
                fill_id=f"f-{self.trades}", client_order_id=order.client_order_id, venue=order.venue,
                symbol=order.symbol, side=order.side, price=price, quantity=order.quantity,
                fee=price * order.quantity / 2000, liquidity="maker", source=order.source, at_ns=now_ns,
            )
        )  # fmt: skip
        self.say(
            now_ns, "info", "fill", f"{order.side.upper()} {order.quantity} {order.symbol} {order.venue} @ {price}"
        )

    def fills(self) -> list[FillView]:
        return list(self._fills)

    def marks(self, name: str | None) -> list[tuple[int, str, float]]:
        """Return the own trades of an instrument as its chart marks them, oldest first."""
        own = [each for each in self._fills if f"{each.symbol}@{each.venue}" == name]
        return [(each.at_ns, each.side, float(each.price)) for each in reversed(own)]

    def orders(self) -> list[OrderView]:
        return [*reversed(self._live), *self._finished][:KEPT_ORDERS]

    def own_levels(self, name: str) -> list[OwnLevel]:
        instrument = self._market.instruments[name]
        return [
            OwnLevel(each.client_order_id, each.side, int((each.limit_price or 0) / instrument.tick_size), 5, 12)
            for each in self._live
            if f"{each.symbol}@{each.venue}" == name
        ]

    def log(self) -> list[LogLine]:
        return list(self._lines)

    def curve(self) -> list[PnlPoint]:
        return list(self._curve.points)

    def positions(self) -> list[PositionView]:
        return [self._position(name, quantity) for name, quantity in self._quantities.items() if quantity]

    def _position(self, name: str, quantity: Decimal) -> PositionView:
        instrument, mark = self._market.instruments[name], self._market.price(name)
        notional = quantity * mark
        return PositionView(
            venue=instrument.venue, symbol=instrument.symbol, quantity=quantity, average_price=mark - 3,
            mark_price=mark, mark_age_s=0.1, notional_usd=notional, unrealised_pnl_usd=quantity * 3,
            realised_pnl_usd=self.pnl / 10, fees_usd=self.fees / 10, funding_usd=Decimal("-0.12"),
        )  # fmt: skip

    def net_positions(self) -> list[NetPositionView]:
        return [
            NetPositionView(
                base=name[:6], quantity=quantity, notional_usd=quantity * self._market.price(name),
                pnl_usd=self.pnl / 10,
            )
            for name, quantity in self._quantities.items()
        ]  # fmt: skip
