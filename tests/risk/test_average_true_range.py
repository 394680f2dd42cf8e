"""The average true range against values worked out by hand and by its definition."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.bars.bar import Bar
from core.bars.timeframe import Timeframe
from core.risk.average_true_range import average_true_range
from core.types.instrument import InstrumentId

D = Decimal
TICK = D("0.1")


def bar(number: int, low: int, high: int, close: int, *, is_complete: bool = True) -> Bar:
    return Bar(
        instrument_id=InstrumentId("v1", "X"), timeframe=Timeframe.M1, open_ns=number * Timeframe.M1.ns,
        open_ticks=close, high_ticks=high, low_ticks=low, close_ticks=close, volume_lots=1, is_complete=is_complete,
    )  # fmt: skip


def test_gaps_between_bars_count_and_the_average_moves_by_its_share():
    bars = [bar(0, 90, 100, 95), bar(1, 94, 98, 96), bar(2, 104, 106, 105), bar(3, 105, 107, 106)]
    # True ranges 4, 10 (from the close of 96 to 106) and 2: mean 7, then 7 + (2 - 7) / 2 = 4.5 ticks.
    assert average_true_range(bars, TICK, 2) == D("0.45")


def test_too_few_bars_have_no_average_range():
    bars = [bar(number, 90, 100, 95) for number in range(14)]
    assert average_true_range(bars, TICK) is None
    assert average_true_range([*bars, bar(14, 90, 100, 95)], TICK) == D(1)


def test_a_bar_with_trades_missing_does_not_count():
    bars = [bar(number, 90, 100, 95) for number in range(15)]
    assert average_true_range([bar(0, 1, 1_000, 95, is_complete=False), *bars], TICK) == D(1)


@given(st.lists(st.tuples(st.integers(50, 99), st.integers(100, 150)), min_size=16, max_size=60))
def test_the_average_lies_between_the_least_and_the_greatest_range(spans: list[tuple[int, int]]):
    bars = [bar(number, low, high, (low + high) // 2) for number, (low, high) in enumerate(spans)]
    found = average_true_range(bars, TICK)
    assert found is not None
    closes = [(low + high) // 2 for low, high in spans]
    ranges = [
        (max(high, close) - min(low, close)) * TICK for close, (low, high) in zip(closes, spans[1:], strict=False)
    ]
    assert min(ranges) - TICK / 100 <= found <= max(ranges) + TICK / 100
