"""Positions per venue, then net per base asset."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from core.state.desk import NetPositionView, PositionView, ProtectionView
from tui.present import numbers
from tui.present.freshness import Freshness, freshness
from tui.present.ink import Decor, Ink, Line, Span, signed_ink
from tui.present.price_grids import NO_GRIDS, Grids, on_grid
from tui.present.table import Align, Column, Row, Table

_COLUMNS = (
    Column("venue", rank=1, shrinks_to=4),
    Column("symbol", shrinks_to=11),
    Column("qty", Align.NUMBER),
    Column("avg", Align.NUMBER, rank=5),
    Column("mark", Align.NUMBER, rank=4),
    Column("value", Align.NUMBER, rank=6),
    Column("unreal.", Align.NUMBER, rank=2),
    Column("PnL", Align.NUMBER, rank=7),
    Column("realised", Align.NUMBER, rank=8),
    Column("fees", Align.NUMBER, rank=9),
    Column("funding", Align.NUMBER, rank=10),
    Column("age", Align.RIGHT, rank=3),
)
_EMPTY = (
    "No open positions.",
    "{buy} buys and {sell} sells at the ladder's cursor; a started strategy trades by itself (desk 3).",
)


_PROTECTED = (
    Column("stop", Align.RIGHT, rank=3),
    Column("trail", Align.RIGHT, rank=3),
    Column("profit", Align.RIGHT, rank=4),
)
"""Beside the others only while something is protected, so that a pane without stops has no empty columns."""


def positions_table(
    positions: list[PositionView], net: list[NetPositionView], snapshot_age_s: float, grids: Grids = NO_GRIDS
) -> Table:
    rows = [_row(position, snapshot_age_s, grids) for position in positions]
    rows += [_net_row(total, [each for each in positions if _is_of(each, total)], snapshot_age_s) for total in net]
    if all(position.protection is None for position in positions):
        return Table(_COLUMNS, rows, _EMPTY)
    levels = [*(_protection_cells(position.protection) for position in positions), *((Span(""),) * 3 for _ in net)]
    wide = [Row(row.key, (*row.cells, *cells), row.decor) for row, cells in zip(rows, levels, strict=True)]
    return Table((*_COLUMNS, *_PROTECTED), wide, _EMPTY)


def positions_note(held: Sequence[PositionView], snapshot_age_s: float) -> Line:
    """Say how many are open, and the age of the oldest price that one of them is valued at."""
    if not held:
        return (Span("0 open", Ink.QUIET),)
    ages = [each.mark_age_s for each in held]
    known = [age for age in ages if age is not None]
    oldest = max(known) + snapshot_age_s if len(known) == len(ages) else None
    return (Span(f"{len(held)} open", Ink.OWN), Span(f"  {numbers.age(oldest)}", freshness(oldest).ink, Decor.PUBLIC))


def _protection_cells(found: ProtectionView | None) -> tuple[Span, ...]:
    """Show each level with how far the mark is from it; loud where it is being closed or nobody watches."""
    if found is None:
        return (Span(numbers.NOTHING, Ink.QUIET),) * 3
    ink = {"watched": Ink.TEXT, "closing": Ink.ALARM}.get(found.state, Ink.WARNING)
    levels = (
        (found.stop_price, found.stop_distance_pct),
        (found.trailing_price, found.trailing_distance_pct),
        (found.take_profit_price, found.take_profit_distance_pct),
    )
    return tuple(Span(_level(price, away_pct), ink) for price, away_pct in levels)


def _level(price: Decimal | None, away_pct: Decimal | None) -> str:
    if price is None:
        return numbers.NOTHING
    away = "?" if away_pct is None else f"{away_pct:.1f}%"
    return f"{price:,.{min(8, max(2, numbers.decimals_of(price)))}f} {away}"


def _row(position: PositionView, snapshot_age_s: float, grids: Grids) -> Row:
    age_s = None if position.mark_age_s is None else position.mark_age_s + snapshot_age_s
    state = freshness(age_s)
    marked = Decor.NONE if state is Freshness.FRESH else state.decor
    pnl, mark = position.unrealised_pnl_usd, position.mark_price
    cells = (
        Span(position.venue, Ink.QUIET),
        Span(position.symbol, Ink.STRONG),
        Span(numbers.exact(position.quantity), signed_ink(position.quantity)),
        Span(_average(position, grids)),
        Span(numbers.NOTHING if mark is None else on_grid(mark, position, grids), decor=marked),
        Span(numbers.money(position.notional_usd), decor=marked),
        Span(numbers.signed_money(pnl), signed_ink(pnl), marked),
        Span(numbers.signed_money(_pnl(position)), signed_ink(_pnl(position)), marked),
        Span(numbers.signed_money(position.realised_pnl_usd), signed_ink(position.realised_pnl_usd)),
        Span(numbers.money(position.fees_usd), Ink.QUIET),
        Span(numbers.signed_money(position.funding_usd), Ink.QUIET),
        Span(numbers.age(age_s), state.ink, Decor.PUBLIC),
    )
    return Row(f"{position.symbol}@{position.venue}", cells, Decor.NONE if position.quantity else Decor.DIM)


def _average(position: PositionView, grids: Grids) -> str:
    """Show an average with the decimals of the grid and of the mark, two at least: a quotient has no end of its own."""
    if position.average_price is None:
        return numbers.NOTHING
    mark, grid = position.mark_price, grids.get((position.venue, position.symbol), 0)
    decimals = max(2, grid, 0 if mark is None else numbers.decimals_of(mark))
    return f"{position.average_price:,.{min(8, decimals)}f}"


def _is_of(position: PositionView, total: NetPositionView) -> bool:
    return (position.base or _base_in(position.symbol)) == total.base


def _base_in(symbol: str) -> str:
    """Read the base from a symbol, ``BTC/USDT:USDT`` or ``xyz:NVDA``: an older engine does not say it."""
    return symbol.partition("/")[0].rpartition(":")[2]


def _pnl(position: PositionView) -> Decimal | None:
    """Return profit and loss with funding, less fees; None where a part of it is not known."""
    parts = (position.unrealised_pnl_usd, position.realised_pnl_usd, position.funding_usd, position.fees_usd)
    unrealised, realised, funding, fees = parts
    if unrealised is None or realised is None or funding is None or fees is None:
        return None
    return unrealised + realised + funding - fees


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    """Add up what is known; a sum with an unknown part is unknown, and so is one of nothing."""
    known = list(values)
    return None if not known or None in known else sum((each or Decimal(0) for each in known), Decimal(0))


def _net_row(total: NetPositionView, parts: Sequence[PositionView], snapshot_age_s: float) -> Row:
    """Add up the rows above, column by column; the profit is the engine's own, of what is closed too."""
    nothing = Span("")
    ages_s = [each.mark_age_s for each in parts if each.quantity]
    age_s = None if not ages_s or None in ages_s else max(each or 0.0 for each in ages_s) + snapshot_age_s
    state = freshness(age_s)
    marked = Decor.BOLD if state is Freshness.FRESH or not ages_s else Decor.BOLD | state.decor
    unrealised, pnl = _sum(each.unrealised_pnl_usd for each in parts), total.pnl_usd
    realised = _sum(each.realised_pnl_usd for each in parts)
    cells = (
        Span("net", Ink.QUIET),
        Span(total.base, Ink.STRONG, Decor.BOLD),
        Span(numbers.exact(total.quantity), signed_ink(total.quantity), Decor.BOLD),
        nothing,
        nothing,
        Span(numbers.money(total.notional_usd)),
        Span(numbers.signed_money(unrealised), signed_ink(unrealised), marked),
        Span(numbers.signed_money(pnl), signed_ink(pnl), marked),
        Span(numbers.signed_money(realised), signed_ink(realised)),
        Span(numbers.money(_sum(each.fees_usd for each in parts)), Ink.QUIET),
        Span(numbers.signed_money(_sum(each.funding_usd for each in parts)), Ink.QUIET),
        Span(numbers.age(age_s), state.ink, Decor.PUBLIC) if ages_s else nothing,
    )
    return Row(f"net {total.base}", cells)


def unrealised_by_row(positions: list[PositionView]) -> dict[str, float | None]:
    """Return each open position's unrealised profit by the key of its row; None where its price is not fresh."""
    return {
        f"{position.symbol}@{position.venue}": float(position.unrealised_pnl_usd)
        if position.unrealised_pnl_usd is not None and freshness(position.mark_age_s) is not Freshness.STALE
        else None
        for position in positions
        if position.quantity
    }
