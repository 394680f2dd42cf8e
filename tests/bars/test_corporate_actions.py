"""Past prices and positions after splits and dividends, checked against recorded prices and the dividend paid."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bars.bar import Bar
from core.bars.timeframe import Timeframe
from core.corporate_actions import AdjustmentFactors, FactorStep, split_position
from core.types.instrument import InstrumentId
from data.factor_file import read_factor_file
from tests.recordings import needs_recordings, recording

LEAN = "history/QuantConnect+Lean/Data__equity__usa__"
NEW_YORK = ZoneInfo("America/New_York")
SPY = InstrumentId("interactive_brokers", "SPY")


def bar_at(moment: datetime, *prices: int, volume: int = 100, timeframe: Timeframe = Timeframe.M1) -> Bar:
    opened, high, low, close = prices
    return Bar(
        instrument_id=SPY,
        timeframe=timeframe,
        open_ns=int(moment.timestamp()) * 1_000_000_000,
        open_ticks=opened,
        high_ticks=high,
        low_ticks=low,
        close_ticks=close,
        volume_lots=volume,
    )


def step(day: str, dividends: str, splits: str) -> FactorStep:
    return FactorStep(last_day=date.fromisoformat(day), dividends=Decimal(dividends), splits=Decimal(splits))


def spy_factors() -> AdjustmentFactors:
    path = recording(f"{LEAN}factor_files__spy.csv")
    return read_factor_file(path.read_text("utf-8"), path.name)


def recorded(name: str) -> list[list[str]]:
    with zipfile.ZipFile(recording(f"{LEAN}{name}.zip")) as archive:
        return list(csv.reader(io.StringIO(archive.read(archive.namelist()[0]).decode())))


@needs_recordings
def test_the_recorded_factors_hold_the_dividend_that_spy_paid_in_september_2013():
    before, _ = spy_factors().on(date(2013, 9, 19))
    after, _ = spy_factors().on(date(2013, 9, 20))
    last_close = Decimal("172.81")
    assert abs(last_close * (1 - before / after) - Decimal("0.838")) < Decimal("0.01")


@needs_recordings
def test_recorded_spy_minutes_keep_their_shape_and_shrink_by_the_dividends_since():
    midnight = datetime(2013, 10, 4, tzinfo=NEW_YORK)
    bars = [
        bar_at(
            datetime.fromtimestamp(midnight.timestamp() + int(ms) // 1_000, UTC),
            *(int(price) for price in prices),
            volume=int(volume),
        )
        for ms, *prices, volume in recorded("minute__spy__20131004_trade")
    ]
    assert len(bars) > 700
    adjusted = spy_factors().adjusted(bars, NEW_YORK)
    factor = Decimal("0.8646266")  # of the line that ends on 2013-12-19
    for raw, new in zip(bars, adjusted, strict=True):
        assert abs(new.close_ticks - raw.close_ticks * factor) <= Decimal("0.5")
        assert new.low_ticks <= min(new.open_ticks, new.close_ticks) <= new.high_ticks
        assert (new.open_ns, new.volume_lots) == (raw.open_ns, raw.volume_lots)
    assert spy_factors().adjusted(bars, NEW_YORK, dividends=False) == bars


@needs_recordings
def test_the_return_over_the_day_without_dividend_is_that_of_an_owner():
    closes = {day: int(close) for day, _, _, _, close, _ in recorded("daily__spy")}
    days = [datetime(2013, 9, day, 12, tzinfo=NEW_YORK) for day in (19, 20)]
    raw = [closes["20130919 00:00"], closes["20130920 00:00"]]
    bars = [bar_at(day, *[close] * 4, timeframe=Timeframe.D1) for day, close in zip(days, raw, strict=True)]
    first, second = (bar.close_ticks for bar in spy_factors().adjusted(bars, NEW_YORK))
    owned = Decimal(raw[1] + 8_380) / raw[0]  # prices are in hundredths of a cent
    assert abs(Decimal(second) / first - owned) < Decimal("0.0001")


def test_a_ten_for_one_split_divides_prices_and_multiplies_volumes_until_its_day():
    factors = AdjustmentFactors([step("2024-06-07", "1", "0.1")])
    before = bar_at(datetime(2024, 6, 7, 15, tzinfo=UTC), 120_888, 121_695, 118_022, 120_889, volume=41_238)
    late = bar_at(datetime(2024, 6, 8, 3, tzinfo=UTC), 120_888, 121_695, 118_022, 120_889)  # still the 7th over there
    after = bar_at(datetime(2024, 6, 10, 15, tzinfo=UTC), 12_037, 12_310, 11_701, 12_179)
    first, second, third = factors.adjusted([before, late, after], NEW_YORK)
    assert (first.open_ticks, first.high_ticks, first.low_ticks, first.close_ticks) == (12_089, 12_170, 11_802, 12_089)
    assert first.volume_lots == 412_380
    assert second.open_ticks == 12_089
    assert third is after


@given(
    st.integers(min_value=-100_000, max_value=100_000),
    st.integers(min_value=1, max_value=20),
    st.integers(min_value=1, max_value=20),
)
def test_a_split_keeps_the_cost_of_a_position_but_for_the_fraction_paid_out(held: int, new: int, old: int):
    price = Decimal("120.50")
    after = split_position(Decimal(held), price, Fraction(new, old))
    assert after.quantity == int(after.quantity)
    assert abs(after.fraction) < 1
    assert after.fraction * held >= 0
    cost = (after.quantity + after.fraction) * after.average_price
    assert abs(cost - held * price) < Decimal("1E-15")


def test_a_reverse_split_pays_out_what_is_no_whole_share():
    after = split_position(Decimal(105), Decimal(2), Fraction(1, 10))
    assert (after.quantity, after.average_price, after.fraction) == (Decimal(10), Decimal(20), Decimal("0.5"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("20130919,0.86,1,172.8\nnonsense", "spy.csv, line 2: 'nonsense' is not"),
        ("20131319,0.86,1", "line 1"),
        ("20130919,x,1", "line 1"),
        ("20130919,0,1", "allowed: above 0"),
        ("20130919,1,1\n20130919,1,1", "two steps"),
    ],
)
def test_a_broken_factor_file_says_where(text: str, message: str):
    with pytest.raises(ValueError, match=message):
        read_factor_file(text, "spy.csv")


def test_a_split_needs_shares():
    with pytest.raises(ValueError, match="above 0"):
        split_position(Decimal(1), Decimal(1), Fraction(0))
