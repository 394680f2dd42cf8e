"""The crowd of one book: makers who quote around the fair price, takers who hit them.

Each step takes one fixed block of random numbers, before the book is looked at, so the stream is the
same whatever own orders do to the book. The crowd's makers quote a ladder on both sides of the fair
price, pull or lose quotes that the fair price has passed, add and cancel at random distances; its
takers arrive as a Poisson process whose pace rises with volatility, with persistent sides and
heavy-tailed sizes.
"""

from math import floor, log, sqrt
from typing import Any, Final

from numpy.random import Generator

from core.matching.events import MatchEvent, MatchKind
from core.matching.kernel import ANONYMOUS, MatchingBook
from core.types.order import Side

LADDER: Final = 32  # levels a side the makers keep quoted
_FAR: Final = 70  # ticks from the touch beyond which quotes are pulled
_ARRIVALS: Final = 4  # most random limit orders a step, and most random cancels
_TAKERS: Final = 2
_REACH: Final = 12  # ticks past the touch a crowd taker accepts
_REFILL: Final = 0.5  # chance a step that an empty ladder level is quoted again
_JUMP_TICKS: Final = 8  # after a move as far as this in one step the whole ladder is quoted anew
_IMPATIENCE: Final = 0.35  # chance that passed quotes are hit rather than pulled
_DRAWS: Final = 2 * LADDER + 3 * _ARRIVALS + 2 * _ARRIVALS + 3 * _TAKERS + 5


