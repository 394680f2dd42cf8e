"""Bring a position to long, flat or short, one order at a time.

Never more than one own order per instrument is under way. An order is under way until its final status is known and the
engine no longer counts it as open, which it does as long as fills are owed: a late fill cannot make an order be sent
twice. A position is closed before the opposite one is opened.
"""

from decimal import Decimal
from enum import StrEnum

import msgspec

from core.ports.strategy import StrategyContext
from core.types.instrument import Instrument
from core.types.order import Order, OrderStatus, Side
from core.types.signal import Signal


class Exposure(StrEnum):
    LONG = "long"
    FLAT = "flat"
    SHORT = "short"


_SIGNS = {Exposure.LONG: 1, Exposure.FLAT: 0, Exposure.SHORT: -1}


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """Where to go, how sure and why; `price` is what sizes are judged at."""

    exposure: Exposure
    notional_usd: Decimal
    price: Decimal
    confidence: float
    reason: str


class ExposureKeeper:
    """Holds one instrument at an exposure."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._under_way: dict[str, None] = {}  # sent, and no final status heard of
        self._aim: Aim | None = None

    def is_busy(self, ctx: StrategyContext) -> bool:
        """Tell whether an order is under way or may still live at the venue."""
        return bool(self._under_way) or bool(ctx.open_orders(self._instrument.id))

    def held(self, ctx: StrategyContext, price: Decimal) -> Exposure:
        """Return what is held now; what is too small to be sold counts as flat."""
        position = ctx.position(self._instrument.id)
        if not self._is_tradable(abs(position), price):
            return Exposure.FLAT
        return Exposure.LONG if position > 0 else Exposure.SHORT

    def aim(self, ctx: StrategyContext, aim: Aim) -> None:
        """Go for an exposure from now on, unless an order is still under way."""
        if self.is_busy(ctx):
            return
        self._aim = aim
        self._step(ctx)

    def forget_ended(self, ctx: StrategyContext) -> None:
        """Stop waiting for orders that the engine no longer counts as open; to be asked between events only."""
        alive = [order.intent.client_order_id for order in ctx.open_orders(self._instrument.id)]
        for client_order_id in [each for each in self._under_way if each not in alive]:
            del self._under_way[client_order_id]
            self.drop_aim()
            ctx.log(f"order {client_order_id} on {self._instrument.id} has ended without a word")

    def drop_aim(self) -> None:
        """Stay where we are."""
        self._aim = None

    def take_order(self, ctx: StrategyContext, order: Order) -> None:
        """Learn of a changed own order; one that did not fill is not chased."""
        if order.intent.client_order_id not in self._under_way or not order.status.is_final:
            return
        del self._under_way[order.intent.client_order_id]
        if order.status is not OrderStatus.FILLED:
            self.drop_aim()
        self._go_on(ctx)

    def take_fill(self, ctx: StrategyContext) -> None:
        """Learn of an own fill: it may be the last one that an order reported filled still owed."""
        self._go_on(ctx)

    def _go_on(self, ctx: StrategyContext) -> None:
        if not self.is_busy(ctx):
            self._step(ctx)

    def _step(self, ctx: StrategyContext) -> None:
        """Send the one order that leads towards the aim, none once it is reached."""
        aim = self._aim
        if aim is None:
            return
        held = self.held(ctx, aim.price)
        if held is aim.exposure:
            self.drop_aim()
        elif held is not Exposure.FLAT:
            self._close(ctx, aim)
        else:
            self._open(ctx, aim)

    def _close(self, ctx: StrategyContext, aim: Aim) -> None:
        position = ctx.position(self._instrument.id)
        side = Side.SELL if position > 0 else Side.BUY
        # An exit reduces risk, so it is as sure as can be.
        self._submit(ctx, aim, side, self._instrument.floor_quantity(abs(position)), reduce_only=True, confidence=1.0)

    def _open(self, ctx: StrategyContext, aim: Aim) -> None:
        side = Side.BUY if _SIGNS[aim.exposure] > 0 else Side.SELL
        usd_per_quote = ctx.usd_per_quote(self._instrument.id)
        if usd_per_quote is None or usd_per_quote <= 0:
            ctx.log(f"no order on {self._instrument.id}: the value of {self._instrument.quote} in USD is unknown")
            self.drop_aim()
            return
        unit_usd = self._instrument.notional(aim.price, Decimal(1)) * usd_per_quote
        quantity = self._instrument.floor_quantity(aim.notional_usd / unit_usd)
        if not self._is_tradable(quantity, aim.price):
            ctx.log(
                f"no order on {self._instrument.id}: notional_usd {aim.notional_usd} buys {quantity}, at least "
                f"{self._instrument.min_quantity} and {self._instrument.min_notional} {self._instrument.quote}"
            )
            self.drop_aim()
            return
        self._submit(ctx, aim, side, quantity, reduce_only=False, confidence=aim.confidence)

    def _submit(
        self, ctx: StrategyContext, aim: Aim, side: Side, quantity: Decimal, *, reduce_only: bool, confidence: float
    ) -> None:
        client_order_id = ctx.submit(
            Signal(
                instrument_id=self._instrument.id,
                side=side,
                quantity=quantity,
                reduce_only=reduce_only,
                confidence=confidence,
                reason=aim.reason,
            )
        )
        if client_order_id is None:
            self.drop_aim()
        else:
            self._under_way[client_order_id] = None

    def _is_tradable(self, quantity: Decimal, price: Decimal) -> bool:
        whole = self._instrument.floor_quantity(quantity)
        least = max(self._instrument.min_quantity, self._instrument.order_lot)
        return whole >= least and self._instrument.notional(price, whole) >= self._instrument.min_notional
