"""One symbol: the simulated market's book and crowd, with trades, candles and update ids as Binance counts them."""

from collections.abc import Iterable
from decimal import Decimal

from adapters.sim.binance_protocol.candles import NS_PER_MS, Candles
from adapters.sim.binance_protocol.depth import Depth
from adapters.sim.binance_protocol.market_kind import MarketKind, Writing
from adapters.sim.binance_protocol.trades import AggregateTrade, PublicTrade, TradeLog
from adapters.sim.history import HistoryBar
from adapters.sim.sim_book import SimBook
from core.matching.events import MatchEvent
from core.types.order import Side

FIRST_UPDATE_ID = 1_000


class SymbolBook:
    """What one symbol is made of."""

    def __init__(self, kind: MarketKind, sim: SimBook, past: Iterable[HistoryBar]) -> None:
        self.sim = sim
        self.instrument = sim.instrument
        self.symbol = sim.instrument.venue_symbol
        self.matching = sim.matching
        self.writing = Writing.of(kind, self.instrument.tick_size, self.instrument.lot_size)
        self.depth = Depth(sim.matching, FIRST_UPDATE_ID)
        self.log = TradeLog(self.instrument)
        self.candles = Candles(self.instrument, past)
        self.settled: list[tuple[int, float, Decimal]] = []  # past funding: due time in ms, rate, mark

    def crowd(self, step_s: float, at_ns: int) -> list[MatchEvent]:
        """Let the crowd act for one step."""
        events = self.sim.step(step_s, at_ns, is_open=True)
        self.sim.tape.take()
        self.candles.advance(at_ns // NS_PER_MS)
        return events

    def record(self, events: list[MatchEvent], at_ms: int) -> tuple[list[PublicTrade], list[AggregateTrade]]:
        trades, aggregates = self.log.record(events, at_ms)
        for trade in trades:
            self.candles.record(trade)
        return trades, aggregates

    @property
    def mark(self) -> Decimal:
        """Return the mark of a perpetual, else the middle of the book, else the last price."""
        value = self.sim.funding.mark if self.sim.funding else self.sim.mid()
        return self.candles.last_price if value is None else Decimal(f"{value:.8f}")

    def price_text(self, ticks: int) -> str:
        return self.writing.price(self.instrument.ticks_to_price(ticks))

    def quantity_text(self, lots: int) -> str:
        return self.writing.quantity(self.instrument.lots_to_quantity(lots))

    def level_texts(self, levels: Iterable[tuple[int, int]]) -> list[tuple[str, str]]:
        return [(self.price_text(ticks), self.quantity_text(lots)) for ticks, lots in levels]

    def best(self, side: Side) -> tuple[str, str]:
        """Return price and quantity of the best level; zeros where there is none."""
        ticks = self.matching.best_bid() if side is Side.BUY else self.matching.best_ask()
        if ticks is None:
            return self.price_text(0), self.quantity_text(0)
        return self.price_text(ticks), self.quantity_text(self.matching.lots_at(side, ticks))
