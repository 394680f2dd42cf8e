"""An engine in memory for strategies: a series, a position, and orders that a test fills when and how it wants."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.bars.bar import Bar
from core.bars.series import BarSeries
from core.bars.timeframe import Timeframe
from core.types.instrument import AssetType, Instrument, InstrumentId
from core.types.job import JobProposal
from core.types.order import Fill, Liquidity, Order, OrderIntent, OrderStatus, Side
from core.types.signal import Signal
from strategies.api import Strategy
from strategies.loading import load_shipped
from strategies.registry import REGISTRY

BTC = Instrument(
    venue="sim-a", symbol="BTC/USDT", venue_symbol="BTCUSDT", asset_type=AssetType.CRYPTO_SPOT, base="BTC",
    quote="USDT", tick_size=Decimal("0.01"), lot_size=Decimal("0.001"), min_quantity=Decimal("0.001"),
    min_notional=Decimal(5),
)  # fmt: skip


def bar_at(number: int, close: Decimal | str, *, revision: int = 0, timeframe: Timeframe = Timeframe.M1) -> Bar:
    ticks = BTC.price_to_ticks(Decimal(close))
    return Bar(
        instrument_id=BTC.id, timeframe=timeframe, open_ns=number * timeframe.ns, open_ticks=ticks, high_ticks=ticks,
        low_ticks=ticks, close_ticks=ticks, volume_lots=1, revision=revision,
    )  # fmt: skip


class Quote:
    """The top of a book and nothing below."""

    def __init__(self, bid: Decimal, ask: Decimal) -> None:
        self._bid, self._ask = BTC.price_to_ticks(bid), BTC.price_to_ticks(ask)

    def best_bid(self) -> tuple[int, int]:
        return self._bid, 1_000_000

    def best_ask(self) -> tuple[int, int]:
        return self._ask, 1_000_000


class Desk:
    """The context of one strategy. With `fills_at_once` every order fills at the last close as soon as it is sent."""

    def __init__(self, *, fills_at_once: bool = True) -> None:
        self.fills_at_once = fills_at_once
        self.series = BarSeries(BTC, Timeframe.M1)
        self.quote: Quote | None = None
        self.usd: Decimal | None = Decimal(1)
        self.signals: list[Signal] = []
        self.orders: dict[str, Order] = {}
        self.cancelled: list[str] = []
        self.lines: list[str] = []
        self.held = Decimal(0)
        self.cost: Decimal | None = None
        self.takes_signals = True
        self._queue: list[str] = []

    # what the strategy calls -----------------------------------------------------------------------

    @property
    def now_ns(self) -> int:
        last = self.series.last()
        return 0 if last is None else last.close_ns

    def instrument(self, instrument_id: InstrumentId) -> Instrument | None:
        return BTC if instrument_id == BTC.id else None

    def usd_per_quote(self, instrument_id: InstrumentId) -> Decimal | None:
        return self.usd

    def book(self, instrument_id: InstrumentId) -> Any:
        return self.quote

    def bars(self, instrument_id: InstrumentId, timeframe: Timeframe) -> BarSeries | None:
        return self.series

    def position(self, instrument_id: InstrumentId) -> Decimal:
        return self.held

    def entry_price(self, instrument_id: InstrumentId) -> Decimal | None:
        return self.cost

    def open_orders(self, instrument_id: InstrumentId) -> Sequence[Order]:
        return tuple(
            order
            for order in self.orders.values()
            if order.intent.client_order_id not in self._queue  # known only once the callback is over
            and (order.status.may_live or (order.status is OrderStatus.FILLED and order.remaining_quantity))
        )

    def submit(self, signal: Signal) -> str | None:
        if not self.takes_signals:
            return None
        assert signal.quantity is not None
        self.signals.append(signal)
        number = f"o{len(self.signals)}"
        intent = OrderIntent(
            client_order_id=number, venue=BTC.venue, symbol=BTC.symbol, side=signal.side,
            order_type=signal.order_type, quantity=signal.quantity, reduce_only=signal.reduce_only, created_ns=0,
        )  # fmt: skip
        self.orders[number] = Order(intent=intent)
        self._queue.append(number)
        return number

    def cancel(self, client_order_id: str) -> None:
        self.cancelled.append(client_order_id)

    def amend(
        self, client_order_id: str, *, limit_price: Decimal | None = None, quantity: Decimal | None = None
    ) -> None:
        raise NotImplementedError("no strategy of these tests amends")

    def submit_job(self, proposal: JobProposal) -> str | None:
        raise NotImplementedError("no strategy of these tests has jobs")

    def open_jobs(self) -> int:
        return 0

    def log(self, text: str) -> None:
        self.lines.append(text)

    # what the test makes happen ----------------------------------------------------------------------

    def load_history(self, closes: Sequence[Decimal]) -> None:
        for number, close in enumerate(closes):
            self.series.put(bar_at(number, close))

    def close_bar(self, strategy: Strategy[Any], number: int, close: Decimal | str) -> None:
        bar = bar_at(number, close)
        self.series.put(bar)
        strategy.handle_bar(self, bar)
        self._work_off(strategy)

    def see_book(self, strategy: Strategy[Any]) -> None:
        strategy.handle_book(self, BTC.id)
        self._work_off(strategy)

    def _work_off(self, strategy: Strategy[Any]) -> None:
        placed, self._queue = self._queue, []
        last = self.series.last()
        for number in placed if self.fills_at_once and last is not None else ():
            self.fill(strategy, number, BTC.ticks_to_price(last.close_ticks))

    def fill(self, strategy: Strategy[Any], number: str, price: Decimal, quantity: Decimal | None = None) -> None:
        """Fill an order, then report its status: the usual order of events."""
        self.book_fill(strategy, number, price, quantity)
        order = self.orders[number]
        is_done = order.remaining_quantity == 0
        self.report(strategy, number, OrderStatus.FILLED if is_done else OrderStatus.PARTIALLY_FILLED)

    def book_fill(self, strategy: Strategy[Any], number: str, price: Decimal, quantity: Decimal | None = None) -> None:
        order = self.orders[number]
        size = order.remaining_quantity if quantity is None else quantity
        order.filled_quantity += size
        self.held += order.intent.side.sign * size
        self.cost = price if self.held else None
        strategy.handle_fill(
            self,
            Fill(
                fill_id=f"f{number}{order.filled_quantity}", client_order_id=number, venue=BTC.venue, symbol=BTC.symbol,
                side=order.intent.side, price=price, quantity=size, fee=Decimal(0), liquidity=Liquidity.TAKER,
                venue_ns=0, received_ns=0,
            ),
        )  # fmt: skip
        self._work_off(strategy)

    def report(self, strategy: Strategy[Any], number: str, status: OrderStatus) -> None:
        self.orders[number].status = status
        strategy.handle_order(self, self.orders[number])
        self._work_off(strategy)

    @property
    def sent(self) -> list[tuple[Side, Decimal, bool]]:
        return [(each.side, each.quantity or Decimal(0), each.reduce_only) for each in self.signals]


def start(desk: Desk, name: str, parameters: Mapping[str, Any] | None = None) -> Strategy[Any]:
    load_shipped()
    strategy = REGISTRY.create(name, {"instruments": str(BTC.id), **(parameters or {})})
    strategy.handle_start(desk)
    return strategy
