"""One instrument's book and trades as ccxt shows them, put on the integer grid."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, cast

import numpy as np

from adapters.ccxt_exchange.exact_number import MalformedError, exact, exact_or_none
from adapters.ccxt_exchange.rows import Row, moment_ns, row_of, rows_of, side_of, text
from core.book.book import Book, BookState, Ints
from core.ports.venue import MarketSink
from core.types.instrument import Instrument
from core.types.market import FundingRate, MarkPrice, Trade
from core.types.order import Side

_LARGEST: Final = 2**63 - 1
_SEEN_TRADES: Final = 4_000
_STEPS_KEPT: Final = 20_000
_NS_PER_S: Final = 1_000_000_000
_SKEW_NS: Final = 5 * _NS_PER_S
_UNITS_S: Final = {"m": 60, "h": 3600, "d": 86_400}


class SymbolMarket:
    """Takes over what ccxt returns, whole or not at all. Does no I/O and reads no clock.

    Parameters
    ----------
    funding_interval_s
        Of an exchange whose funding rates do not tell it.
    began_ns
        Trades from before are history and are left out.
    """

    def __init__(
        self,
        instrument: Instrument,
        book: Book,
        sink: MarketSink,
        *,
        depth: int,
        began_ns: int,
        funding_interval_s: int | None = None,
    ) -> None:
        self.instrument = instrument
        self.book = book
        self.latency_ns: int | None = None
        self.malformed = 0
        self.malformed_in_a_row = 0
        self.last_error = ""
        self.newest_trade_ns = began_ns - _SKEW_NS
        self._sink = sink
        self._depth = depth
        self._began_ns = began_ns - _SKEW_NS
        self._funding_interval_s = funding_interval_s
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._updates = 0
        self._ticks = _Grid(instrument.price_to_ticks)
        self._lots = _Grid(instrument.quantity_to_lots)

    @property
    def is_live(self) -> bool:
        return self.book.state is BookState.VALID

    def lost(self, reason: str, now_ns: int) -> None:
        """Make the book unreadable until the next good one."""
        self.book.invalidate(reason, now_ns)
        self._sink.book_changed(self.instrument.id)

    # what ccxt returns ---------------------------------------------------------------------------------

    def take_book(self, value: object, received_ns: int) -> None:
        """Replace the book; raise MalformedError, with the book unreadable, for one that cannot be true."""
        try:
            self._load(row_of(value, "a book"), received_ns)
        except ValueError as error:
            self.lost(f"book refused: {error}", received_ns)
            raise self._malformed(error) from None
        self.malformed_in_a_row = 0
        self._sink.book_changed(self.instrument.id)

    def take_trades(self, value: object, received_ns: int) -> None:
        """Tell of trades that were not told of; a malformed one is counted and left out."""
        for row in rows_of(value, "trades"):
            try:
                trade = self._trade(row, received_ns)
            except ValueError as error:
                self._malformed(error)
                continue
            if trade is not None:
                self.newest_trade_ns = max(self.newest_trade_ns, trade.venue_ns)
                self._sink.trade(trade)

    def take_contract(self, value: object, received_ns: int) -> None:
        """Tell of mark price and funding in a ticker or a funding rate, as far as they are there."""
        row = row_of(value, "a ticker")
        mark = exact_or_none(row.get("markPrice"), "mark price")
        if mark is not None:
            index = exact_or_none(row.get("indexPrice"), "index price")
            if mark <= 0 or (index is not None and index <= 0):
                raise self._malformed(MalformedError(f"mark {mark}, index {index}"))
            index_price = None if index is None else float(index)
            self._sink.mark_price(MarkPrice(self.instrument.id, float(mark), index_price, received_ns))
        rate = exact_or_none(row.get("fundingRate"), "funding rate")
        interval_s = _interval_s(text(row, "interval")) or self._funding_interval_s
        if rate is not None and interval_s is not None:
            next_ns = moment_ns(row, "fundingTimestamp") or moment_ns(row, "nextFundingTimestamp") or 0
            if next_ns <= received_ns:  # not told: funding is paid at whole intervals of the day
                next_ns = (received_ns // (interval_s * _NS_PER_S) + 1) * interval_s * _NS_PER_S
            self._sink.funding_rate(FundingRate(self.instrument.id, float(rate), interval_s, next_ns, received_ns))

    def newest_of(self, value: object) -> int:
        """Return the moment of the newest trade in an answer, 0 where there is none."""
        return max((moment_ns(row) or 0 for row in rows_of(value, "trades")), default=0)

    # inside ------------------------------------------------------------------------------------------

    def _load(self, row: Row, received_ns: int) -> None:
        bids, asks = self._side(row, "bids"), self._side(row, "asks")
        if not len(bids[0]) and not len(asks[0]):
            raise MalformedError("a book without any level")
        venue_ns = moment_ns(row) or 0
        self._updates += 1
        self.book.apply_snapshot(*bids, *asks, sequence=self._updates, venue_ns=venue_ns, received_ns=received_ns)
        if self.book.state is not BookState.VALID:
            raise MalformedError(self.book.reason)
        if venue_ns:
            self.latency_ns = received_ns - venue_ns

    def _side(self, row: Row, name: str) -> tuple[Ints, Ints]:
        levels = row.get(name)
        if not isinstance(levels, list):
            raise MalformedError(f"a book without {name}")
        ticks: list[int] = []
        lots: list[int] = []
        for level in cast("list[Any]", levels)[: self._depth]:
            pair = cast("list[object]", level) if isinstance(level, list | tuple) else []
            if len(pair) < 2:
                raise MalformedError(f"a level of {name} is no pair")
            ticks.append(self._ticks.steps(pair[0]))
            lots.append(self._lots.steps(pair[1]))
        if ticks and (min(ticks) <= 0 or min(lots) <= 0 or max(ticks) > _LARGEST or max(lots) > _LARGEST):
            raise MalformedError(f"a level of {name} has no price or no size, or does not fit 64 bits")
        return np.array(ticks, np.int64), np.array(lots, np.int64)

    def _trade(self, row: Row, received_ns: int) -> Trade | None:
        venue_ns = moment_ns(row)
        if venue_ns is None:
            raise MalformedError("a trade without a moment")
        if venue_ns < self._began_ns:
            return None
        side = side_of(row, "a trade")
        price, quantity = exact(row.get("price"), "price"), exact(row.get("amount"), "amount")
        ticks, lots = self.instrument.price_to_ticks(price), self.instrument.quantity_to_lots(quantity)
        if ticks <= 0 or lots <= 0:
            raise MalformedError("a trade without price or quantity")
        number = _number_of(text(row, "id") or f"{venue_ns}-{side}-{ticks}-{lots}")
        if number in self._seen:
            return None
        self._seen[number] = None
        if len(self._seen) > _SEEN_TRADES:
            self._seen.popitem(last=False)
        return Trade(self.instrument.id, number, ticks, lots, side is Side.SELL, venue_ns, received_ns)

    def _malformed(self, error: ValueError) -> MalformedError:
        self.malformed += 1
        self.malformed_in_a_row += 1
        self.last_error = f"{self.instrument.symbol}: {error}"
        return error if isinstance(error, MalformedError) else MalformedError(str(error))


class _Grid:
    """Counts steps exactly, and remembers the numbers of levels that stay."""

    def __init__(self, to_steps: Callable[[Decimal], int]) -> None:
        self._to_steps = to_steps
        self._known: dict[float, int] = {}

    def steps(self, value: object) -> int:
        if not isinstance(value, float):
            return self._to_steps(exact(value, "a level"))
        found = self._known.get(value)
        if found is None:
            found = self._to_steps(exact(value, "a level"))
            if len(self._known) >= _STEPS_KEPT:
                self._known.clear()
            self._known[value] = found
        return found


def _number_of(trade_id: str) -> int:
    """Return the id where it is a number that fits, else one made of its text."""
    if trade_id.isascii() and trade_id.isdigit() and int(trade_id) <= _LARGEST:
        return int(trade_id)
    return int.from_bytes(hashlib.blake2b(trade_id.encode(), digest_size=8).digest()) >> 1


def _interval_s(interval: str | None) -> int | None:
    """Return the seconds of ``8h``, None for anything else."""
    if not interval or interval[-1] not in _UNITS_S or not interval[:-1].isdigit():
        return None
    return int(interval[:-1]) * _UNITS_S[interval[-1]] or None
