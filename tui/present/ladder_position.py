"""The open position on a ladder: its average price and what closing it at another price would make."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from core.state.desk import BookView, InstrumentView, PositionView
from tui.present.ladder_window import LadderWindow


class HeldPosition(NamedTuple):
    """A linear position: its profit is paid in the quote currency."""

    quantity: Decimal  # signed, in contracts
    average_price: Decimal
    contract_size: Decimal
    quote: str  # empty where the symbol does not say

    def pnl_at(self, price: Decimal) -> Decimal:
        """Return the profit of closing all of it at a price, fees and funding apart."""
        return (price - self.average_price) * self.quantity * self.contract_size


def held_position(instrument: InstrumentView | None, positions: Sequence[PositionView]) -> HeldPosition | None:
    """Return the open position in an instrument; None without one, and where its profit is not linear in the price."""
    if instrument is None:
        return None
    pair, _, settled_in = instrument.symbol.partition(":")
    base, _, quote = pair.partition("/")
    if instrument.asset_type == "perpetual" and settled_in.partition("-")[0] == base:
        return None  # an inverse contract pays in its base currency
    for position in positions:
        if (position.venue, position.symbol) == (instrument.venue, instrument.symbol):
            if not position.quantity or position.average_price is None:
                return None
            return HeldPosition(position.quantity, position.average_price, instrument.contract_size, quote)
    return None


def average_row(held: HeldPosition | None, book: BookView, window: LadderWindow) -> int | None:
    """Return the row nearest to the average entry price."""
    return None if held is None else int((held.average_price / (book.tick_size * window.group)).to_integral_value())


def pnl_of_row(held: HeldPosition, book: BookView, window: LadderWindow, row: int) -> Decimal:
    return held.pnl_at(row * window.group * book.tick_size)


def pnl_decimals(held: HeldPosition, book: BookView, window: LadderWindow, count: int) -> int:
    """Return the decimals that the rows of a window show: fewer for large profits."""
    ends = (window.top, max(1, window.top - count + 1))
    largest = max(abs(pnl_of_row(held, book, window, row)) for row in ends)
    return 0 if largest >= 1_000 else 2 if largest >= 1 else 4
