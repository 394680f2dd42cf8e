"""What outlives every engine of one run: exchanges with their truth, the disk, the faults, and what was seen."""

from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from core.io.virtual_loop import VirtualLoop
from core.types.instrument import AssetType, Instrument, InstrumentId, MarketHours
from strategies.simulation.chance import Dice
from strategies.simulation.exchange import Exchange
from strategies.simulation.faults import Fault, FaultPlan
from strategies.simulation.journal_disk import Disk
from strategies.simulation.matching_book import MatchingBook
from strategies.simulation.timeline import NS_PER_S, START_NS, Timeline

CASH: Final = {"alpha": Decimal(100_000), "beta": Decimal(60_000), "gamma": Decimal(25_000)}
"""Unequal, so that caps in percent of a venue's equity bind at one venue first."""
TICK_S: Final = 0.5
SHARED: Final = "matching-engine:BTC"

BTC, ETH, COIN = "BTC/USDT:USDT", "ETH/USDT:USDT", "ETH/USDT"


class World:
    """Three venues; `beta` and `gamma` send their BTC orders into one matching engine."""

    def __init__(self, seed: int, loop: VirtualLoop, folder: Path, only: Fault | None) -> None:
        self.seed = seed
        self.timeline = Timeline(loop)
        self.began_ns = loop.now_ns
        self.plan = FaultPlan(seed, only)
        self.disk = Disk(folder / "journal.sqlite")
        self.folder = folder
        self.books: dict[str, MatchingBook] = {}
        hours = self._hours()
        self.exchanges = {
            "alpha": self._exchange("alpha", [_perpetual("alpha", BTC), _perpetual("alpha", ETH, hours=hours)]),
            "beta": self._exchange("beta", [_perpetual("beta", BTC, shared=SHARED), _perpetual("beta", ETH)]),
            "gamma": self._exchange("gamma", [_perpetual("gamma", BTC, shared=SHARED), _spot("gamma", COIN)]),
        }

    def dice(self, stream: str) -> Dice:
        return Dice(self.seed, stream)

    @property
    def elapsed_s(self) -> float:
        return (self.timeline.now_ns - self.began_ns) / NS_PER_S

    @property
    def crosses_midnight(self) -> bool:
        """Tell whether the run is one of those that begin just before midnight, UTC."""
        return self.began_ns != START_NS

    def is_protected(self, life: int) -> bool:
        """Tell whether stops are on in an engine's life: about every other one."""
        return self.dice(f"protection {life}").chance(0.5)

    def instrument(self, instrument_id: InstrumentId) -> Instrument:
        return self.exchanges[instrument_id.venue].instruments[instrument_id.symbol]

    @property
    def instrument_ids(self) -> list[InstrumentId]:
        return [InstrumentId(name, symbol) for name, ex in self.exchanges.items() for symbol in ex.instruments]

    def sharing(self, book: MatchingBook) -> list[tuple[Exchange, str]]:
        """Return every venue and symbol whose orders meet in a book."""
        return [
            (exchange, symbol)
            for exchange in self.exchanges.values()
            for symbol, own in exchange.books.items()
            if own is book
        ]

    def step_market(self, book: MatchingBook, jump_ticks: int | None = None) -> None:
        """Move a price and fill what rests where it came to."""
        if jump_ticks is None:
            book.walk()
        else:
            book.jump(jump_ticks)
        for exchange, symbol in self.sharing(book):
            exchange.meet_market(symbol)

    def _exchange(self, name: str, instruments: list[Instrument]) -> Exchange:
        books = {instrument.symbol: self._book(instrument) for instrument in instruments}
        return Exchange(name, self.timeline, instruments, books, self.dice(f"exchange {name}"), CASH[name])

    def _book(self, instrument: Instrument) -> MatchingBook:
        name = instrument.book_id
        if name not in self.books:
            mid = 10_000 if instrument.base == "BTC" else 5_000
            self.books[name] = MatchingBook(name, mid, self.dice(f"book {name}"))
        return self.books[name]

    def _hours(self) -> MarketHours | None:
        """Return a session that ends during the run, where that fault is on."""
        if not self.plan.is_on(Fault.MARKET_CLOSED):
            return None
        dice = self.plan.dice(Fault.MARKET_CLOSED)
        self.plan.note(Fault.MARKET_CLOSED)
        closes_ns = self.began_ns + int(dice.between(20, 60) * NS_PER_S)
        opens_ns = closes_ns + int(dice.between(10, 30) * NS_PER_S)
        first, second = (0, closes_ns), (opens_ns, opens_ns + 100_000 * NS_PER_S)
        return MarketHours(calendar="simulated", always_open=False, sessions=(first, second))


def _perpetual(venue: str, symbol: str, *, shared: str | None = None, hours: MarketHours | None = None) -> Instrument:
    instrument = Instrument(
        venue=venue,
        symbol=symbol,
        venue_symbol=symbol,
        asset_type=AssetType.PERPETUAL,
        base=symbol.partition("/")[0],
        quote="USDT",
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.01"),
        min_quantity=Decimal("0.05") if venue == "beta" else Decimal("0.01"),
        min_notional=Decimal(1),
        max_leverage=Decimal(10),
        taker_fee_rate=Decimal("0.0005"),
        maker_fee_rate=Decimal("0.0002"),
        funding_interval_s=28_800,
        matching_book=shared,
    )
    return instrument if hours is None else msgspec.structs.replace(instrument, market_hours=hours)


def _spot(venue: str, symbol: str) -> Instrument:
    return msgspec.structs.replace(
        _perpetual(venue, symbol),
        asset_type=AssetType.CRYPTO_SPOT,
        max_leverage=Decimal(1),
        funding_interval_s=None,
    )
