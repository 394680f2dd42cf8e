"""Each venue's account: margin, balances, how far liquidation is, and funding to come. What is unknown is a dash."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from core.state.account import AccountView, BalanceView, ContractView
from tui.present import numbers
from tui.present.bars import room_bar
from tui.present.cells import joined, line_width, wrap
from tui.present.freshness import Freshness, freshness
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span, decorated, signed_ink
from tui.present.table import Align, Column, Row, Table, table_lines

NEAR_PCT: Final = 10  # from liquidation
CLOSE_PCT: Final = 25
LATE_READ_S: Final = 45.0  # an account is read every half minute
STALE_READ_S: Final = 90.0
LATE_FUNDING_S: Final = 120.0
STALE_FUNDING_S: Final = 300.0
_BAR_CELLS: Final = 10
_BALANCE_COLUMNS: Final = (
    Column("currency"),
    Column("total", Align.NUMBER),
    Column("free", Align.NUMBER, rank=2),
    Column("used", Align.NUMBER, rank=3),
    Column("USD", Align.NUMBER, rank=1),
    Column("price age", Align.RIGHT, rank=4),
)
_CONTRACT_COLUMNS: Final = (
    Column("contract", shrinks_to=9),
    Column("qty", Align.NUMBER, rank=4),
    Column("liq. price", Align.NUMBER, rank=1),
    Column("away", Align.RIGHT),
    Column("funding", Align.RIGHT, rank=3),
    Column("next in", Align.RIGHT, rank=2),
    Column("pays", Align.NUMBER, rank=5),
)
_EMPTY: Final = (
    "No account yet.",
    "Balances of each venue appear here once it has been asked for its account, at the start and every half minute.",
)


def account_lines(accounts: Sequence[AccountView], now_ns: int, snapshot_age_s: float, width: int) -> list[Line]:
    lines: list[Line] = []
    for account in accounts:
        lines += [*([EMPTY_LINE] if lines else []), *_venue(account, now_ns, snapshot_age_s, width)]
    return lines or [line for text in _EMPTY for line in wrap(text, width, Ink.QUIET)]


def _venue(account: AccountView, now_ns: int, snapshot_age_s: float, width: int) -> list[Line]:
    fees = (Span("  fees ", Ink.QUIET), Span(_fees(account), Ink.TEXT))
    head = _head(account, snapshot_age_s)
    heads = [(*head, *fees)] if line_width(head) + line_width(fees) <= width else [head, fees]
    marks = _oldest_mark(account, snapshot_age_s)
    lines = [*heads, _margin(account, marks, width), _liquidation(account, marks, width)]
    if account.balances:
        lines += _laid_out(
            _BALANCE_COLUMNS, [_balance(each, account, snapshot_age_s) for each in account.balances], width
        )
    else:
        lines.append((Span("balances are not known", Ink.WARNING),))
    if account.contracts:
        rows = [_contract(each, now_ns, snapshot_age_s) for each in account.contracts]
        lines += _laid_out(_CONTRACT_COLUMNS, rows, width)
    return lines


def _laid_out(columns: tuple[Column, ...], rows: list[Row], width: int) -> list[Line]:
    header, lines = table_lines(Table(columns, rows, ()), width)
    return [header, *lines]


def _head(account: AccountView, snapshot_age_s: float) -> Line:
    age_s = None if account.read_age_s is None else account.read_age_s + snapshot_age_s
    read = "never read" if age_s is None else f"read {numbers.duration(age_s)} ago"
    state = read_freshness(age_s)
    return (
        Span(account.venue, Ink.STRONG, Decor.BOLD),
        Span("  equity ", Ink.QUIET),
        _usd(account.equity_usd),
        Span("  ", Ink.QUIET),
        Span(read, state.ink),
    )


class _Marks(NamedTuple):
    """The oldest price that margin and liquidation stand on."""

    age_s: float | None
    state: Freshness  # fresh too where no contract needs a price

    @property
    def decor(self) -> Decor:
        return self.state.decor


def _oldest_mark(account: AccountView, snapshot_age_s: float) -> _Marks:
    ages_s = [each.mark_age_s for each in account.contracts]
    known_s = [age_s for age_s in ages_s if age_s is not None]
    if not ages_s:
        return _Marks(None, Freshness.FRESH)
    oldest_s = max(known_s) + snapshot_age_s if len(known_s) == len(ages_s) else None
    return _Marks(oldest_s, freshness(oldest_s))


def _margin(account: AccountView, marks: _Marks, width: int) -> Line:
    free, all_of_it = account.margin_free_usd, account.collateral_usd
    leverage = numbers.NOTHING if account.leverage is None else f"{account.leverage:f}×"  # noqa: RUF001 (times)
    return joined(
        (
            Span("margin ", Ink.QUIET),
            *decorated(room_bar(free, all_of_it, _BAR_CELLS), marks.decor),
            Span(" "),
            _usd(free, marks.decor),
            Span(" free", Ink.QUIET),
        ),
        (Span("  used ", Ink.QUIET), _usd(account.margin_used_usd, marks.decor)),
        (
            Span("  leverage ", Ink.QUIET),
            Span(leverage, decor=marks.decor),
            Span(f" of {account.max_leverage:f}", Ink.QUIET),
        ),
        width=width,
    )


def _liquidation(account: AccountView, marks: _Marks, width: int) -> Line:
    distance = account.liquidation_distance_pct
    if not account.contracts and distance is not None:
        return (Span("no contracts: nothing can be liquidated", Ink.QUIET),)
    away = numbers.NOTHING if distance is None else f"{distance:.1f} %"
    is_old = marks.state is not Freshness.FRESH
    age: Line = (Span(f"  marks {numbers.age(marks.age_s)}", marks.state.ink),) if is_old else ()
    return joined(
        (
            Span("liquidation if every price turns ", Ink.QUIET),
            Span(away, _distance_ink(distance), Decor.BOLD | marks.decor),
        ),
        age,
        (Span("  maintenance ", Ink.QUIET), _usd(account.maintenance_usd, marks.decor)),
        width=width,
    )


def _fees(account: AccountView) -> str:
    maker, taker = (_rates(rates) for rates in (account.maker_fee_rates, account.taker_fee_rates))
    return numbers.NOTHING if maker == taker == numbers.NOTHING else f"maker {maker} taker {taker}"


def _rates(rates: tuple[Decimal, Decimal] | None) -> str:
    if rates is None:
        return numbers.NOTHING
    low, high = (f"{numbers.exact(rate * 100)}" for rate in rates)
    return f"{low}%" if low == high else f"{low}–{high}%"  # noqa: RUF001 (from, to)


def _usd(value: Decimal | None, decor: Decor = Decor.NONE) -> Span:
    if value is None:
        return Span(numbers.NOTHING, Ink.WARNING)
    return Span(numbers.money(value, 0), Ink.ALARM if value < 0 else Ink.STRONG, decor)


def read_freshness(age_s: float | None) -> Freshness:
    """Judge how old a venue's word of its account is; it is asked every half minute."""
    if age_s is None or age_s > STALE_READ_S:
        return Freshness.STALE
    return Freshness.LATE if age_s > LATE_READ_S else Freshness.FRESH


