"""Price alerts: what a typed price means where the market is now, and the list of those that are set."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from core.state.desk import PriceAlertView
from core.state.monitoring import MarketState
from tui.present import numbers
from tui.present.cells import left
from tui.present.freshness import Freshness, book_freshness
from tui.present.ink import Decor, Ink, Line, Span
from tui.present.typed_number import typed_number

_NAME_CELLS: Final = 30
_WAY_CELLS: Final = 22


class TypedAlert(NamedTuple):
    """A price as it was typed; `problem` says why it cannot be an alert, empty where it can."""

    price: Decimal | None
    crossing: str
    distance_pct: Decimal | None
    problem: str


def middle_of(market: MarketState | None) -> Decimal | None:
    """Return where the market is; None where it is not known."""
    if market is None or market.bid is None or market.ask is None:
        return None
    return (market.bid + market.ask) / 2


def typed_alert(text: str, middle: Decimal | None) -> TypedAlert:
    """Read a price as a person types it and say on which side of the market it lies, and how far."""
    price, problem = typed_number(text, is_price=True)
    if price is None:
        return TypedAlert(None, "", None, f"{problem}; a price is a number, e.g. 65000" if text.strip() else "")
    if price <= 0:
        return TypedAlert(None, "", None, "a price is above 0")
    if not middle:
        return TypedAlert(None, "", None, "where the market is is not known: nobody can say how far that is")
    if price == middle:
        return TypedAlert(None, "", None, "the market is there already")
    distance = (price / middle - 1) * 100
    return TypedAlert(price, "above" if price > middle else "below", distance, "")


def market_line(market: MarketState | None, snapshot_age_s: float) -> Line:
    """Say where the market is and how old that is."""
    middle = middle_of(market)
    if market is None or middle is None:
        return (Span("where the market is is not known", Ink.ALARM, Decor.BOLD),)
    state = book_freshness(market.validity, market.age_s, snapshot_age_s)
    age_s = None if market.age_s is None else market.age_s + snapshot_age_s
    said = numbers.age(age_s) if market.validity == "valid" else f"{market.validity}, {numbers.age(age_s)}"
    decor = Decor.NONE if state is Freshness.FRESH else state.decor
    return (
        Span("bid ", Ink.QUIET), Span(f"{market.bid:,f}", Ink.BID, decor),
        Span("   ask ", Ink.QUIET), Span(f"{market.ask:,f}", Ink.ASK, decor),
        Span(f"   {said}", state.ink),
    )  # fmt: skip


def meaning_line(typed: TypedAlert, *, is_repeated: bool) -> Line:
    """Say when it would go off and how far that is."""
    often = "each time" if is_repeated else "once"
    if typed.price is None:
        return (Span(f"goes off {often}", Ink.QUIET),)
    return (
        Span(f"goes off {often}, {typed.crossing} ", Ink.QUIET),
        Span(f"{typed.price:,f}", Ink.STRONG, Decor.BOLD),
        Span(f", {distance_text(typed.distance_pct)} from here", Ink.STRONG),
    )


def distance_text(distance_pct: Decimal | None) -> str:
    return numbers.NOTHING if distance_pct is None else f"{distance_pct:+.2f} %"


def alert_lines(alerts: Sequence[PriceAlertView], marked: str | None, rows: int) -> list[Line]:
    """Show at most so many alerts, the marked one among them."""
    if not alerts:
        return [(Span("no price alerts yet", Ink.QUIET),)]
    at = next((place for place, alert in enumerate(alerts) if alert.alert_id == marked), 0)
    first = max(0, min(at - rows // 2, len(alerts) - rows))
    shown = [_alert_line(alert, is_marked=alert.alert_id == marked) for alert in alerts[first : first + rows]]
    left_out = len(alerts) - len(shown)
    return [*shown, (Span(f"   … and {left_out} more", Ink.QUIET),)] if left_out else shown


def _alert_line(alert: PriceAlertView, *, is_marked: bool) -> Line:
    shape = "▲" if alert.crossing == "above" else "▼"
    often = " each time" if alert.is_repeated else ""
    head = (
        Span(" ▸ " if is_marked else "   ", Ink.ACCENT),
        Span(left(f"{alert.symbol}@{alert.venue}", _NAME_CELLS), Ink.STRONG, _decor(is_marked=is_marked)),
        Span(left(f" {shape} {alert.price:,f}{often}", _WAY_CELLS)),
    )
    if alert.fired_ns is not None:
        return (*head, Span(f" WENT OFF {numbers.clock(alert.fired_ns)}", Ink.WARNING, Decor.BOLD))
    return (*head, Span(f" {distance_text(alert.distance_pct)}", Ink.QUIET))


def _decor(*, is_marked: bool) -> Decor:
    return Decor.REVERSED | Decor.BOLD if is_marked else Decor.NONE
