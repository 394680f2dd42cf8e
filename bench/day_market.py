"""Fifty instruments of a generated day: prices that all move at every look, their books, bars and public trades."""

import random
from collections import deque
from decimal import Decimal
from typing import Final

import msgspec

from core.state.desk import (
    BarView,
    BookView,
    ChartView,
    DeskRequest,
    InstrumentView,
    OwnLevel,
    PrintView,
    StudyLine,
    StudyView,
)
from core.state.monitoring import MarketState

_STEPS: Final = (-3, -2, -1, 1, 2, 3)
_SIZES: Final = 4096
_MINUTE_NS: Final = 60_000_000_000
_TIMEFRAMES_S: Final = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14_400, "1d": 86_400}
_KEPT_CHARTS: Final = 4


class DayMarket:
    """Prices walk; what is drawn of an instrument is made when a console asks for it."""

    def __init__(self, instruments: list[InstrumentView], market: dict[str, MarketState], seed: int) -> None:
        self._chance = random.Random(seed)
        self.instruments = {f"{each.symbol}@{each.venue}": each for each in instruments}
        self._states = market
        self._ticks = {
            name: int((market[name].bid or Decimal(60_000)) / each.tick_size) for name, each in self.instruments.items()
        }
        self._sizes = [self._chance.randrange(1, 4000) for _ in range(_SIZES)]
        self._tapes: dict[str, deque[PrintView]] = {}
        self._charts: dict[tuple[str, str], deque[BarView]] = {}
        self._looks = self._prints = 0

    def go_on(self, now_ns: int) -> None:
        """Move every price."""
        self._looks += 1
        for name, instrument in self.instruments.items():
            ticks = max(1000, self._ticks[name] + self._chance.choice(_STEPS))
            self._ticks[name] = ticks
            bid = ticks * instrument.tick_size
            before = self._states[name]
            self._states[name] = msgspec.structs.replace(
                before,
                bid=bid,
                ask=bid + instrument.tick_size,
                last=bid,
                spread=instrument.tick_size,
                short_term_volatility=self._looks % 997 / 1e5,
                timestamp=now_ns,
                age_s=self._looks % 9 / 100,
                sequence=before.sequence + 1,
            )

    def state(self, name: str) -> MarketState:
        return self._states[name]

    def price(self, name: str) -> Decimal:
        return self._ticks[name] * self.instruments[name].tick_size

    def book(self, name: str, depth: int, own: list[OwnLevel]) -> BookView:
        instrument, ticks = self.instruments[name], self._ticks[name]
        first = (self._looks * 7 + ticks) % (_SIZES - 2 * depth)
        return BookView(
            venue=instrument.venue, symbol=instrument.symbol, validity="valid", reason="",
            age_s=self._looks % 9 / 100, sequence=self._looks, tick_size=instrument.tick_size,
            lot_size=instrument.lot_size,
            bid_ticks=list(range(ticks, ticks - depth, -1)), bid_lots=self._sizes[first : first + depth],
            ask_ticks=list(range(ticks + 1, ticks + 1 + depth)),
            ask_lots=self._sizes[first + depth : first + 2 * depth],
            own=own, last_ticks=ticks, last_side="buy" if self._looks % 3 else "sell",
        )  # fmt: skip

    def tape(self, name: str, limit: int, now_ns: int) -> list[PrintView]:
        """Return the newest prints of an instrument, of which every look brings some."""
        tape = self._tapes.setdefault(name, deque(maxlen=limit))
        for _ in range(self._looks % 4):
            self._prints += 1
            side = "buy" if self._prints % 3 else "sell"
            lots = self._sizes[self._prints % _SIZES]
            is_own = self._prints % 40 == 0
            tape.appendleft(PrintView(self._prints, now_ns, self._ticks[name], lots, side, is_own, False))
        return list(tape)

    def chart(self, request: DeskRequest, now_ns: int, fills: list[tuple[int, str, float]]) -> ChartView | None:
        name = request.chart
        if name is None or name not in self.instruments:
            return None
        bars = self._bars(name, request.timeframe, request.bars, now_ns)
        instrument = self.instruments[name]
        return ChartView(
            venue=instrument.venue, symbol=instrument.symbol, timeframe=request.timeframe, bars=bars,
            price_decimals=max(0, -int(instrument.tick_size.as_tuple().exponent)),
            fills=[fill for fill in fills if fill[0] >= bars[0].open_ns],
            studies=[_study(study, bars) for study in request.studies],
        )  # fmt: skip

    def _bars(self, name: str, timeframe: str, count: int, now_ns: int) -> list[BarView]:
        """Return the bars until now; those of charts that were left longest ago are forgotten."""
        length_ns = _TIMEFRAMES_S.get(timeframe, 60) * 1_000_000_000
        price, open_ns = float(self.price(name)), now_ns // length_ns * length_ns
        bars = self._charts.pop((name, timeframe), None) or deque[BarView](maxlen=count)
        self._charts[name, timeframe] = bars
        if len(self._charts) > _KEPT_CHARTS:
            del self._charts[next(iter(self._charts))]
        if not bars:
            past = (price + self._chance.randrange(-200, 200) for _ in range(count))
            bars.extend(
                BarView(open_ns - (count - place) * length_ns, each, each + 20, each - 20, each + 7, place % 90 + 1.0)
                for place, each in enumerate(past)
            )
        last = bars[-1]
        if last.open_ns == open_ns:
            high, low = max(last.high, price), min(last.low, price)
            bars[-1] = BarView(open_ns, last.open, high, low, price, last.volume + 1)
        else:
            bars.append(BarView(open_ns, last.close, max(last.close, price), min(last.close, price), price, 1.0))
        return list(bars)


def _study(name: str, bars: list[BarView]) -> StudyView:
    """Return a line that follows the closes; what it means is the engine's business."""
    value, values = bars[0].close, list[float | None]()
    for bar in bars:
        value += (bar.close - value) / 10
        values.append(value)
    return StudyView(name=name, lines=[StudyLine(label="", values=values)])