def _funding_freshness(age_s: float | None) -> Freshness:
    """Judge how old a venue's word of a funding rate is; some say it but every minute and a half."""
    if age_s is None or not age_s <= STALE_FUNDING_S:
        return Freshness.STALE
    return Freshness.LATE if age_s > LATE_FUNDING_S else Freshness.FRESH


def _balance(balance: BalanceView, account: AccountView, snapshot_age_s: float) -> Row:
    age_s = None if account.read_age_s is None else account.read_age_s + snapshot_age_s
    old = read_freshness(age_s).decor
    rate_s = None if balance.rate_age_s is None else balance.rate_age_s + snapshot_age_s
    rate = Freshness.FRESH if rate_s is None else freshness(rate_s)
    cells = (
        Span(balance.asset, Ink.STRONG),
        Span(numbers.exact(balance.total), Ink.WARNING if balance.total is None else Ink.TEXT),
        Span(numbers.exact(balance.free), decor=old),
        Span(numbers.exact(balance.used), decor=old),
        Span(numbers.money(balance.value_usd), decor=rate.decor),
        Span(numbers.NOTHING if rate_s is None else numbers.age(rate_s), rate.ink),
    )
    return Row(balance.asset, cells)


def _contract(contract: ContractView, now_ns: int, snapshot_age_s: float) -> Row:
    mark_s = None if contract.mark_age_s is None else contract.mark_age_s + snapshot_age_s
    mark = freshness(mark_s)
    old = mark.decor
    funding_s = None if contract.funding_age_s is None else contract.funding_age_s + snapshot_age_s
    told = _funding_freshness(funding_s)
    distance, pays = contract.liquidation_distance_pct, contract.next_funding_usd
    funding = numbers.NOTHING if contract.funding_rate is None else f"{contract.funding_rate * 100:+.4f} %"
    cells = (
        Span(contract.symbol, Ink.STRONG),
        Span(numbers.exact(contract.quantity), signed_ink(contract.quantity)),
        Span(numbers.NOTHING if contract.liquidation_price is None else f"{contract.liquidation_price:,f}", decor=old),
        Span(numbers.NOTHING if distance is None else f"{distance:+.1f} %", _distance_ink(distance), old),
        Span(funding, decor=told.decor),
        Span(_countdown(contract.next_funding_ns, now_ns)),
        Span(numbers.signed_money(pays), signed_ink(pays), max(told, mark).decor),
    )
    return Row(contract.symbol, cells)


def _countdown(at_ns: int | None, now_ns: int) -> str:
    return numbers.NOTHING if at_ns is None else numbers.duration(max(0, at_ns - now_ns) / 1e9)


def _distance_ink(distance_pct: Decimal | None) -> Ink:
    if distance_pct is None:
        return Ink.WARNING
    away = abs(distance_pct) if distance_pct else Decimal(0)
    return Ink.ALARM if away < NEAR_PCT else Ink.WARNING if away < CLOSE_PCT else Ink.GOOD
