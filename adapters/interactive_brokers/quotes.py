"""One stock's quotes as a book of one level, and its trades."""

from decimal import Decimal
from typing import Final

import numpy as np

from adapters.interactive_brokers.wire import exact_or_none
from core.book.book import Book
from core.types.instrument import Instrument
from core.types.market import Trade

BID, ASK = 1, 2  # numbers of IB's price ticks; the sizes have their own
BID_SIZE, ASK_SIZE = 0, 3
LAST_TRADE: Final = 48  # "RTVolume": price;size;ms;volume;vwap;single
DELAYED: Final = frozenset({66, 67, 68, 69, 70, 71, 88})
LIVE: Final = 1
KINDS: Final = {1: "live", 2: "frozen", 3: "delayed", 4: "delayed and frozen"}
NS_PER_MS: Final = 1_000_000
_NONE: Final = np.zeros(0, np.int64)


class Quotes:
    """Writes a book from IB's ticks, which change one side at a time.

    Where a side reaches the other one, the other is older than what just came: it is taken out of the book until its
    own news arrive, so that neither a crossed nor an outdated price can be read.
    """

    def __init__(self, instrument: Instrument, book: Book) -> None:
        self.instrument = instrument
        self.book = book
        self.blocked = "no quotes yet"  # why nothing may be read; empty: quotes are live
        self.asked_ns = 0
        self._bid: tuple[int, int] | None = None
        self._ask: tuple[int, int] | None = None
        self._sequence = 0
        self._last_trade = ""
        self._trade_id = 0
        self._last_price = 0
        self._last_bought = False

    def block(self, reason: str, at_ns: int) -> None:
        """Forget the quotes and make the book unreadable."""
        self._bid = self._ask = None
        self.blocked = reason
        self.book.invalidate(reason, at_ns)

    def unblock(self, at_ns: int) -> None:
        self.blocked = ""
        self.asked_ns = at_ns

    def quiet_s(self, now_ns: int) -> float:
        """Return for how long nothing was heard or asked."""
        return (now_ns - max(self.asked_ns, self.book.received_ns)) / 1e9

    def tick(self, kind: int, price: float | None, size: float | None, at_ns: int) -> bool:
        """Take one tick; return whether the book was written."""
        if kind in DELAYED:
            if self.blocked:
                return False
            self.block("delayed data only", at_ns)
            return True
        if self.blocked or kind not in {BID, ASK, BID_SIZE, ASK_SIZE}:
            return False
        is_bid = kind in {BID, BID_SIZE}
        old = self._bid if is_bid else self._ask
        if price is not None:
            level = self._level(price, size)
        else:
            level = None if old is None or not size else (old[0], int(size))
        if level == old:
            # both: IB names no time, and a quote that grew old while it held would look like a clock that is wrong
            self.book.venue_ns = self.book.received_ns = at_ns
            return True
        if is_bid:
            self._bid = level
            if level is not None and self._ask is not None and level[0] >= self._ask[0]:
                self._ask = None
        else:
            self._ask = level
            if level is not None and self._bid is not None and level[0] <= self._bid[0]:
                self._bid = None
        self._write(at_ns)
        return True

    def _level(self, price: float, size: float | None) -> tuple[int, int] | None:
        exact_price = exact_or_none(price)  # -1 and 0 say that there is no quote
        if exact_price is None or exact_price <= 0 or not size or int(size) <= 0:
            return None
        return self.instrument.price_to_ticks(exact_price), int(size)

    def _write(self, at_ns: int) -> None:
        self._sequence += 1
        bids, asks = _side(self._bid), _side(self._ask)
        self.book.apply_snapshot(*bids, *asks, sequence=self._sequence, venue_ns=at_ns, received_ns=at_ns)

    def trade(self, text: str, at_ns: int) -> Trade | None:
        """Read IB's last trade; None for one that was told before or says nothing.

        IB names no aggressor: a trade at or beyond a quote is its taker's, one between goes with the nearer quote, one
        in the middle with the price's last move. Prices between two ticks (midpoint, price improvement) are rounded.
        """
        price_text, size_text, ms_text, volume, *_ = [*text.split(";"), "", "", ""]
        mark = f"{ms_text};{volume}"
        if self.blocked or not (price_text and size_text and ms_text) or mark == self._last_trade:
            return None
        self._last_trade = mark
        price, quantity = Decimal(price_text), Decimal(size_text)
        lots = int(quantity)
        if price <= 0 or lots <= 0:
            return None
        ticks = int((price / self.instrument.tick_size).to_integral_value())
        milliseconds = int(ms_text)
        self._trade_id = max(self._trade_id + 1, milliseconds * 1_000)
        bought = self._is_bought(price)
        self._last_bought, self._last_price = bought, ticks
        return Trade(
            self.instrument.id, self._trade_id, ticks, lots, not bought, milliseconds * NS_PER_MS, at_ns
        )  # fmt: skip

    def _is_bought(self, price: Decimal) -> bool:
        steps = price / self.instrument.tick_size
        if self._bid is not None and self._ask is not None and 2 * steps != self._bid[0] + self._ask[0]:
            return 2 * steps > self._bid[0] + self._ask[0]
        if not self._last_price or steps == self._last_price:
            return self._last_bought
        return steps > self._last_price


def _side(level: tuple[int, int] | None) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], ...]:
    if level is None:
        return _NONE, _NONE
    return np.array([level[0]], np.int64), np.array([level[1]], np.int64)
