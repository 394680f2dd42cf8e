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


class Traded:
    """A store, its history, and one trade after the other."""

    def __init__(self) -> None:
        self.history = LateHistory()
        self.store = BarStore(cast("Market", SimpleNamespace(instruments={PERP.id: PERP})), self.history)
        self.store.watch(PERP.id, Timeframe.M1)

    def trade(self, minute: float, ticks: int) -> None:
        at_ns = START_NS + int(minute * MINUTE_NS)
        self.store.add(Trade(PERP.id, int(minute * 60), ticks, 1, False, at_ns, at_ns))
        self.store.advance(at_ns)

    def shown(self) -> dict[int, int]:
        bars = self.store.recent(PERP.id, "1m", 100).bars
        return {(each.open_ns - START_NS) // MINUTE_NS: each.close_ticks for each in bars}

    def lost(self, from_minute: float, until_minute: float) -> None:
        self.store.note_lost("v1", START_NS + int(from_minute * MINUTE_NS))
        self.store.note_not_lost("v1", START_NS + int(until_minute * MINUTE_NS))
        self.store.note_gap("v1", START_NS + int(until_minute * MINUTE_NS))


def test_lost_time_is_left_out_of_a_chart_and_quiet_time_is_drawn_flat() -> None:
    traded = Traded()
    traded.trade(0, 100)
    traded.trade(3, 103)  # nobody traded in minutes 1 and 2
    traded.lost(5.5, 7.5)
    traded.trade(9, 109)
    traded.trade(11, 111)
    assert traded.shown() == {0: 100, 1: 100, 2: 100, 3: 103, 4: 103, 9: 109, 10: 109, 11: 111}


def test_an_outage_within_a_bar_leaves_nothing_out() -> None:
    traded = Traded()
    traded.trade(0, 100)
    traded.trade(1.1, 101)
    traded.lost(1.3, 1.6)
    traded.trade(1.9, 102)
    traded.trade(4, 104)
    assert traded.shown() == {0: 100, 1: 102, 2: 102, 3: 102, 4: 104}


def test_an_outage_of_another_venue_leaves_nothing_out() -> None:
    traded = Traded()
    traded.trade(0, 100)
    traded.store.note_lost("v2", START_NS)
    traded.trade(3, 103)
    assert traded.shown() == {0: 100, 1: 100, 2: 100, 3: 103}


def test_lost_time_that_history_has_told_of_is_drawn_flat_where_nobody_traded() -> None:
    traded = Traded()
    traded.trade(0, 100)
    traded.trade(1, 101)
    traded.lost(1.5, 6.5)
    traded.trade(7, 107)
    assert traded.shown() == {0: 100, 1: 101, 7: 107}
    traded.history.kept = [bar(1, 1_101), bar(4, 1_104), bar(6, 1_106)]
    traded.history.told = [(PERP.id, Timeframe.M1)]
    traded.trade(8, 108)
    assert traded.shown() == {0: 100, 1: 1_101, 2: 1_101, 3: 1_101, 4: 1_104, 5: 1_104, 6: 1_106, 7: 107, 8: 108}


def test_between_history_and_the_first_trade_seen_nothing_is_known() -> None:
    traded = Traded()
    traded.history.kept = [bar(0, 1_000), bar(2, 1_002)]
    traded.history.told = [(PERP.id, Timeframe.M1)]
    traded.trade(6, 106)
    traded.trade(8, 108)
    assert traded.shown() == {0: 1_000, 1: 1_000, 2: 1_002, 6: 106, 7: 106, 8: 108}
