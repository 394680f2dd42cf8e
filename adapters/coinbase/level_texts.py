"""Levels as the stream sends them, put on an instrument's integer grid; a snapshot may have tens of thousands."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from adapters.coinbase.levels_kernel import count_steps
from adapters.coinbase.wire import LevelUpdate
from adapters.streams.market_data import MessageError
from adapters.streams.stream_book import Levels
from core.book.book import Ints
from core.book.step_grid import PADDING, grid_of
from core.types.instrument import Instrument

_PAD: Final = b"," + b"\0" * PADDING


class LevelTexts:
    """Counts ticks and lots of one instrument; no float, no rounding."""

    def __init__(self, instrument: Instrument) -> None:
        self._tick = grid_of(instrument.tick_size, f"tick size of {instrument.id}")
        self._lot = grid_of(instrument.lot_size, f"lot size of {instrument.id}")

    def sides(self, updates: Sequence[LevelUpdate]) -> tuple[Levels, Levels]:
        """Return bids and asks; raise MessageError for a level off the grid, at no price or beyond 18 digits."""
        ticks = _steps([update.price_level for update in updates], *self._tick)
        lots = _steps([update.new_quantity for update in updates], *self._lot)
        if len(ticks) and ticks.min() <= 0:
            raise MessageError("a level has no price")
        is_bid = np.fromiter((update.side == "bid" for update in updates), np.bool_, len(updates))
        return (ticks[is_bid], lots[is_bid]), (ticks[~is_bid], lots[~is_bid])


def _steps(texts: list[str], mantissa: int, decimals: int) -> Ints:
    steps = np.empty(len(texts), np.int64)
    joined = ",".join(texts).encode() + _PAD
    length = len(joined) - PADDING if texts else 0
    read = count_steps(np.frombuffer(bytearray(joined), np.uint8), length, mantissa, decimals, steps)
    if read != len(texts):
        # a text with a comma inside would make more numbers than texts
        wrong = texts[-1 - read] if 0 <= -1 - read < len(texts) else "a level"
        raise MessageError(f"{wrong[:40]!r} is no whole number of steps of {mantissa}e-{decimals}")
    return steps
