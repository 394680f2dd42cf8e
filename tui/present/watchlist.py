"""The watchlist: quotes of the instruments that a trader chose, in the order that the trader gave them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from core.state.desk import PriceAlertView
from core.state.monitoring import MarketState
from tui.present import numbers
from tui.present.freshness import Freshness, book_freshness
from tui.present.ink import Decor, Ink, Span, signed_ink
from tui.present.table import Align, Column, Row, Table

Markets = dict[str, dict[str, MarketState]]  # venue → symbol

_COLUMNS: Final = (
    Column("symbol", shrinks_to=9),
    Column("venue", rank=6, shrinks_to=5),
    Column("last", Align.NUMBER, rank=1),
    Column("bid", Align.NUMBER, rank=7),
    Column("ask", Align.NUMBER, rank=7),
    Column("bps", Align.NUMBER, rank=5),
    Column("day", Align.RIGHT, rank=2),
    Column("age", Align.RIGHT, rank=3),
)
_ALERT_COLUMN: Final = Column("alert", Align.RIGHT, rank=2)
_EMPTY: Final = (
    "Nothing is watched yet.",
    "{watchlist} adds an instrument: type a part of its name and take it. The list is kept for the next start.",
)
_DAY_NS: Final = 86_400_000_000_000
_AT_DAYS_BEGIN_NS: Final = 60_000_000_000  # a price from the first minute stands for the beginning of the day
_BPS: Final = 10_000
_NO_CELL: Final = Span(numbers.NOTHING, Ink.QUIET)


class DayChange(NamedTuple):
    """How far a price has come in the UTC day; not whole where the first price is of later that day."""

    percent: Decimal
    is_whole: bool


def day_change(market: MarketState) -> DayChange | None:
    """Return the change of the middle of the book since the day began; None where either price is unknown."""
    if market.day_price is None or not market.day_price or market.bid is None or market.ask is None:
        return None
    percent = ((market.bid + market.ask) / 2 / market.day_price - 1) * 100
    return DayChange(percent, (market.day_price_ns or 0) % _DAY_NS <= _AT_DAYS_BEGIN_NS)


def spread_bps(market: MarketState) -> Decimal | None:
    if market.bid is None or market.ask is None or market.bid + market.ask == 0:
        return None
    return (market.ask - market.bid) * 2 * _BPS / (market.bid + market.ask)


def market_of(name: str, markets: Markets) -> MarketState | None:
    """Return the state of an instrument named ``SYMBOL@venue``; None where the engine does not follow it."""
    symbol, _, venue = name.rpartition("@")
    return markets.get(venue, {}).get(symbol)


def watch_table(
    names: Sequence[str], markets: Markets, snapshot_age_s: float, alerts: Sequence[PriceAlertView] = ()
) -> Table:
    """Lay out the quotes; a column for price alerts is there only while a watched instrument has one."""
    nearest = _nearest_alerts(alerts)
    if any(name in nearest for name in names):
        rows = [_row(name, market_of(name, markets), snapshot_age_s) for name in names]
        told = [Row(row.key, (*row.cells, _alert(nearest.get(row.key)))) for row in rows]
        return Table((*_COLUMNS, _ALERT_COLUMN), told, _EMPTY)
    return Table(_COLUMNS, [_row(name, market_of(name, markets), snapshot_age_s) for name in names], _EMPTY)


def _nearest_alerts(alerts: Sequence[PriceAlertView]) -> dict[str, PriceAlertView]:
    """Return for each instrument what has gone off, else the alert that the market is nearest to."""
    nearest: dict[str, PriceAlertView] = {}
    for alert in alerts:
        name = f"{alert.symbol}@{alert.venue}"
        if name not in nearest or _is_nearer(alert, nearest[name]):
            nearest[name] = alert
    return nearest


def _is_nearer(alert: PriceAlertView, other: PriceAlertView) -> bool:
    if (alert.fired_ns is None) != (other.fired_ns is None):
        return alert.fired_ns is not None
    if alert.distance_pct is None or other.distance_pct is None:
        return alert.distance_pct is not None
    return abs(alert.distance_pct) < abs(other.distance_pct)


def _alert(alert: PriceAlertView | None) -> Span:
    if alert is None:
        return Span("")
    shape = "▲" if alert.crossing == "above" else "▼"
    if alert.fired_ns is not None:
        return Span(f"{shape} {alert.price:,f} WENT OFF", Ink.WARNING, Decor.BOLD | Decor.PRIVATE)
    away = numbers.NOTHING if alert.distance_pct is None else f"{alert.distance_pct:+.1f}%"
    return Span(f"{shape} {alert.price:,f} {away}", Ink.OWN)


def middle_by_row(names: Sequence[str], markets: Markets) -> dict[str, float | None]:
    """Return the middle of each watched book; None where it is not one to trade on."""
    found = {name: market_of(name, markets) for name in names}
    return {name: None if market is None else _middle(market) for name, market in found.items()}


def _middle(market: MarketState) -> float | None:
    is_good = book_freshness(market.validity, market.age_s, 0.0) is not Freshness.STALE
    return float(market.bid + market.ask) / 2 if is_good and market.bid is not None and market.ask is not None else None


def has_partial_day(names: Sequence[str], markets: Markets) -> bool:
    """Tell whether any change shown is not of the whole day."""
    found = (market_of(name, markets) for name in names)
    changes = (day_change(market) for market in found if market is not None)
    return any(change is not None and not change.is_whole for change in changes)


def _row(name: str, market: MarketState | None, snapshot_age_s: float) -> Row:
    symbol, _, venue = name.rpartition("@")
    names = (Span(symbol, Ink.STRONG), Span(venue, Ink.QUIET))
    if market is None:
        return Row(name, (*names, Span("not followed", Ink.WARNING), *((_NO_CELL,) * 5)))
    state = book_freshness(market.validity, market.age_s, snapshot_age_s)
    decor = Decor.NONE if state is Freshness.FRESH else state.decor
    age_s = None if market.age_s is None else market.age_s + snapshot_age_s
    spread = spread_bps(market)
    cells = (
        _price(market.last, Ink.TEXT, decor),
        _price(market.bid, Ink.BID, decor),
        _price(market.ask, Ink.ASK, decor),
        _NO_CELL if spread is None else Span(f"{spread:.2f}", Ink.TEXT, decor),
        _day(day_change(market), decor),
        _age(market, age_s, state),
    )
    return Row(name, (*names, *cells))


def _price(price: Decimal | None, ink: Ink, decor: Decor) -> Span:
    """Show a price with the decimals of its grid, which it carries."""
    return _NO_CELL if price is None else Span(f"{price:,f}", ink, decor)


def _day(change: DayChange | None, decor: Decor) -> Span:
    if change is None:
        return _NO_CELL
    mark = "" if change.is_whole else "*"
    text = f"{numbers.direction(change.percent)}{change.percent:+.2f}%{mark}"
    return Span(text, signed_ink(change.percent), decor)


def _age(market: MarketState, age_s: float | None, state: Freshness) -> Span:
    if market.validity not in {"valid", "stale"}:
        return Span(market.validity, Ink.QUIET if market.validity == "closed" else Ink.ALARM)
    return Span(numbers.age(age_s), state.ink)
