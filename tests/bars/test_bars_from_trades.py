"""A trade counts once, in the bar of its venue time, whatever the order of arrival."""

import random
from collections.abc import Iterable
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from core.bars.admission import Admission, TradeAdmission
from core.bars.bar import Bar
from core.bars.builder import GRACE_NS, SETTLE_NS, BarBuilder
from core.bars.instrument_bars import InstrumentBars
from core.bars.timeframe import NS_PER_S, Timeframe
from core.types.instrument import AssetType, Instrument
from core.types.market import Trade

BTC = Instrument(
    venue="sim-a", symbol="BTC/USDT", venue_symbol="BTCUSDT", asset_type=AssetType.CRYPTO_SPOT, base="BTC",
    quote="USDT", tick_size=Decimal("0.1"), lot_size=Decimal("0.001"), min_quantity=Decimal("0.001"),
    min_notional=Decimal(5),
)  # fmt: skip
BEGIN_NS = 1_723_161_240 * NS_PER_S  # a whole minute


def trade(trade_id: int, second: float, ticks: int = 100, lots: int = 1, *, sold: bool = False) -> Trade:
    at_ns = BEGIN_NS + int(second * NS_PER_S)
    return Trade(BTC.id, trade_id, ticks, lots, sold, at_ns, at_ns + 1_000)


def closed_by(bars: InstrumentBars, trades: Iterable[Trade]) -> list[Bar]:
    return [bar for each in trades for bar in bars.add(each)]


def test_a_bar_closes_when_a_trade_of_the_next_one_arrives() -> None:
    bars = InstrumentBars(BTC, [Timeframe.M1])
    before = closed_by(
        bars, [trade(1, 0, 100, 2), trade(2, 10, 130, 3, sold=True), trade(3, 20, 90, 5), trade(4, 59, 110)]
    )
    (bar,) = bars.add(trade(5, 60, 111))
    assert before == []
    assert (bar.open_ns, bar.open_ticks, bar.high_ticks, bar.low_ticks, bar.close_ticks) == (
        BEGIN_NS,
        100,
        130,
        90,
        110,
    )
    assert (bar.volume_lots, bar.buy_lots, bar.trade_count, bar.revision) == (11, 8, 4, 0)


def test_a_bar_closes_by_the_clock_only_after_its_end_has_settled() -> None:
    bars = InstrumentBars(BTC, [Timeframe.M1])
    bars.add(trade(1, 5))
    end_ns = BEGIN_NS + 60 * NS_PER_S
    assert bars.advance(end_ns + SETTLE_NS - 1) == []
    assert [bar.open_ns for bar in bars.advance(end_ns + SETTLE_NS)] == [BEGIN_NS]
    assert bars.advance(end_ns + 10 * SETTLE_NS) == []


def test_an_interval_without_trades_gets_no_bar() -> None:
    bars = InstrumentBars(BTC, [Timeframe.S1])
    closed_by(bars, [trade(1, 0), trade(2, 5), trade(3, 6)])
    series = bars.series(Timeframe.S1)
    assert series is not None
    assert [bar.open_ns for bar in series.bars()] == [BEGIN_NS, BEGIN_NS + 5 * NS_PER_S]


def test_a_trade_given_twice_counts_once() -> None:
    bars = InstrumentBars(BTC, [Timeframe.M1])
    closed_by(bars, [trade(1, 0, lots=4), trade(1, 0, lots=4), trade(2, 60)])
    assert bars.admission.counts[Admission.DUPLICATE] == 1
    series = bars.series(Timeframe.M1)
    assert series is not None
    assert series.bars()[0].volume_lots == 4


def test_a_late_trade_corrects_its_closed_bar_and_the_bar_comes_again_with_a_higher_revision() -> None:
    bars = InstrumentBars(BTC, [Timeframe.M1])
    (first,) = closed_by(bars, [trade(1, 0, 100), trade(3, 60, 100)])
    (again,) = bars.add(trade(2, 59, 140, 7))
    assert (first.revision, again.revision, again.open_ns) == (0, 1, first.open_ns)
    assert (again.high_ticks, again.close_ticks, again.volume_lots) == (140, 140, 8)
    series = bars.series(Timeframe.M1)
    assert series is not None
    assert series.bars() == [again]


