"""The decimals that prices of an instrument have, so that those below each other can be compared at a glance."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, Protocol

from core.state.desk import InstrumentView
from tui.present.numbers import decimals_of

Grids = Mapping[tuple[str, str], int]  # (venue, symbol) → decimals
NO_GRIDS: Final[Grids] = {}


class Priced(Protocol):
    """Anything that is of one instrument."""

    @property
    def venue(self) -> str: ...
    @property
    def symbol(self) -> str: ...


def grids_of(instruments: Iterable[InstrumentView], rows: Iterable[Priced]) -> Grids:
    """Return the decimals of the price grid of each instrument that has a row."""
    wanted = {(row.venue, row.symbol) for row in rows}
    return {
        (each.venue, each.symbol): decimals_of(each.order_tick)
        for each in instruments
        if (each.venue, each.symbol) in wanted
    }


def longest_of(prices: Iterable[tuple[Priced, Decimal | None]], grids: Grids) -> dict[str, int]:
    """Return for each symbol the decimals of its grid, or of its longest price where that has more."""
    decimals: dict[str, int] = {}
    for row, price in prices:
        own = 0 if price is None else decimals_of(price)
        known = grids.get((row.venue, row.symbol), 0)
        decimals[row.symbol] = max(decimals.get(row.symbol, 0), known, own)
    return decimals


def on_grid(price: Decimal, row: Priced, grids: Grids) -> str:
    """Format a price with the decimals of its grid; one that has more keeps them."""
    return with_decimals(price, grids.get((row.venue, row.symbol), 0))


def with_decimals(price: Decimal, decimals: int) -> str:
    """Format a price with so many decimals at least: none is ever cut."""
    return f"{price:,.{max(decimals, decimals_of(price))}f}"
