"""What the ladder's tests share: books of known sizes, and the text of their rows."""

from decimal import Decimal
from typing import Any

from core.state.desk import BookView, OwnLevel
from tui.present.ink import text_of
from tui.present.ladder import ladder_lines
from tui.present.ladder_columns import DEFAULT_COLUMNS, LadderColumns
from tui.present.ladder_position import HeldPosition
from tui.present.ladder_window import LadderWindow

D = Decimal


def book(bid: int = 100, ask: int = 102, **more: Any) -> BookView:
    """Return ten levels a side of 1.000, 1.001, … and 2.000, 2.001, … on a grid of 0.5."""
    facts: dict[str, Any] = {
        "venue": "sim-a", "symbol": "BTC/USDT", "validity": "valid", "reason": "", "age_s": 0.1, "sequence": 1,
        "tick_size": D("0.5"), "lot_size": D("0.001"),
        "bid_ticks": [bid - level for level in range(10)], "bid_lots": [1000 + level for level in range(10)],
        "ask_ticks": [ask + level for level in range(10)], "ask_lots": [2000 + level for level in range(10)],
        "own": [], "last_ticks": bid, "last_side": "sell",
    }  # fmt: skip
    return BookView(**{**facts, **more})


def buy(ticks: int, lots: int = 250, ahead: int | None = None, name: str = "a") -> OwnLevel:
    return OwnLevel(client_order_id=name, side="buy", price_ticks=ticks, quantity_lots=lots, ahead_lots=ahead)


def long_position(quantity: str = "0.5", average: str = "49.2", contract_size: str = "1") -> HeldPosition:
    return HeldPosition(D(quantity), D(average), D(contract_size), "USDT")


def rows_of(
    view: BookView,
    window: LadderWindow,
    width: int = 70,
    height: int = 22,
    columns: LadderColumns = DEFAULT_COLUMNS,
    held: HeldPosition | None = None,
    contract_size: str = "1",
) -> list[str]:
    lines = ladder_lines(view, window, width, height, 0.0, columns=columns, held=held, contract_size=D(contract_size))
    return [text_of(line) for line in lines]


def at(rows: list[str], window: LadderWindow, ticks: int) -> str:
    """Return the text of the row of a price."""
    return rows[1 + window.row_of(ticks)]
