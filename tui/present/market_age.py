"""How old a market's data is, in a word for a frame and a look for its prices."""

from typing import NamedTuple

from core.state.monitoring import MarketState
from tui.present import numbers
from tui.present.freshness import Freshness, book_freshness
from tui.present.ink import Ink, Span


class MarketAge(NamedTuple):
    state: Freshness
    words: tuple[Span, ...]  # the longest first


def market_age(market: MarketState | None, snapshot_age_s: float) -> MarketAge:
    """Judge a market as its book is judged; one that nobody follows has no data."""
    if market is None:
        return MarketAge(Freshness.STALE, (Span("no data", Ink.ALARM),))
    state = book_freshness(market.validity, market.age_s, snapshot_age_s)
    if market.validity == "closed":
        return MarketAge(state, (Span("CLOSED", Ink.WARNING),))
    if market.validity not in {"valid", "stale"}:
        return MarketAge(state, (Span(market.validity, state.ink),))
    age = Span(numbers.age(None if market.age_s is None else market.age_s + snapshot_age_s), state.ink)
    if state is not Freshness.STALE:
        return MarketAge(state, (age,))
    return MarketAge(state, (Span(f"STALE {age.text}", state.ink), age))
