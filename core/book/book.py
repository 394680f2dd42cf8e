"""The level-2 book of one instrument on its integer grid."""

from decimal import Decimal
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.types.instrument import Instrument, InstrumentId
from core.types.order import Side

Ints = NDArray[np.int64]


class BookState(StrEnum):
    SYNCING = "syncing"  # no snapshot yet
    VALID = "valid"
    INVALID = "invalid"  # gap, bad checksum, crossed: nobody may read prices


class Book:
    """Levels, sequence and validity. Stale is a question of age and is asked with `is_fresh`.

    Reading prices of a book that is not VALID gives None or empty arrays: it fails closed.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.state = BookState.SYNCING
        self.reason = "no snapshot yet"
        self.sequence = 0
        self.venue_ns = 0
        self.received_ns = 0
        raise NotImplementedError  # the kernels land beside this contract

    @property
    def instrument_id(self) -> InstrumentId: ...

    # writing: one snapshot, then deltas; `lots` 0 removes a level --------------------------------

    def apply_snapshot(
        self,
        bid_ticks: Ints,
        bid_lots: Ints,
        ask_ticks: Ints,
        ask_lots: Ints,
        *,
        sequence: int,
        venue_ns: int,
        received_ns: int,
    ) -> None:
        """Replace all levels and become VALID (INVALID where the snapshot itself is crossed)."""

    def apply_delta(
        self,
        bid_ticks: Ints,
        bid_lots: Ints,
        ask_ticks: Ints,
        ask_lots: Ints,
        *,
        sequence: int,
        venue_ns: int,
        received_ns: int,
    ) -> None:
        """Change levels; no effect unless VALID. A crossed top makes the book INVALID at once."""

    def invalidate(self, reason: str, received_ns: int) -> None:
        """Make the book unreadable until the next snapshot."""

    # reading ---------------------------------------------------------------------------------------

    def is_fresh(self, now_ns: int, stale_after_ns: int) -> bool:
        """Tell whether the book is VALID and was written at most `stale_after_ns` ago."""

    def best_bid(self) -> tuple[int, int] | None:
        """Return (ticks, lots) of the best bid, None without one or when not VALID."""

    def best_ask(self) -> tuple[int, int] | None: ...

    def mid(self) -> Decimal | None:
        """Return the middle of the top in money, None unless both sides are there."""

    def top(self, depth: int) -> tuple[Ints, Ints, Ints, Ints]:
        """Return bid ticks, bid lots, ask ticks, ask lots of the best `depth` levels, best first."""

    def lots_at(self, side: Side, ticks: int) -> int:
        """Return the resting lots at one price of one side (BUY = bids), 0 where there are none."""

    def execution_price(self, side: Side, quantity: Decimal) -> Decimal | None:
        """Return the average price a taker of `quantity` would get, None where depth does not suffice."""

    def visible_quantity(self, side: Side, levels: int) -> Decimal:
        """Return what a taker on `side` sees in the best `levels` opposite levels."""
