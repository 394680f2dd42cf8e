"""One instrument of the simulated market: its matching book, its crowd, its public trades."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator

from adapters.sim.fair_price import FairPrices, LocalPrice
from adapters.sim.funding import FundingMeter
from adapters.sim.instruments import Listing
from adapters.sim.order_flow import OrderFlow
from adapters.sim.tape import Tape
from core.book.book import Ints
from core.matching.events import MatchEvent
from core.matching.kernel import MatchingBook

SNAPSHOT_LEVELS: Final = 1_000
_LAG_S: Final = {"sim-a": 0.05, "sim-b": 0.25, "sim-x": 0.15}  # how late a venue follows the common price


class Levels(NamedTuple):
    """Level changes, or a whole snapshot, as a feed sends them."""

    bid_ticks: Ints
    bid_lots: Ints
    ask_ticks: Ints
    ask_lots: Ints
    sequence: int


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)


class SimBook:
    """Matching book, crowd and tape of one instrument."""

    def __init__(
        self,
        listing: Listing,
        fair_prices: FairPrices,
        stream_of: Callable[[str], Generator],
        *,
        first_trade_id: int,
        basis_bps: float | None,
        at_ns: int,
    ) -> None:
        """Open the book full; `basis_bps` is where its price stood against the common one, None to draw it."""
        self.listing = listing
        self.instrument = listing.instrument
        self.matching = MatchingBook()
        self.sequence = 1
        self._fair_prices = fair_prices
        self._tick = float(self.instrument.tick_size)
        name = str(self.instrument.id)
        self._local = LocalPrice(
            stream_of(f"basis/{name}"),
            basis_bps=listing.basis_bps,
            mean_basis_bps=listing.mean_basis_bps,
            tau_s=90.0,
            lag_s=_LAG_S.get(self.instrument.venue, 0.1),
        )
        if basis_bps is not None:
            self._local.basis_bps = basis_bps
        flow_stream = stream_of(f"flow/{name}")
        self.flow = OrderFlow(flow_stream, self.matching, listing.typical_lots, listing.trades_per_s)
        interval_s = self.instrument.funding_interval_s
        self.funding = FundingMeter(interval_s, at_ns) if interval_s else None
        self.tape = Tape(self.instrument.id, first_trade_id)
        self.local_price = self._local.advance(self.fair_price, 1e-9)
        self.flow.prefill(self.local_price / self._tick)
        self.matching.bids.take_changes()
        self.matching.asks.take_changes()
        self.sample_funding(1.0)

    @property
    def fair_price(self) -> float:
        return self._fair_prices.prices[self.listing.underlying]

    @property
    def basis_bps(self) -> float:
        return self._local.basis_bps

    def step(self, step_s: float, at_ns: int, *, is_open: bool) -> list[MatchEvent]:
        """Advance local price and crowd by one step; a closed market only follows the price."""
        self.local_price = self._local.advance(self.fair_price, step_s)
        if not is_open:
            return []
        volatility = self._fair_prices.volatility[self.listing.underlying]
        events = self.flow.step(self.local_price / self._tick, volatility, step_s)
        self.tape.record(events, at_ns)
        return events

    def take_delta(self) -> Levels | None:
        """Return the levels that changed since the last call, None where none did."""
        bid_ticks, bid_lots = self.matching.bids.take_changes()
        ask_ticks, ask_lots = self.matching.asks.take_changes()
        if not bid_ticks and not ask_ticks:
            return None
        self.sequence += 1
        return Levels(_ints(bid_ticks), _ints(bid_lots), _ints(ask_ticks), _ints(ask_lots), self.sequence)

    def snapshot(self) -> Levels:
        """Return the whole book as it is now."""
        bid_ticks, bid_lots = self.matching.bids.depth(SNAPSHOT_LEVELS)
        ask_ticks, ask_lots = self.matching.asks.depth(SNAPSHOT_LEVELS)
        return Levels(_ints(bid_ticks), _ints(bid_lots), _ints(ask_ticks), _ints(ask_lots), self.sequence)

    def mid(self) -> float | None:
        bid, ask = self.matching.best_bid(), self.matching.best_ask()
        return None if bid is None or ask is None else (bid + ask) / 2 * self._tick

    def sample_funding(self, elapsed_s: float) -> None:
        mid = self.mid()
        if self.funding is not None and mid is not None:
            self.funding.sample(self.fair_price, mid, elapsed_s)
