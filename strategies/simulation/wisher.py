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
from strategies.simulation.proposals import proposal

TRIES = 3
EAGERNESS = 0.08  # chance of doing something at a change of a book
RESTLESSNESS = 0.25  # chance of asking for other terms of a resting order
OnWish = Callable[[str, str, Decimal], None]
"""Told of each order: client order id, name of the wish behind it, and the quantity that the wish is for in all."""

OnAmend = Callable[[str, Decimal], None]
"""Told of each amend: client order id, and the total quantity that the order shall have."""


class Wisher:
    """A RunningStrategy; `side` says which side its resting orders take."""

    def __init__(
        self,
        name: str,
        instruments: tuple[InstrumentId, ...],
        side: Side,
        dice: Dice,
        on_wish: OnWish,
        on_amend: OnAmend,
        jobs_wanted: Callable[[], int | None],
        books_of_a_job: Callable[[Dice], tuple[InstrumentId, ...]],
    ) -> None:
        self._name = name
        self._instruments = instruments
        self._side = side
        self._dice = dice
        self._on_wish = on_wish
        self._on_amend = on_amend
        self._jobs_wanted = jobs_wanted
        self._books_of_a_job = books_of_a_job
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
        jobs = self._jobs_wanted()
        for _ in range(jobs or 0):
            self._propose(ctx)
        if jobs is None:
            return
        book, instrument = ctx.book(instrument_id), ctx.instrument(instrument_id)
        resting = ctx.open_orders(instrument_id)
        if resting and instrument is not None and self._dice.chance(RESTLESSNESS):
            self._amend(ctx, instrument, self._dice.pick(resting))
        if not self._dice.chance(EAGERNESS):
            return
        mid = None if book is None else book.mid()
        if mid is None or instrument is None:
            return
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
        if (
            order.status is OrderStatus.REJECTED
            and not order.filled_quantity
            and tries > 1
            and self._jobs_wanted() is not None
        ):
            self._submit(ctx, name, signal, tries - 1)

    def _amend(self, ctx: StrategyContext, instrument: Instrument, order: Order) -> None:
        """Ask for another price, another quantity or both; what is wanted in all is the most ever asked for."""
        intent, price, quantity = order.intent, order.intent.limit_price, order.intent.quantity
        if price is None:
            return
        if self._dice.chance(0.7):
            price += self._dice.pick((-3, -2, -1, 1, 2, 3)) * instrument.order_tick
        if self._dice.chance(0.5):
            share = Decimal(self._dice.whole(4, 18)) / 10
            quantity = max(instrument.order_lot, instrument.floor_quantity(quantity * share))
        self._on_amend(intent.client_order_id, quantity)
        ctx.amend(intent.client_order_id, limit_price=price, quantity=quantity)

    def _submit(self, ctx: StrategyContext, wish: str, signal: Signal, tries: int) -> None:
        client_order_id = ctx.submit(signal)
        if client_order_id is not None and signal.quantity is not None:
            self._wishes[client_order_id] = (wish, signal, tries)
            self._on_wish(client_order_id, wish, signal.quantity)

    def _propose(self, ctx: StrategyContext) -> None:
        legs = self._books_of_a_job(self._dice)
        instrument = ctx.instrument(legs[0])
        if instrument is not None:
            ctx.submit_job(proposal(self._dice, legs, instrument))

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
