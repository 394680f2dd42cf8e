"""Capital of each venue: what its pools hold, what is in flight, and what the jobs of the day earned."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from core.state.desk import CapitalView, PoolView
from tui.present import numbers
from tui.present.bars import room_bar
from tui.present.cells import joined, left, wrap
from tui.present.entries import Entry
from tui.present.ink import Decor, Ink, Line, Span, signed_ink
from tui.present.key_words import KeyWords
from tui.present.table import Align, Column, Row, Table, table_lines

_BAR: Final = 12
_NARROW_BAR: Final = 6
_WIDE: Final = 76  # from here on amounts are named in words
_SHORT_BAR: Final = 5
_LABEL: Final = 11
_COLUMNS: Final = (
    Column("venue", shrinks_to=5),
    Column("equity", Align.NUMBER, rank=3),
    Column("hedge free", Align.RIGHT, rank=1),
    Column("arb free", Align.RIGHT, rank=2),
    Column("reserve free", Align.RIGHT, rank=6),
    Column("in flight", Align.NUMBER, rank=5),
    Column("room left", Align.RIGHT),
    Column("today", Align.RIGHT, rank=4),
    Column("", rank=0),
)


def no_capital_lines(width: int, keys: KeyWords) -> list[Line]:
    return [
        *wrap("No capital yet.", width),
        *wrap(
            keys(
                "Each venue's equity is split into three pools, hedge, arb and reserve; what they hold, what is in "
                "flight and what is left shows here once balances are known. {safe-mode} puts the selected venue into "
                "safe mode."
            ),
            width,
            Ink.QUIET,
        ),
    ]


def capital_entries(venues: Sequence[CapitalView], width: int, height: int) -> tuple[list[Line], list[Entry]]:
    """Return a block a venue where all of them fit, else a table of one row a venue."""
    blocks = [Entry(view.venue, tuple(_block(view, width))) for view in venues]
    if not venues or sum(len(block.lines) for block in blocks) <= height:
        return [], blocks
    header, rows = table_lines(Table(_COLUMNS, [_row(view) for view in venues], ()), width)
    return [header], [Entry(view.venue, (row,)) for view, row in zip(venues, rows, strict=True)]


def pool_bar(pool: PoolView, cells: int) -> tuple[Span, ...]:
    """Draw a pool: bound by positions, in flight, free; three shapes, and question marks where it is not known."""
    if pool.budget_usd is None:
        return (Span("?" * cells, Ink.ALARM),)
    bound = _cells(pool.committed_usd, pool.budget_usd, cells)
    flying = min(cells - bound, _cells(pool.reserved_usd, pool.budget_usd, cells))
    return (
        Span("█" * bound, Ink.OWN),
        Span("▓" * flying, Ink.WARNING),
        Span("░" * (cells - bound - flying), Ink.GOOD),
    )


def _cells(part: Decimal, whole: Decimal, cells: int) -> int:
    """Return how many cells a part takes: at least one where there is any of it, never more than there are."""
    if part <= 0:
        return 0
    return cells if part >= whole else min(cells, max(1, int(part / whole * cells)))


def _block(view: CapitalView, width: int) -> list[Line]:
    return [
        _head(view),
        *(_pool_line(pool, width) for pool in view.pools),
        _in_flight_line(view, width),
        _today_line(view),
    ]


def _head(view: CapitalView) -> Line:
    line: list[Span] = [Span(left(view.venue, _LABEL) + " ", Ink.STRONG, Decor.BOLD), Span("equity ", Ink.QUIET)]
    if view.equity_usd is None:
        line.append(Span("UNKNOWN: nothing can be reserved here", Ink.ALARM, Decor.BOLD))
    else:
        line.append(Span(numbers.money(view.equity_usd), Ink.STRONG))
    if view.safe_mode:
        line.append(Span("  SAFE MODE", Ink.WARNING, Decor.BOLD | Decor.REVERSED))
    return tuple(line)


def _pool_line(pool: PoolView, width: int) -> Line:
    free = "free unknown" if pool.free_usd is None else f"{numbers.room(pool.free_usd)} free"
    ink = Ink.ALARM if pool.free_usd is None or pool.free_usd <= 0 else Ink.STRONG
    line = (
        Span(f"  {left(pool.pool, _LABEL - 2)} ", Ink.QUIET),
        *pool_bar(pool, _bar_cells(width)),
        Span(f" {free}", ink),
    )
    names = ("in flight", "bound") if width >= _WIDE else ("▓", "█")
    return joined(
        line,
        (Span(f" of {numbers.room(pool.budget_usd)}", Ink.QUIET),),
        _amount(names[0], pool.reserved_usd),
        _amount(names[1], pool.committed_usd),
        width=width,
    )


def _bar_cells(width: int) -> int:
    return _BAR if width >= _WIDE else _NARROW_BAR


def _amount(name: str, value: Decimal) -> Line:
    return (Span(f"  {name} ", Ink.QUIET), Span(numbers.money(value, 0), Ink.TEXT if value else Ink.QUIET))


def _in_flight_left(view: CapitalView) -> Decimal | None:
    return None if view.in_flight_limit_usd is None else view.in_flight_limit_usd - view.in_flight_usd


def _in_flight_line(view: CapitalView, width: int) -> Line:
    room = _in_flight_left(view)
    line = (
        Span(f"  {left('in flight', _LABEL - 2)} ", Ink.QUIET),
        *room_bar(room, view.in_flight_limit_usd, _bar_cells(width)),
        Span(f" {numbers.room(room)} left", Ink.ALARM if room is None or room <= 0 else Ink.STRONG),
    )
    return joined(
        line,
        (Span(f" of {numbers.room(view.in_flight_limit_usd)}", Ink.QUIET),),
        (Span(f"  one at most {numbers.room(view.single_limit_usd)}", Ink.QUIET),),
        width=width,
    )


def _today_line(view: CapitalView) -> Line:
    pnl = view.today_pnl_usd
    return (
        Span(f"  {left('jobs today', _LABEL)}", Ink.QUIET),
        Span(f"PnL {numbers.direction(pnl)}{numbers.signed_money(pnl)}", signed_ink(pnl)),
        Span("  volume ", Ink.QUIET),
        Span(numbers.money(view.today_volume_usd, 0)),
        Span("  fees ", Ink.QUIET),
        Span(numbers.money(view.today_fees_usd)),
    )


def _row(view: CapitalView) -> Row:
    pools = {pool.pool: pool for pool in view.pools}
    room, pnl = _in_flight_left(view), view.today_pnl_usd
    room_text = "".join(span.text for span in room_bar(room, view.in_flight_limit_usd, _SHORT_BAR))
    cells = (
        Span(view.venue, Ink.STRONG),
        Span(numbers.money(view.equity_usd, 0), Ink.TEXT) if view.equity_usd is not None else Span("?", Ink.ALARM),
        *(_free(pools.get(name)) for name in ("hedge", "arb", "reserve")),
        Span(numbers.money(view.in_flight_usd, 0)),
        Span(f"{room_text} {numbers.room(room)}", Ink.ALARM if room is None or room <= 0 else Ink.TEXT),
        Span(f"{numbers.direction(pnl)}{numbers.signed_money(pnl)}", signed_ink(pnl)),
        Span("SAFE" if view.safe_mode else "", Ink.WARNING, Decor.BOLD),
    )
    return Row(view.venue, cells)


def _free(pool: PoolView | None) -> Span:
    if pool is None or pool.free_usd is None:
        return Span("unknown", Ink.ALARM)
    bar = "".join(span.text for span in pool_bar(pool, _SHORT_BAR))
    return Span(f"{bar} {numbers.room(pool.free_usd)}", Ink.ALARM if pool.free_usd <= 0 else Ink.TEXT)
