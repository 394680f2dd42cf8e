"""Bars that come late from a venue's history fill the series that runs."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

from core.bars.bar import Bar
from core.bars.timeframe import Timeframe
from core.engine.bar_store import BarStore
from core.market.market import Market
from core.types.instrument import Instrument, InstrumentId
from core.types.market import Trade
from tests.engine.venues import START_NS, perpetual

PERP = perpetual("v1")
MINUTE_NS = Timeframe.M1.ns


class LateHistory:
    """Remembers what it is given, and tells once that it was."""

    def __init__(self) -> None:
        self.kept: list[Bar] = []
        self.told: list[tuple[InstrumentId, Timeframe]] = []

    def bars(self, instrument: Instrument, timeframe: Timeframe, count: int) -> Sequence[Bar]:
        return [bar for bar in self.kept if bar.timeframe is timeframe][-count:]

    def renewed(self) -> Sequence[tuple[InstrumentId, Timeframe]]:
        told, self.told = self.told, []
        return told


def bar(minute: int, close_ticks: int) -> Bar:
    return Bar(
        instrument_id=PERP.id, timeframe=Timeframe.M1, open_ns=START_NS + minute * MINUTE_NS, open_ticks=close_ticks,
        high_ticks=close_ticks, low_ticks=close_ticks, close_ticks=close_ticks, volume_lots=5,
    )  # fmt: skip


def test_a_gap_in_a_running_series_is_filled_when_the_venue_has_told_of_it_and_live_bars_stay() -> None:
    history = LateHistory()
    store = BarStore(cast("Market", SimpleNamespace(instruments={PERP.id: PERP})), history)
    series = store.watch(PERP.id, Timeframe.M1)
    assert series is not None

    def trade(second: float, ticks: int) -> None:
        at_ns = START_NS + int(second * 1e9)
        store.add(Trade(PERP.id, int(second), ticks, 1, False, at_ns, at_ns))

    trade(0, 1_000)
    trade(30, 1_001)
    trade(60, 1_002)
    store.note_gap("v1", START_NS + 200 * 1_000_000_000)  # nothing came for most of minutes 1, 2 and 3
    trade(240, 1_010)
    store.advance(START_NS + 301 * 1_000_000_000)
    before = {(each.open_ns - START_NS) // MINUTE_NS: each.close_ticks for each in series.bars()}
    history.kept = [bar(minute, 2_000 + minute) for minute in range(5)]
    store.advance(START_NS + 302 * 1_000_000_000)
    assert len(series) == len(before)  # read, and nobody was told
    history.told = [(PERP.id, Timeframe.M1), (InstrumentId("v1", "ETH/USDT:USDT"), Timeframe.M1)]
    store.advance(START_NS + 303 * 1_000_000_000)
    after = {(each.open_ns - START_NS) // MINUTE_NS: each.close_ticks for each in series.bars()}
    assert 2 not in before
    assert {minute: after[minute] for minute in (1, 2, 3)} == {1: 2_001, 2: 2_002, 3: 2_003}
    assert (after[0], after[4]) == (before[0], before[4]) == (1_001, 1_010)
