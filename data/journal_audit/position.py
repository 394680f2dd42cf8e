"""A position at average cost. A price is given for one contract, its size included as far as it is known."""

from dataclasses import dataclass
from decimal import Decimal

from data.journal_audit.amount import WIDE, ZERO, add, multiply


@dataclass(slots=True)
class Position:
    """`cost` is what the open quantity was bought for (negative: sold for)."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    volume: Decimal = ZERO
    trades: int = 0

    def trade(self, signed: Decimal, price: Decimal, fee: Decimal) -> Decimal:
        """Book a fill and return the profit it realised."""
        self.fees = add(self.fees, fee)
        self.volume = add(self.volume, multiply(abs(signed), price))
        self.trades += 1
        before = self.quantity
        opened, realised = signed, ZERO
        if before and (before > 0) != (signed > 0):
            closed = min(abs(before), abs(signed))
            opened = signed + closed.copy_sign(before)
            released = WIDE.divide(multiply(self.cost, closed), abs(before))
            realised = multiply(closed.copy_sign(before), price) - released
            self.cost = ZERO if closed == abs(before) else WIDE.subtract(self.cost, released)
        self.quantity = add(before, signed)
        self.cost = add(self.cost, multiply(opened, price))
        self.realised = add(self.realised, realised)
        return realised

    def resize(self, size: Decimal) -> None:
        """Count what was booked for contracts of size one as booked for contracts of another size."""
        self.cost, self.realised, self.volume = (
            multiply(value, size) for value in (self.cost, self.realised, self.volume)
        )

    def adopt(self, quantity: Decimal, average_price: Decimal, price: Decimal | None) -> None:
        """Take the venue's word over; the difference counts as traded at `price`, where one is known."""
        cost = multiply(quantity, average_price)
        if price is not None or quantity == self.quantity:
            sold = multiply(WIDE.subtract(self.quantity, quantity), price or ZERO)
            self.realised = add(self.realised, WIDE.subtract(add(sold, cost), self.cost))
        self.quantity, self.cost = quantity, cost