class OrderFlow:
    """Apply the crowd's actions of one step to a matching book."""

    def __init__(self, random: Generator, book: MatchingBook, typical_lots: int, trades_per_s: float) -> None:
        self._random = random
        self._book = book
        self._typical_lots = typical_lots
        self._trades_per_s = trades_per_s
        self._next_id = 1
        self._buying = True
        self._half_spread = 0.4
        self.bid_anchor = 0
        self.ask_anchor = 0

    def random_state(self) -> dict[str, Any]:
        """Return where the crowd's stream stands, to prove what moved it."""
        return dict(self._random.bit_generator.state)

    def prefill(self, fair_ticks: float) -> None:
        """Quote the whole ladder at once, so that the first look sees a full book."""
        draws = iter(self._random.random(4 * LADDER).tolist())
        self._anchor(fair_ticks, 1.0, 0.5)
        for distance in range(2 * LADDER):
            for side in Side:
                draw = next(draws)
                if distance < LADDER or draw < 0.5:
                    self._quote(side, distance, 0.05 + 0.9 * draw)

    def step(self, fair_ticks: float, volatility: float, step_s: float) -> list[MatchEvent]:
        """Do what the crowd does in one step; return the trades' events in order."""
        draws: list[float] = self._random.random(_DRAWS).tolist()
        ladder, rest = draws[: 2 * LADDER], iter(draws[2 * LADDER :])
        events: list[MatchEvent] = []
        before = self.bid_anchor
        self._anchor(fair_ticks, volatility, next(rest))
        refill = 1.0 if abs(self.bid_anchor - before) >= _JUMP_TICKS else _REFILL
        for side in Side:
            self._clear_passed(side, next(rest) < _IMPATIENCE, events)
        for side in Side:
            self._pull_far(side)
        for index in range(_ARRIVALS):
            self._random_quote(next(rest), next(rest), next(rest), busy=index < 1 + volatility)
            self._random_cancel(next(rest), next(rest))
        self._refill(ladder, refill)
        pace = self._trades_per_s * min(max(volatility, 0.3), 4.0) * step_s / _TAKERS
        for _ in range(_TAKERS):
            self._random_taker(next(rest) < pace, next(rest), next(rest), events)
        return events

    # makers --------------------------------------------------------------------------------------------

    def _anchor(self, fair_ticks: float, volatility: float, draw: float) -> None:
        """Set the best prices the makers are willing to quote around the fair price."""
        target = 0.25 + 0.35 * volatility + 0.5 * draw
        self._half_spread += 0.1 * (target - self._half_spread)
        self.bid_anchor = max(1, floor(fair_ticks - self._half_spread))
        self.ask_anchor = max(self.bid_anchor + 1, floor(fair_ticks + self._half_spread) + 1)

    def _quote_ticks(self, side: Side, distance: int) -> int:
        return self.bid_anchor - distance if side is Side.BUY else self.ask_anchor + distance

    def _quote(self, side: Side, distance: int, draw: float) -> None:
        ticks = self._quote_ticks(side, distance)
        if ticks >= 1:
            lots = self._lots(draw, 0.5 + 0.06 * min(distance, 25))
            self._book.submit(self._id(), ANONYMOUS, side, ticks, lots, kind=MatchKind.POST_ONLY)

    def _lots(self, draw: float, scale: float) -> int:
        """Turn a uniform draw into a size with a long tail (stretched exponential)."""
        return max(1, int(self._typical_lots * scale * (-log(1.0 - draw)) ** 1.4))

    def _id(self) -> int:
        order_id = self._next_id
        self._next_id += 1
        return order_id

    def _clear_passed(self, side: Side, hit: bool, events: list[MatchEvent]) -> None:
        """Take off quotes of one side that the fair price has passed: makers pull, or takers hit them."""
        limit = self.ask_anchor if side is Side.BUY else self.bid_anchor
        ladder = self._book.ladder(side)
        passed: list[int] = []
        for key in reversed(ladder.keys):
            if key < side.sign * limit:
                break
            passed.append(side.sign * key)
        if not hit:
            for ticks in passed:
                self._pull_level(side, ticks)
        lots = sum(self._book.lots_at(side, ticks) for ticks in passed)
        # What is left of the passed levels, own orders always, is hit by those who see the new price first.
        if lots:
            events += self._book.submit(self._id(), ANONYMOUS, side.opposite, limit, lots, kind=MatchKind.IOC)

    def _pull_level(self, side: Side, ticks: int) -> None:
        for order_id in [o.order_id for o in self._book.orders_at(side, ticks) if o.owner == ANONYMOUS]:
            self._book.cancel(order_id)

    def _pull_far(self, side: Side) -> None:
        limit = side.sign * self._quote_ticks(side, _FAR)
        far: list[int] = []
        for key in self._book.ladder(side).keys:
            if key >= limit:
                break
            far.append(side.sign * key)
        for ticks in far:
            self._pull_level(side, ticks)

    def _random_quote(self, draw_side: float, draw_distance: float, draw_lots: float, *, busy: bool) -> None:
        if not busy:
            return
        side = Side.BUY if draw_side < 0.5 else Side.SELL
        distance = min(int(-log(1.0 - draw_distance) * 7), _FAR - 1)
        if self._book.lots_at(side, self._quote_ticks(side, distance)) < 12 * self._typical_lots:
            self._quote(side, distance, draw_lots)

    def _random_cancel(self, draw_side: float, draw_distance: float) -> None:
        side = Side.BUY if draw_side < 0.5 else Side.SELL
        ticks = self._quote_ticks(side, min(int(-log(1.0 - draw_distance) * 9), _FAR - 1))
        oldest = next((o for o in self._book.orders_at(side, ticks) if o.owner == ANONYMOUS), None)
        if oldest is not None:
            self._book.cancel(oldest.order_id)

    def _refill(self, draws: list[float], chance: float) -> None:
        for side, part in ((Side.BUY, draws[:LADDER]), (Side.SELL, draws[LADDER:])):
            quoted = self._book.ladder(side).levels
            first, away = self._quote_ticks(side, 0), -side.sign
            for distance, draw in enumerate(part):
                if draw < chance and first + away * distance not in quoted:
                    self._quote(side, distance, draw / chance)

    # takers --------------------------------------------------------------------------------------------

    def _random_taker(self, arrives: bool, draw_side: float, draw_lots: float, events: list[MatchEvent]) -> None:
        if not arrives:
            return
        if draw_side < 0.25:
            self._buying = not self._buying
        side = Side.BUY if self._buying else Side.SELL
        lots = max(1, int(self._typical_lots * 0.3 * min((1.0 - draw_lots) ** -0.7, 40.0)))
        limit = max(1, self.ask_anchor + _REACH if side is Side.BUY else self.bid_anchor - _REACH)
        events += self._book.submit(self._id(), ANONYMOUS, side, limit, lots, kind=MatchKind.IOC)


def volume_of_minute(random: Generator, typical_lots: int, trades_per_s: float, range_ticks: int) -> int:
    """Draw the traded lots of one past minute, more where the price moved more."""
    mean = typical_lots * trades_per_s * 60 * 0.8
    return max(1, int(mean * (0.4 + random.random()) * sqrt(1.0 + range_ticks / 10)))