def test_a_late_trade_of_an_interval_that_had_seemed_empty_makes_its_bar_in_place() -> None:
    bars = InstrumentBars(BTC, [Timeframe.S1])
    closed_by(bars, [trade(1, 0), trade(3, 2), trade(4, 3)])
    (late,) = bars.add(trade(2, 1))
    series = bars.series(Timeframe.S1)
    assert series is not None
    assert late.revision == 1
    assert [(bar.open_ns - BEGIN_NS) // NS_PER_S for bar in series.bars()] == [0, 1, 2]


def test_a_trade_later_than_the_grace_is_dropped_and_counted() -> None:
    bars = InstrumentBars(BTC, [Timeframe.S1])
    after_grace_s = GRACE_NS // NS_PER_S + 1
    closed_by(bars, [trade(1, 0), trade(3, after_grace_s)])
    assert bars.add(trade(2, 0.5)) == []
    assert bars.late_dropped == 1


def test_a_late_trade_after_the_clock_closed_its_bar_is_a_correction_too() -> None:
    bars = InstrumentBars(BTC, [Timeframe.S1])
    bars.add(trade(1, 0.1))
    bars.advance(BEGIN_NS + 2 * NS_PER_S)
    (again,) = bars.add(trade(2, 0.9, 105))
    assert (again.revision, again.close_ticks, again.trade_count) == (1, 105, 2)


def test_one_trade_with_a_time_far_ahead_does_not_end_the_running_bar() -> None:
    bars = InstrumentBars(BTC, [Timeframe.M1])
    bars.add(trade(1, 0))
    wrong = Trade(BTC.id, 2, 100, 1, False, BEGIN_NS + 10**18, BEGIN_NS)
    assert bars.add(wrong) == []
    assert bars.admission.counts[Admission.AHEAD] == 1
    assert bars.add(trade(3, 1)) == []
    running = bars.running(Timeframe.M1)
    assert running is not None
    assert running.trade_count == 2


def test_a_trade_without_a_price_or_a_size_is_no_trade() -> None:
    bars = InstrumentBars(BTC, [Timeframe.M1])
    closed_by(bars, [trade(1, 0, ticks=0), trade(2, 0, lots=0)])
    assert bars.admission.counts[Admission.MALFORMED] == 2
    assert bars.running(Timeframe.M1) is None


def test_the_bar_that_began_before_the_feed_is_incomplete_and_the_next_one_complete() -> None:
    bars = InstrumentBars(BTC, [Timeframe.M1])
    closed = closed_by(bars, [trade(1, 30), trade(2, 60), trade(3, 120)])
    assert [bar.is_complete for bar in closed] == [False, True]


def test_a_bar_with_a_gap_in_its_feed_is_incomplete() -> None:
    bars = InstrumentBars(BTC, [Timeframe.M1])
    closed_by(bars, [trade(1, 0), trade(2, 61)])
    bars.note_gap(BEGIN_NS + 150 * NS_PER_S)
    closed = closed_by(bars, [trade(3, 155), trade(4, 180), trade(5, 240)])
    assert [bar.is_complete for bar in closed] == [False, False, True]


def test_memory_of_trade_ids_is_bounded_and_what_is_older_than_it_is_refused() -> None:
    admission = TradeAdmission(remembered=3)
    for number in range(1, 6):
        assert admission.judge(trade(number, number)) is Admission.ACCEPTED
    assert admission.judge(trade(1, 1)) is Admission.TOO_OLD
    assert admission.judge(trade(4, 4)) is Admission.DUPLICATE


_TRADES = st.lists(
    st.tuples(st.integers(0, 20_000), st.integers(1, 50), st.integers(1, 9), st.booleans()), min_size=1, max_size=40
)


@settings(deadline=None)
@given(_TRADES, st.integers(0, 2**32))
def test_any_order_of_arrival_within_the_grace_gives_the_same_bars(
    facts: list[tuple[int, int, int, bool]], seed: int
) -> None:
    in_order = [
        trade(number, ms / 1000, ticks, lots, sold=sold)
        for number, (ms, ticks, lots, sold) in enumerate(sorted(facts), start=1)
    ]
    shuffled = random.Random(seed).sample(in_order + in_order[:5], len(in_order) + len(in_order[:5]))
    for timeframe in (Timeframe.S1, Timeframe.S5):
        assert _content(in_order, timeframe) == _content(shuffled, timeframe)


def _content(trades: list[Trade], timeframe: Timeframe) -> list[tuple[int, ...]]:
    bars = InstrumentBars(BTC, [timeframe])
    closed_by(bars, trades)
    bars.advance(BEGIN_NS + 3_600 * NS_PER_S)
    series = bars.series(timeframe)
    assert series is not None
    return [
        (b.open_ns, b.open_ticks, b.high_ticks, b.low_ticks, b.close_ticks, b.volume_lots, b.buy_lots, b.trade_count)
        for b in series.bars()
    ]


@settings(deadline=None)
@given(_TRADES)
def test_bars_hold_every_accepted_trade_and_their_prices_are_ordered(facts: list[tuple[int, int, int, bool]]) -> None:
    builder = BarBuilder(BTC.id, Timeframe.S1)
    newest: dict[int, Bar] = {}
    for number, (ms, ticks, lots, sold) in enumerate(facts, start=1):
        newest |= {bar.open_ns: bar for bar in builder.add(trade(number, ms / 1000, ticks, lots, sold=sold))}
    newest |= {bar.open_ns: bar for bar in builder.advance(BEGIN_NS + 3_600 * NS_PER_S)}
    assert sum(bar.volume_lots for bar in newest.values()) == sum(lots for _, _, lots, _ in facts)
    assert sum(bar.trade_count for bar in newest.values()) == len(facts)
    for bar in newest.values():
        assert bar.low_ticks <= min(bar.open_ticks, bar.close_ticks)
        assert bar.high_ticks >= max(bar.open_ticks, bar.close_ticks)
        assert bar.buy_lots <= bar.volume_lots
