"""Strategies as a table."""

from typing import Final

from core.state.monitoring import StrategyProfit, StrategyState
from tui.present import numbers
from tui.present.freshness import Freshness, freshness
from tui.present.ink import Decor, Ink, Span, signed_ink
from tui.present.table import Align, Column, Row, Table

PNL: Final = "PnL"
_COLUMNS = (
    Column("strategy", shrinks_to=10),
    Column("status"),
    Column(PNL, Align.NUMBER, rank=1),
    Column("age", Align.RIGHT, rank=2),
    Column("unreal.", Align.NUMBER, rank=4),
    Column("realised", Align.NUMBER, rank=5),
    Column("fees", Align.NUMBER, rank=6),
    Column("funding", Align.NUMBER, rank=9),
    Column("signals", Align.NUMBER, rank=8),
    Column("orders", Align.NUMBER, rank=7),
    Column("last signal", rank=10, shrinks_to=10),
    Column("on", rank=11, shrinks_to=10),
    Column("parameters", rank=12, shrinks_to=10),
    Column("detail", rank=13, shrinks_to=10),
)
_EMPTY = (
    "No strategies are known.",
    "Shipped ones are listed here; {start-strategy} starts and {stop-strategy} stops the selected one.",
)
_STATUS = {"running": ("▶", Ink.GOOD), "stopped": ("■", Ink.QUIET), "failed": ("✗", Ink.ALARM)}


def strategies_table(strategies: list[StrategyState], snapshot_age_s: float = 0.0) -> Table:
    return Table(_COLUMNS, [_row(strategy, snapshot_age_s) for strategy in strategies], _EMPTY)


def is_in_part(profit: StrategyProfit | None) -> bool:
    """Tell whether something that a strategy earned, or holds, is not what its profit says."""
    return profit is not None and bool(profit.unattributed_funding or profit.not_at_the_venue)


def pnl_by_row(strategies: list[StrategyState]) -> dict[str, float | None]:
    """Return what each strategy has earned; None where that is unknown or rests on a price that is not fresh."""
    return {
        each.name: float(profit.pnl_usd)
        if profit.pnl_usd is not None and _freshness(profit, 0.0) is not Freshness.STALE
        else None
        for each in strategies
        if (profit := each.profit) is not None
    }


def _freshness(profit: StrategyProfit, snapshot_age_s: float) -> Freshness:
    """Judge the prices behind a profit; without an open position there are none."""
    if not profit.open_positions:
        return freshness(snapshot_age_s)
    return freshness(None if profit.mark_age_s is None else profit.mark_age_s + snapshot_age_s)


def _row(strategy: StrategyState, snapshot_age_s: float) -> Row:
    shape, ink = _STATUS.get(strategy.status, ("?", Ink.WARNING))
    parameters = " ".join(f"{name}={value}" for name, value in strategy.parameters.items())
    cells = (
        Span(strategy.name, Ink.STRONG),
        Span(f"{shape} {strategy.status}", ink, Decor.BOLD if strategy.status == "failed" else Decor.NONE),
        *_profit_cells(strategy.profit, snapshot_age_s),
        Span(f"{strategy.signals:,}"),
        Span(f"{strategy.orders:,}"),
        Span(strategy.last_signal or "", Ink.TEXT),
        Span(" ".join(strategy.instruments), Ink.QUIET),
        Span(parameters, Ink.QUIET),
        Span(strategy.detail, Ink.QUIET),
    )
    return Row(strategy.name, cells)


def _profit_cells(profit: StrategyProfit | None, snapshot_age_s: float) -> tuple[Span, ...]:
    if profit is None:
        return (Span(numbers.NOTHING, Ink.QUIET),) * 6
    state = _freshness(profit, snapshot_age_s)
    marked = Decor.NONE if state is Freshness.FRESH else state.decor
    age_s = None if profit.mark_age_s is None else profit.mark_age_s + snapshot_age_s
    star = "*" if is_in_part(profit) else ""
    return (
        Span(numbers.signed_money(profit.pnl_usd) + star, signed_ink(profit.pnl_usd), marked),
        Span(numbers.age(age_s), state.ink, Decor.PUBLIC) if profit.open_positions else Span("flat", Ink.QUIET),
        Span(numbers.signed_money(profit.unrealised_usd), signed_ink(profit.unrealised_usd), marked),
        Span(numbers.signed_money(profit.realised_usd), signed_ink(profit.realised_usd)),
        Span(numbers.money(profit.fees_usd), Ink.QUIET),
        Span(numbers.signed_money(profit.funding_usd), Ink.QUIET),
    )
