"""Which columns of a ladder fit: the bars of the sizes come before everything optional."""

from enum import StrEnum
from typing import Final

import msgspec

from core.state.desk import BookView
from tui.present import numbers
from tui.present.ladder_book import LadderBook
from tui.present.ladder_position import HeldPosition, pnl_decimals, pnl_of_row
from tui.present.ladder_window import LadderWindow
from tui.present.quantities import fitting_decimals

SHORTEST_BAR: Final = 4
_NARROWEST_QUANTITY: Final = 5
_NARROWEST_SUM: Final = 6


class SideColumns(StrEnum):
    """What stands on both sides of the price."""

    BOTH = "size and, where there is room, cumulative size"
    SIZE = "size"
    CUMULATIVE = "cumulative size"

    @property
    def following(self) -> "SideColumns":
        kinds = list(SideColumns)
        return kinds[(kinds.index(self) + 1) % len(kinds)]


class LadderColumns(msgspec.Struct, frozen=True):
    """What the trader wants to see; what does not fit is left out."""

    sides: SideColumns = SideColumns.BOTH
    shows_pnl: bool = True


DEFAULT_COLUMNS: Final = LadderColumns()


class Widths(msgspec.Struct, frozen=True):
    """Cells of each column; `total` and `pnl` are 0 where they are not shown."""

    side: int
    price: int
    quantity: int
    total: int
    pnl: int
    decimals: int  # of a quantity
    total_decimals: int
    pnl_decimals: int

    @property
    def bar(self) -> int:
        return max(0, self.side - self.quantity - 1 - (self.total + 1 if self.total else 0))

    def is_cut(self, book: BookView) -> bool:
        """Tell whether quantities lose digits."""
        return self.decimals < numbers.decimals_of(book.lot_size)


def ladder_widths(
    book: BookView,
    rows: LadderBook,
    window: LadderWindow,
    columns: LadderColumns,
    held: HeldPosition | None,
    width: int,
    count: int,
) -> Widths:
    """Share the cells of a ladder: price, size with a bar, then profit, then the cumulative size."""
    price = max(6, len(numbers.grid_price(window.top * window.group, book.tick_size))) + 2
    main = rows.sum_scale if columns.sides is SideColumns.CUMULATIVE else rows.scale
    exact = max(_NARROWEST_QUANTITY, len(numbers.grid_quantity(main, book.lot_size)))
    pnl, decimals = 0, 2
    if held is not None and columns.shows_pnl:
        decimals = pnl_decimals(held, book, window, count)
        pnl = _pnl_cells(held, book, window, count, decimals)
        least = min(exact, _NARROWEST_QUANTITY) + 1 + SHORTEST_BAR
        if (width - price - pnl) // 2 < least:
            pnl = 0
    side = max(0, (width - price - pnl) // 2)
    quantity = min(exact, max(_NARROWEST_QUANTITY, side - 1 - SHORTEST_BAR), max(0, side - 1))
    total = _total_cells(book, rows, side - quantity - 2 - SHORTEST_BAR) if columns.sides is SideColumns.BOTH else 0
    return Widths(
        side=side,
        price=price,
        quantity=quantity,
        total=total,
        pnl=pnl,
        decimals=fitting_decimals(main, book.lot_size, quantity),
        total_decimals=fitting_decimals(rows.sum_scale, book.lot_size, total),
        pnl_decimals=decimals,
    )


def _pnl_cells(held: HeldPosition, book: BookView, window: LadderWindow, count: int, decimals: int) -> int:
    ends = (window.top, max(1, window.top - count + 1))
    return 1 + max(len(numbers.signed_money(pnl_of_row(held, book, window, row), decimals)) for row in ends)


def _total_cells(book: BookView, rows: LadderBook, room: int) -> int:
    exact = max(_NARROWEST_QUANTITY, len(numbers.grid_quantity(rows.sum_scale, book.lot_size)))
    return min(exact, room) if room >= min(exact, _NARROWEST_SUM) else 0
