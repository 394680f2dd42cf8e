"""The whole venue without its sockets: markets over one set of fair prices, moved by one seed."""

from typing import Final

import msgspec

from adapters.random_streams import stream
from adapters.sim.binance_protocol.accounts import Accounts
from adapters.sim.binance_protocol.candles import NS_PER_MS
from adapters.sim.binance_protocol.config import RehearsalConfig
from adapters.sim.binance_protocol.faults import FaultBox
from adapters.sim.binance_protocol.market import STEP_S, Market
from adapters.sim.binance_protocol.market_kind import MarketKind
from adapters.sim.binance_protocol.symbol_book import SymbolBook
from adapters.sim.fair_price import FairPrices
from adapters.sim.history import minutes_before
from adapters.sim.instruments import Listing, listings
from adapters.sim.sim_book import SimBook
from core.ports.clock import Clock
from core.types.instrument import AssetType

_CHARACTER_OF: Final = "sim-a"  # the simulated venue whose instruments and crowds are taken
_RUN: Final = 1


class Exchange:
    """Step it, and place orders through the desks of its markets."""

    def __init__(self, config: RehearsalConfig, accounts: Accounts, clock: Clock) -> None:
        self.config = config
        self.accounts = accounts
        self.faults = FaultBox()
        self._clock = clock
        self._fair_prices = FairPrices(stream(config.seed, _RUN, "fair"), {})
        self._last_ns = clock.utc_ns()
        self.markets = {
            kind: Market(kind, self._books(kind), accounts, self.faults, self.now_ms) for kind in config.markets
        }

    def now_ms(self) -> int:
        return self._clock.utc_ns() // NS_PER_MS

    def server_ms(self) -> int:
        """Return the time that is told and that timestamps are held against; a fault may have put it wrong."""
        return self.now_ms() + self.faults.skew_ms

    def step(self) -> None:
        """Move everything by one step."""
        self._last_ns = max(self._last_ns, self._clock.utc_ns())
        self._fair_prices.advance(STEP_S)
        for market in self.markets.values():
            market.step(self._last_ns)

    def _books(self, kind: MarketKind) -> dict[str, SymbolBook]:
        books = (self._book(kind, listing) for listing in _listings(kind, self.config.funding_interval_s))
        return {book.symbol: book for book in books}

    def _book(self, kind: MarketKind, listing: Listing) -> SymbolBook:
        at_ns, seed = self._last_ns, self.config.seed
        sim = SimBook(
            listing,
            self._fair_prices,
            lambda name: stream(seed, _RUN, name),
            first_trade_id=1,
            basis_bps=None,
            at_ns=at_ns,
        )
        past = minutes_before(listing, at_ns, self.config.history_minutes, seed, _RUN, price_now=sim.local_price)
        return SymbolBook(kind, sim, past)


def _listings(kind: MarketKind, funding_interval_s: int) -> list[Listing]:
    """Return the simulated market's crypto instruments under the names they have at Binance."""
    wanted = AssetType.CRYPTO_SPOT if kind is MarketKind.SPOT else AssetType.PERPETUAL
    found: list[Listing] = []
    for listing in listings(funding_interval_s)[_CHARACTER_OF]:
        rules = listing.instrument
        if rules.asset_type is wanted:
            renamed = msgspec.structs.replace(rules, venue=kind.venue, venue_symbol=f"{rules.base}{rules.quote}")
            found.append(msgspec.structs.replace(listing, instrument=renamed))
    return found
