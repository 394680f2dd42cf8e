"""A whole account at a constant price of 100, moved by what the gate approves; its sums are its own, not the gate's."""

from decimal import Decimal

from core.risk.view import Exposure
from core.types.instrument import Instrument
from core.types.order import Side
from tests.orders.making import PERP, SPOT, D, instrument
from tests.risk.scene import exposure

PRICE = D(100)
ETH = instrument("ETH/USDT:USDT")
ELSEWHERE = instrument("BTC/USDT:USDT", "sim-b")
MARKETS = {each.id: each for each in (PERP, SPOT, ETH, ELSEWHERE)}


class Account:
    """Positions and open orders."""

    def __init__(self) -> None:
        self.position = dict.fromkeys(MARKETS, D(0))
        self.open: list[tuple[Instrument, Side, Decimal]] = []

    def exposures(self) -> tuple[Exposure, ...]:
        return tuple(
            exposure(
                of,
                position=self.position[of.id],
                buying=self._waiting(of, Side.BUY),
                selling=self._waiting(of, Side.SELL),
            )
            for of in MARKETS.values()
        )

    def _waiting(self, of: Instrument, side: Side) -> Decimal:
        return sum((quantity for other, way, quantity in self.open if other is of and way is side), D(0))

    def worst_directional(self) -> Decimal:
        """Fill every subset of the open orders that hurts most, by underlying, without the gate's own sums."""
        total = D(0)
        for base in ("BTC", "ETH"):
            net = sum((q for of, q in ((MARKETS[k], v) for k, v in self.position.items()) if of.base == base), D(0))
            buys = sum((q for of, way, q in self.open if of.base == base and way is Side.BUY), D(0))
            sells = sum((q for of, way, q in self.open if of.base == base and way is Side.SELL), D(0))
            total += max(abs(net + buys), abs(net - sells)) * 100
        return total

    def worst(self, of: Instrument) -> Decimal:
        """Return the largest value that the position of one instrument can come to."""
        held = self.position[of.id]
        return max(abs(held + self._waiting(of, Side.BUY)), abs(held - self._waiting(of, Side.SELL)), abs(held)) * PRICE

    def gross_of(self, of: Instrument) -> Decimal:
        return (abs(self.position[of.id]) + self._waiting(of, Side.BUY) + self._waiting(of, Side.SELL)) * PRICE

    def gross_at(self, venue: str) -> Decimal:
        return sum((self.worst(of) for of in MARKETS.values() if of.venue == venue), D(0))

    def gross(self) -> Decimal:
        return sum((self.worst(of) for of in MARKETS.values()), D(0))

    def can_reduce(self, of: Instrument, side: Side) -> Decimal:
        """Return how much can be traded on a side without passing zero, open orders counted."""
        return max(D(0), -self.position[of.id] * side.sign - self._waiting(of, side))
