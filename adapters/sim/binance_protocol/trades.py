"""Public trades of one symbol: each match alone, and those of one taker at one price together."""

from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from core.matching.events import MatchEvent, Traded
from core.types.instrument import Instrument
from core.types.order import Side

KEPT: Final = 20_000


class PublicTrade(NamedTuple):
    trade_id: int
    price: Decimal
    quantity: Decimal
    at_ms: int
    buyer_is_maker: bool
    match: Traded


class AggregateTrade(NamedTuple):
    aggregate_id: int
    price: Decimal
    quantity: Decimal
    first_id: int
    last_id: int
    at_ms: int
    buyer_is_maker: bool


class TradeLog:
    """Number what matched; the newest trades are kept."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._next_id = 1
        self._next_aggregate_id = 1
        self.trades: deque[PublicTrade] = deque(maxlen=KEPT)
        self.aggregates: deque[AggregateTrade] = deque(maxlen=KEPT)

    def record(self, events: Iterable[MatchEvent], at_ms: int) -> tuple[list[PublicTrade], list[AggregateTrade]]:
        """Print the trades among the events and return them both ways."""
        printed = [self._print(event, at_ms) for event in events if type(event) is Traded]
        aggregates = self._aggregate(printed)
        self.trades += printed
        self.aggregates += aggregates
        return printed, aggregates

    def _print(self, match: Traded, at_ms: int) -> PublicTrade:
        price, quantity = self._instrument.ticks_to_price(match.ticks), self._instrument.lots_to_quantity(match.lots)
        trade = PublicTrade(self._next_id, price, quantity, at_ms, match.taker_side is Side.SELL, match)
        self._next_id += 1
        return trade

    def _aggregate(self, printed: list[PublicTrade]) -> list[AggregateTrade]:
        found: list[AggregateTrade] = []
        last: PublicTrade | None = None
        for trade in printed:
            if last is not None and (last.match.taker_id, last.price) == (trade.match.taker_id, trade.price):
                before = found[-1]
                found[-1] = before._replace(quantity=before.quantity + trade.quantity, last_id=trade.trade_id)
            else:
                number = self._next_aggregate_id
                self._next_aggregate_id += 1
                ids = (trade.trade_id, trade.trade_id)
                found.append(
                    AggregateTrade(number, trade.price, trade.quantity, *ids, trade.at_ms, trade.buyer_is_maker)
                )
            last = trade
        return found
