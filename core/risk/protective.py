"""Stop loss, take profit and trailing stop: when a position is to be closed. Pure: values in, values out.

All distances are in percent: of the entry price for stop loss and take profit, of the best price since the entry for
the trailing stop. With the average true range the stop is the nearer of `stop_loss_pct` and so many ranges: never
farther than the loss that `trade_loss` weighed an order with.
"""

from decimal import Decimal
from enum import StrEnum

import msgspec

from core.risk.limits import RiskLimits
from core.types.instrument import Instrument
from core.types.order import Side

ZERO = Decimal(0)


class CloseCause(StrEnum):
    STOP_LOSS = "stop_loss"
    TRAILING_STOP = "trailing_stop"
    TAKE_PROFIT = "take_profit"


class Protection(msgspec.Struct, frozen=True, kw_only=True):
    """What protects a position; None is off."""

    stop_loss_pct: Decimal | None = None
    atr_multiplier: Decimal | None = None  # only beside a stop loss
    take_profit_pct: Decimal | None = None
    trailing_pct: Decimal | None = None

    @property
    def is_on(self) -> bool:
        return not (self.stop_loss_pct is None and self.take_profit_pct is None and self.trailing_pct is None)


class Protected(msgspec.Struct, frozen=True, kw_only=True):
    """One open position: signed quantity, average entry price, and the best mark since it was opened."""

    quantity: Decimal
    entry_price: Decimal
    best_price: Decimal
    closing_quantity: Decimal = ZERO  # positive: unfilled reduce-only orders of it that may live


class Close(msgspec.Struct, frozen=True, kw_only=True):
    """Send this as a reduce-only order."""

    side: Side
    quantity: Decimal
    cause: CloseCause
    trigger_price: Decimal
    reason: str


def protection_of(limits: RiskLimits) -> Protection:
    """Return the protection that the limits switch on."""
    return Protection(
        stop_loss_pct=limits.stop_loss_pct if limits.stop_loss_enabled else None,
        atr_multiplier=limits.stop_loss_multiplier if limits.stop_loss_by_atr else None,
        take_profit_pct=limits.take_profit_pct or None,
        trailing_pct=limits.trailing_stop_pct or None,
    )


def best_price(quantity: Decimal, entry_price: Decimal, before: Decimal | None, mark: Decimal) -> Decimal:
    """Return the highest mark of a long position since its entry, the lowest of a short one."""
    known = entry_price if before is None else before
    return max(known, mark) if quantity > 0 else min(known, mark)


def judge_protection(
    position: Protected, protection: Protection, *, mark: Decimal, atr: Decimal | None, instrument: Instrument
) -> Close | None:
    """Return how much to close and why, None where nothing triggers or less than a lot is left to close.

    Losses come first: of several causes the stop loss is named, then the trailing stop, then the profit.
    An average true range that is missing leaves the stop at `stop_loss_pct`.
    """
    quantity = instrument.floor_quantity(max(ZERO, abs(position.quantity) - position.closing_quantity))
    if quantity <= 0 or not mark > 0:
        return None
    is_long = position.quantity > 0
    for cause, trigger in triggers(position, protection, atr):
        triggers_below = is_long is not (cause is CloseCause.TAKE_PROFIT)
        if (mark <= trigger) if triggers_below else (mark >= trigger):
            return Close(
                side=Side.SELL if is_long else Side.BUY,
                quantity=quantity,
                cause=cause,
                trigger_price=trigger,
                reason=f"{cause.value.replace('_', ' ')}: mark {mark:f}, trigger {trigger:f}",
            )
    return None


def triggers(position: Protected, protection: Protection, atr: Decimal | None) -> list[tuple[CloseCause, Decimal]]:
    """Return the price of each protection that is on, losses first."""
    sign = 1 if position.quantity > 0 else -1
    entry, found = position.entry_price, list[tuple[CloseCause, Decimal]]()
    distance = _stop_distance(entry, protection, atr)
    if distance is not None:
        found.append((CloseCause.STOP_LOSS, entry - sign * distance))
    if protection.trailing_pct is not None:
        best = position.best_price
        found.append((CloseCause.TRAILING_STOP, best - sign * best * protection.trailing_pct / 100))
    if protection.take_profit_pct is not None:
        found.append((CloseCause.TAKE_PROFIT, entry + sign * entry * protection.take_profit_pct / 100))
    return found


def _stop_distance(entry: Decimal, protection: Protection, atr: Decimal | None) -> Decimal | None:
    if protection.stop_loss_pct is None:
        return None
    by_percent = entry * protection.stop_loss_pct / 100
    if protection.atr_multiplier is None or atr is None or not atr > 0:
        return by_percent
    return min(by_percent, atr * protection.atr_multiplier)
