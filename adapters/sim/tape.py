"""The public trades of one instrument: those still to be sent, and minutes of all there were."""

from collections import deque
from typing import Final

from adapters.sim.history import MINUTE_NS, HistoryBar
from core.matching.events import MatchEvent, Traded
from core.types.instrument import InstrumentId
from core.types.market import Trade
from core.types.order import Side

_MINUTES_KEPT: Final = 3_000


class Tape:
    """Print what matched, one public trade per taker and price."""

    def __init__(self, instrument_id: InstrumentId, first_trade_id: int) -> None:
        self._instrument_id = instrument_id
        self._next_trade_id = first_trade_id
        self._unsent: list[Trade] = []
        self._minutes: deque[HistoryBar] = deque(maxlen=_MINUTES_KEPT)

    def record(self, events: list[MatchEvent], at_ns: int) -> None:
        taker_id = ticks = lots = 0
        side = Side.BUY
        for event in events:
            if type(event) is not Traded:
                continue
            if lots and (taker_id, ticks) != (event.taker_id, event.ticks):
                self._print(ticks, lots, side, at_ns)
                lots = 0
            taker_id, ticks, side = event.taker_id, event.ticks, event.taker_side
            lots += event.lots
        if lots:
            self._print(ticks, lots, side, at_ns)

    def _print(self, ticks: int, lots: int, taker_side: Side, at_ns: int) -> None:
        trade = Trade(self._instrument_id, self._next_trade_id, ticks, lots, taker_side is Side.SELL, at_ns, at_ns)
        self._next_trade_id += 1
        self._unsent.append(trade)
        open_ns = at_ns - at_ns % MINUTE_NS
        last = self._minutes[-1] if self._minutes else None
        if last is None or last.open_ns != open_ns:
            self._minutes.append(HistoryBar(open_ns, ticks, ticks, ticks, ticks, lots))
            return
        self._minutes[-1] = last._replace(
            high=max(last.high, ticks), low=min(last.low, ticks), close=ticks, volume=last.volume + lots
        )

    def take(self) -> list[Trade]:
        """Return the trades since the last call."""
        trades, self._unsent = self._unsent, []
        return trades

    def minutes(self) -> list[HistoryBar]:
        """Return the minutes since the market began, oldest first; the first and the last may be partial."""
        return list(self._minutes)
