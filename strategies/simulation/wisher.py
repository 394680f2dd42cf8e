"""A strategy that trades at random, for simulations: it wants something, and asks again where it was refused."""

from collections.abc import Callable
from decimal import Decimal

from core.bars.bar import Bar
from core.bars.timeframe import Timeframe
from core.ports.strategy import StrategyContext
from core.types.instrument import Instrument, InstrumentId
from core.types.job import JobEnd
from core.types.market import Trade
from core.types.order import Fill, Order, OrderStatus, OrderType, Side
from core.types.signal import Signal
from strategies.simulation.chance import Dice

TRIES = 3
EAGERNESS = 0.08  # chance of doing something at a change of a book
OnWish = Callable[[str, str, Decimal], None]
"""Told of each order: client order id, name of the wish behind it, and the quantity that the wish is for in all."""


class Wisher:
    """A RunningStrategy; `side` says which side its resting orders take."""

    def __init__(
        self,
        name: str,
        instruments: tuple[InstrumentId, ...],
        side: Side,
        dice: Dice,
        on_wish: OnWish,
        is_over: Callable[[], bool],
    ) -> None:
        self._name = name
        self._instruments = instruments
        self._side = side
        self._dice = dice
        self._on_wish = on_wish
        self._is_over = is_over
        self._wishes: dict[str, tuple[str, Signal, int]] = {}
        self._made = 0

    @property
    def name(self) -> str:
        return self._name

    @property
    def instruments(self) -> tuple[InstrumentId, ...]:
        return self._instruments

    @property
    def timeframe(self) -> Timeframe:
        return Timeframe.M1

    @property
    def history_bars(self) -> int:
        return 1

    @property
    def wants_trades(self) -> bool:
        return False

    @property
    def wants_books(self) -> bool:
        return True

    def parameter_texts(self) -> dict[str, str]:
        return {}

    def prepare(self) -> None: ...

    def handle_start(self, ctx: StrategyContext) -> None: ...

    def handle_bar(self, ctx: StrategyContext, bar: Bar) -> None: ...

    def handle_trade(self, ctx: StrategyContext, trade: Trade) -> None: ...

    def handle_fill(self, ctx: StrategyContext, fill: Fill) -> None: ...

    def handle_job(self, ctx: StrategyContext, end: JobEnd) -> None: ...

    def handle_stop(self, ctx: StrategyContext) -> None: ...

    def handle_book(self, ctx: StrategyContext, instrument_id: InstrumentId) -> None:
        if self._is_over() or not self._dice.chance(EAGERNESS):
            return
        book, instrument = ctx.book(instrument_id), ctx.instrument(instrument_id)
        mid = None if book is None else book.mid()
        if mid is None or instrument is None:
            return
        resting = ctx.open_orders(instrument_id)
        if resting and self._dice.chance(0.5):
            ctx.cancel(self._dice.pick(resting).intent.client_order_id)
            return
        if len(resting) > 2:
            return
        self._made += 1
        wish = f"{self._name}-{ctx.now_ns}-{self._made}"
        self._submit(ctx, wish, self._signal(ctx, instrument, mid), TRIES)

    def handle_order(self, ctx: StrategyContext, order: Order) -> None:
        wish = self._wishes.get(order.intent.client_order_id)
        if wish is None or not order.status.is_final:
            return
        del self._wishes[order.intent.client_order_id]
        name, signal, tries = wish
        if order.status is OrderStatus.REJECTED and not order.filled_quantity and tries > 1 and not self._is_over():
            self._submit(ctx, name, signal, tries - 1)

    def _submit(self, ctx: StrategyContext, wish: str, signal: Signal, tries: int) -> None:
        client_order_id = ctx.submit(signal)
        if client_order_id is not None and signal.quantity is not None:
            self._wishes[client_order_id] = (wish, signal, tries)
            self._on_wish(client_order_id, wish, signal.quantity)

    def _signal(self, ctx: StrategyContext, instrument: Instrument, mid: Decimal) -> Signal:
        """Close what is held, rest an order near the middle, or take."""
        position = ctx.position(instrument.id)
        if position and self._dice.chance(0.3):
            side, quantity = (Side.SELL if position > 0 else Side.BUY), abs(position)
            return _signal(instrument.id, side, quantity, None)
        quantity = instrument.floor_quantity(Decimal(self._dice.whole(5, 900)) / 100)
        side = self._side if self._dice.chance(0.8) else self._side.opposite
        if self._dice.chance(0.3):
            return _signal(instrument.id, side, quantity, None)
        away = Decimal(self._dice.whole(-1, 4)) * instrument.order_tick
        return _signal(instrument.id, side, quantity, instrument.floor_price(mid - side.sign * away))


def _signal(instrument_id: InstrumentId, side: Side, quantity: Decimal, price: Decimal | None) -> Signal:
    return Signal(
        instrument_id=instrument_id,
        side=side,
        quantity=quantity,
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        limit_price=price,
        confidence=0.9,
        reason="a wish",
    )
