"""What is the trader's own in a chart: fills at their bar and price; average, orders and stops as lines."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from core.state.desk import BarView, ChartView, DeskSnapshot, OrderView, PositionView, ProtectionView
from tui.present import numbers
from tui.present.chart_scale import Grid, Scale, axis_text
from tui.present.ink import Decor, Ink, Span
from tui.present.orders import is_final

AVERAGE, BUY, SELL, STOP, TARGET = "◆", "B", "S", "X", "T"
_DASH = {AVERAGE: "╌", BUY: "┈", SELL: "┈", STOP: "╌", TARGET: "┈"}
_ARROWS = frozenset("▲▼⇅")
_MOST_LINES = 20
_TEXT_GAP = 3  # cells of the line before its words


class OwnLine(NamedTuple):
    """A price that is the trader's own, with a mark for the axis and words for the line."""

    price: float
    mark: str
    text: str


def own_lines(snapshot: DeskSnapshot, chart: ChartView) -> list[OwnLine]:
    """Return the position's average price with what protects it, and the resting orders of the chart's instrument."""
    place = (chart.venue, chart.symbol)
    lines = [*_averages(position for position in snapshot.positions if (position.venue, position.symbol) == place)]
    lines += _resting(order for order in snapshot.orders if (order.venue, order.symbol) == place)
    return lines[:_MOST_LINES]


def _averages(positions: Iterable[PositionView]) -> Iterable[OwnLine]:
    for position in positions:
        if position.quantity and position.average_price is not None:
            side = "long" if position.quantity > 0 else "short"
            text = f"avg {side} {numbers.exact(abs(position.quantity))}"
            yield OwnLine(float(position.average_price), AVERAGE, text)
        if position.protection is not None:
            yield from _levels(position.protection)


def _levels(found: ProtectionView) -> Iterable[OwnLine]:
    """Give the prices that the engine closes the position at; they say so where nobody watches them."""
    state = "" if found.state == "watched" else f" {found.state}"
    for price, mark, name in (
        (found.stop_price, STOP, "stop loss"),
        (found.trailing_price, STOP, "trailing stop"),
        (found.take_profit_price, TARGET, "take profit"),
    ):
        if price is not None:
            yield OwnLine(float(price), mark, f"{name} {numbers.exact(abs(found.quantity))}{state}")


def _resting(orders: Iterable[OrderView]) -> Iterable[OwnLine]:
    for order in orders:
        price = order.limit_price if order.limit_price is not None else order.stop_price
        if price is None or is_final(order):
            continue
        left = max(Decimal(0), order.quantity - order.filled_quantity)
        kind = "" if order.stop_price is None else " stop"
        mark = BUY if order.side == "buy" else SELL
        yield OwnLine(float(price), mark, f"{order.side}{kind} {numbers.exact(left)}")


def draw_own_lines(
    grid: Grid, columns: int, labels: list[Span], lines: Sequence[OwnLine], scale: Scale, decimals: int
) -> None:
    """Dash each price through what is blank, with its words where they fit; the average goes before orders."""
    for price, mark, text in sorted(lines, key=lambda line: line.mark == AVERAGE):
        if not scale.holds(price):
            continue
        row = grid[scale.row(price)]
        blank = [column for column in range(columns) if column not in row]
        row.update(dict.fromkeys(blank, Span(_DASH[mark], Ink.OWN)))
        _write(row, columns, frozenset(blank), f" {text} ")
        label = axis_text(price, decimals, len(labels[0].text) - 2)
        labels[scale.row(price)] = Span(f"{label}{mark} ", Ink.OWN, Decor.BOLD)


def _write(row: dict[int, Span], columns: int, blank: frozenset[int], text: str) -> None:
    room = len(text)
    for start in range(_TEXT_GAP, columns - room + 1):
        if all(index in blank for index in range(start, start + room)):
            for offset, character in enumerate(text):
                row[start + offset] = Span(character, Ink.OWN)
            return


def draw_fills(grid: Grid, bars: Sequence[BarView], chart: ChartView, scale: Scale) -> None:
    """Mark own executions; where a buy and a sell meet in one cell, both arrows stand there."""
    opens = [bar.open_ns for bar in bars]
    for at_ns, side, price in chart.fills:
        column = bisect_right(opens, at_ns) - 1
        if column < 0 or not scale.holds(price):
            continue
        mark, row = "▲" if side == "buy" else "▼", grid[scale.row(price)]
        if column in row and row[column].text in _ARROWS and row[column].text != mark:
            mark = "⇅"
        row[column] = Span(mark, Ink.OWN, Decor.BOLD)
