"""What may be sent to the matching engine: Kraken counts transactions of each pair, and young orders cost more.

https://docs.kraken.com/api/docs/guides/spot-ratelimits
"""

from typing import Final

from adapters.kraken.endpoints import PAIR_TRANSACTIONS, TradingSettings
from adapters.network.request_budget import Purpose, RequestBudget
from adapters.network.venue_rest import NotSentError
from core.ports.randomness import Randomness

_NS_PER_S: Final = 1_000_000_000
# (younger than so many seconds, points)
_CANCEL_POINTS: Final = ((5, 8.0), (10, 6.0), (15, 5.0), (45, 4.0), (90, 2.0), (300, 1.0))
_AMEND_POINTS: Final = ((5, 4.0), (10, 3.0), (15, 2.0))
_ADD_POINTS: Final = 1.0
_LEAST_AMEND: Final = 1.0
_PAUSE_S: Final = 10.0


class OrderAllowance:
    """Orders leave a fifth of each pair's counter to cancels, and keep to a rate of their own over all pairs."""

    def __init__(self, settings: TradingSettings, randomness: Randomness) -> None:
        self._randomness = randomness
        self._share = settings.rate_limit_share
        self._limits = PAIR_TRANSACTIONS[settings.tier]
        self._pairs: dict[str, RequestBudget] = {}
        self._orders = RequestBudget(
            randomness,
            allowance=settings.orders_burst,
            interval_s=settings.orders_burst / settings.orders_per_s,
            reserved_share=0.0,
            share=settings.rate_limit_share,
        )

    def take_order(self, symbol: str) -> None:
        """Take a new order's points now; raise NotSentError where they are not there: its price would be stale."""
        self._take_now(symbol, _ADD_POINTS)

    def take_amend(self, symbol: str, age_ns: int | None) -> None:
        """Take an amend's points now, or raise NotSentError."""
        self._take_now(symbol, _points(_AMEND_POINTS, age_ns, _LEAST_AMEND))

    async def take_cancel(self, symbol: str, age_ns: int | None) -> None:
        """Wait until the points of a cancel are there; they nearly always are."""
        await self._pair(symbol).take(_points(_CANCEL_POINTS, age_ns, 0.0), Purpose.CANCEL)

    def pause(self, symbol: str) -> None:
        """Send nothing more to a pair for a while: the venue says that its counter is full."""
        self._pair(symbol).shut(_PAUSE_S)

    def _take_now(self, symbol: str, points: float) -> None:
        if not self._pair(symbol).try_take(points, Purpose.ORDER):
            raise NotSentError(f"the transaction counter of {symbol} is full")
        if not self._orders.try_take(1.0, Purpose.ORDER):
            raise NotSentError("the rate of orders is used up")

    def _pair(self, symbol: str) -> RequestBudget:
        pair = self._pairs.get(symbol)
        if pair is None:
            most, interval_s = self._limits.most, self._limits.interval_s
            pair = self._pairs[symbol] = RequestBudget(
                self._randomness, allowance=most, interval_s=interval_s, share=self._share
            )
        return pair


def _points(table: tuple[tuple[int, float], ...], age_ns: int | None, least: float) -> float:
    """Return the points for an order's age; an unknown age counts as the youngest."""
    age_s = 0.0 if age_ns is None else age_ns / _NS_PER_S
    return next((points for limit_s, points in table if age_s < limit_s), least)
