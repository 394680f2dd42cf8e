"""Strategies as a table."""

from core.state.monitoring import StrategyState
from tui.present.ink import Decor, Ink, Span
from tui.present.table import Align, Column, Row, Table

_COLUMNS = (
    Column("strategy", shrinks_to=10),
    Column("status"),
    Column("signals", Align.NUMBER, rank=2),
    Column("orders", Align.NUMBER, rank=1),
    Column("last signal", rank=3, shrinks_to=10),
    Column("on", rank=4, shrinks_to=10),
    Column("parameters", rank=5, shrinks_to=10),
    Column("detail", rank=6, shrinks_to=10),
)
_EMPTY = (
    "No strategies are known.",
    "Shipped ones are listed here; {start-strategy} starts and {stop-strategy} stops the selected one.",
)
_STATUS = {"running": ("▶", Ink.GOOD), "stopped": ("■", Ink.QUIET), "failed": ("✗", Ink.ALARM)}


def strategies_table(strategies: list[StrategyState]) -> Table:
    return Table(
        _COLUMNS,
        [_row(strategy) for strategy in strategies],
        _EMPTY,
    )


def _row(strategy: StrategyState) -> Row:
    shape, ink = _STATUS.get(strategy.status, ("?", Ink.WARNING))
    parameters = " ".join(f"{name}={value}" for name, value in strategy.parameters.items())
    cells = (
        Span(strategy.name, Ink.STRONG),
        Span(f"{shape} {strategy.status}", ink, Decor.BOLD if strategy.status == "failed" else Decor.NONE),
        Span(f"{strategy.signals:,}"),
        Span(f"{strategy.orders:,}"),
        Span(strategy.last_signal or "", Ink.TEXT),
        Span(" ".join(strategy.instruments), Ink.QUIET),
        Span(parameters, Ink.QUIET),
        Span(strategy.detail, Ink.QUIET),
    )
    return Row(strategy.name, cells)
