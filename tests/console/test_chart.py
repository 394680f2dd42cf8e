"""The candle chart: a crosshair that holds on to its bar, own fills and orders, and a bar that is not done yet."""

import math
from dataclasses import dataclass
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.state.desk import BarView, ChartView, DeskSnapshot, ProtectionView, StudyLine, StudyView
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_link import FakeLink
from tui.present.candles import chart_lines, chart_notes
from tui.present.chart_gaps import MOST_EMPTY, with_gaps
from tui.present.chart_own import AVERAGE, BUY, SELL, STOP, TARGET, OwnLine, own_lines
from tui.present.freshness import Freshness
from tui.present.ink import Decor, Ink, Span, text_of
from tui.present.market_age import MarketAge, market_age
from tui.present.time_axis import marked_axis

MINUTE_NS = 60_000_000_000
FRESH = MarketAge(Freshness.FRESH, (Span("<0.5 s"),))


def bar(minute: int, *prices: float, volume: float = 1.0) -> BarView:
    return BarView(minute * MINUTE_NS, prices[0], max(prices), min(prices), prices[-1], volume)


def chart(*bars: BarView, is_running: bool = True, fills: tuple[tuple[int, str, float], ...] = ()) -> ChartView:
    return ChartView(
        venue="v", symbol="S", timeframe="1m", bars=list(bars), price_decimals=1, fills=list(fills),
        is_running=is_running,
    )  # fmt: skip


def picture(view: ChartView, width: int = 60, height: int = 20, **more: object) -> list[str]:
    return [text_of(line) for line in chart_lines(view, width, height, **more)]


RISING = [bar(n, 100.0 + n, 101.0 + n, 99.0 + n, 100.5 + n, volume=float(n + 1)) for n in range(90)]


def test_the_legend_has_the_numbers_of_the_newest_bar() -> None:
    assert picture(chart(*RISING))[0].startswith("01:29 running O 189.0 H 190.0 L 188.0 C 189.5 V 90")


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_bar_with_a_price_that_is_no_number_is_a_gap_and_the_others_stand_where_they_stood(number: float) -> None:
    bars = RISING[:50]
    odd = BarView(bars[20].open_ns, bars[20].open, number, bars[20].low, bars[20].close, number)
    whole, lines = picture(chart(*bars)), picture(chart(*bars[:20], odd, *bars[21:]))
    axis_cells = next(line.index("┤") for line in whole if "┤" in line) + 2
    differing = {
        place - axis_cells
        for before, after in zip(whole, lines, strict=True)
        for place in range(len(before))
        if before[place] != after[place]
    }
    assert differing == {20}
    assert {line[axis_cells + 20] for line in lines[1:-1]} == {" "}


def test_numbers_that_are_none_are_told_as_not_known() -> None:
    odd = BarView(90 * MINUTE_NS, 190.0, math.nan, 189.0, math.nan, math.nan)
    view = chart(*RISING, odd)
    assert picture(view)[0].startswith("01:30 running O 190.0 H — L 189.0 C — V — —")
    assert [text_of(note) for note in chart_notes(view, FRESH)] == ["— — <0.5 s", "— <0.5 s", "<0.5 s"]
    assert not any(mark in line for line in picture(view) for mark in "▸▴▾")
    assert picture(chart(odd)) == ["The prices of these bars are not known."]


def cells_of(lines: list[str]) -> list[str]:
    """Return the columns of the candles, each from top to bottom."""
    at = next(line.index("┤") for line in lines if "┤" in line) + 2
    rows = [line[at:].ljust(60) for line in lines[1:-1]]
    return ["".join(column) for column in zip(*rows, strict=True)]


def test_time_that_was_lost_is_as_many_empty_columns_as_bars_are_missing() -> None:
    bars = [*RISING[:10], *RISING[17:25]]
    lines = picture(chart(*bars))
    is_empty = [not column.strip(" ╌┈") for column in cells_of(lines)[:25]]
    assert is_empty == [10 <= place < 17 for place in range(25)]
    assert lines[-1].split() == ["00:00", "00:12"]


def test_no_study_is_drawn_in_lost_time_and_each_stands_at_its_bar() -> None:
    view = chart(*RISING[:3], *RISING[5:8])
    values = [1.0, 2.0, 3.0, 6.0, 7.0, 8.0]
    view.studies = [StudyView(name="ema 20", lines=[StudyLine(label="", values=[*values])])]
    shown = with_gaps(view)
    assert [bar.open_ns // MINUTE_NS for bar in shown.bars] == list(range(8))
    assert shown.studies[0].lines[0].values == [1.0, 2.0, 3.0, None, None, 6.0, 7.0, 8.0]
    assert [math.isnan(bar.close) for bar in shown.bars] == [False] * 3 + [True] * 2 + [False] * 3
    assert len(view.bars) == 6
    assert with_gaps(chart(*RISING)).bars == RISING


def test_lost_time_of_years_makes_no_more_columns_than_a_screen_has() -> None:
    far = [bar(minute, 100.0, 101.0) for minute in (0, 5, 3_000_000, 6_000_000)]
    shown = with_gaps(chart(*far)).bars
    assert len(shown) < 2 * MOST_EMPTY
    times = [each.open_ns for each in shown]
    assert times == sorted(set(times))
    assert {each.open_ns for each in far} <= {*times}
    assert picture(chart(*far), cursor_ns=0)[0].startswith("00:00")


def test_the_crosshair_goes_from_bar_to_bar_over_lost_time() -> None:
    bars = [*RISING[:10], *RISING[17:25]]
    lines = picture(chart(*bars), cursor_ns=9 * MINUTE_NS)
    assert lines[0].startswith("00:09 O 109.0")
    assert {column for column, text in enumerate(cells_of(lines)) if "┆" in text} == {9}


def test_a_bar_that_lacks_trades_is_dashed_and_said_to_be_a_part() -> None:
    part = msgspec.structs.replace(bar(1, 100.0, 110.0), is_whole=False)
    lines = picture(chart(bar(0, 100.0, 110.0), part, bar(2, 100.0, 110.0), is_running=False), cursor_ns=MINUTE_NS)
    columns = cells_of(lines)
    assert ["┋" in column for column in columns[:3]] == [False, True, False]
    assert lines[0].startswith("00:01 part O 100.0")


@dataclass
class Market(FakeLink):
    """An engine whose market of the chart has an age and a state."""

    market_age_s: float | None = 0.1
    validity: str = "valid"

    def snapshot(self) -> DeskSnapshot:
        snapshot = super().snapshot()
        if snapshot.chart is not None:
            market = snapshot.monitoring.market[snapshot.chart.venue][snapshot.chart.symbol]
            market.age_s, market.validity = self.market_age_s, self.validity
        return snapshot


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_the_frame_of_a_chart_tells_how_old_its_market_is_and_strikes_a_stale_price(size: tuple[int, int]) -> None:
    link = Market()

    def struck(desk: Desk) -> str:
        pane = desk.app.area.panes["chart"]
        rows = [pane.render_line(row) for row in range(pane.size.height)]
        return " ".join(each.text for row in rows for each in row if each.style is not None and each.style.strike)

    async def script(desk: Desk) -> None:
        assert "<0.5 s" in desk.pane("chart").splitlines()[0]
        assert not struck(desk)
        link.market_age_s = 600.0
        await desk.frame()
        assert "10 min 00 s" in desk.pane("chart").splitlines()[0]
        assert "▸" in struck(desk)
        link.market_age_s, link.validity = 0.1, "syncing"
        await desk.frame()
        assert "syncing" in desk.pane("chart").splitlines()[0]
        assert "▸" in struck(desk)
        link.market_age_s, link.validity = 50_000.0, "closed"
        await desk.frame()
        assert "CLOSED" in desk.pane("chart").splitlines()[0]
        assert not struck(desk)

    run_console(script, link, size)


def test_a_market_that_nobody_follows_has_no_data_in_the_frame() -> None:
    age = market_age(None, 0.0)
    price = chart_notes(chart(*RISING), age)[0]
    assert text_of(price) == "189.5 ▲+89.50 % no data"
    assert price[0].decor & Decor.STRUCK


def test_the_crosshair_shows_the_numbers_of_its_bar_and_its_time_on_the_axis() -> None:
    lines = picture(chart(*RISING), cursor_ns=80 * MINUTE_NS)
    assert lines[0].startswith("01:20 O 180.0 H 181.0 L 179.0 C 180.5 V 81")
    assert "01:20" in lines[-1]
    assert any("┆" in line for line in lines)


def test_a_crosshair_further_back_than_the_newest_bars_brings_its_bar_into_sight() -> None:
    lines = picture(chart(*RISING), width=40, cursor_ns=3 * MINUTE_NS)
    assert lines[0].startswith("00:03 O 103.0")
    assert lines[-1].split()[0] == "00:03"
    assert any("▴" in line for line in lines)  # the last price is above what is shown


def test_numbers_of_a_bar_that_do_not_fit_are_left_out_whole() -> None:
    assert picture(chart(*RISING), width=26)[0] == "01:29 running C 189.5 V 90"


def test_the_running_bar_is_dashed_and_said_to_run_and_a_closed_one_is_not() -> None:
    tall = bar(1, 100.0, 110.0)
    running = picture(chart(bar(0, 100.0, 110.0), tall), height=24)
    done = picture(chart(bar(0, 100.0, 110.0), tall, is_running=False), height=24)
    assert sum("┃┋" in line for line in running) > 3
    assert not any("┋" in line for line in done)
    assert "running" in running[0]
    assert "running" not in done[0]


def test_own_fills_stand_at_their_bar_and_price_and_a_buy_and_a_sell_in_one_cell_show_both() -> None:
    fills = (
        (0, "buy", 100.0),
        (MINUTE_NS, "sell", 110.0),
        (2 * MINUTE_NS, "buy", 105.0),
        (2 * MINUTE_NS, "sell", 105.0),
    )
    lines = picture(chart(bar(0, 100.0, 110.0), bar(1, 100.0, 110.0), bar(2, 100.0, 110.0), fills=fills))[1:]
    columns = {mark: line.index(mark) for line in lines for mark in "▲▼⇅" if mark in line}
    assert (columns["▼"], columns["⇅"]) == (columns["▲"] + 1, columns["▲"] + 2)


def test_own_prices_are_lines_with_a_mark_on_the_axis_and_their_size() -> None:
    own = (OwnLine(102.0, AVERAGE, "avg long 0.25"), OwnLine(108.0, SELL, "sell 0.25"), OwnLine(97.0, BUY, "buy 0.1"))
    view = chart(*(bar(n, 95.0, 110.0) if n == 0 else bar(n, 105.0, 106.0) for n in range(40)))
    drawn = chart_lines(view, 60, 24, own=own)
    lines = {mark: next(line for line in drawn if f"{price}{mark}" in text_of(line)) for price, mark in
             (("102.0", AVERAGE), ("108.0", SELL), ("97.0", BUY))}  # fmt: skip
    assert "avg long 0.25" in text_of(lines[AVERAGE])
    assert "sell 0.25" in text_of(lines[SELL])
    assert "buy 0.1" in text_of(lines[BUY])
    for line in lines.values():
        assert all(span.ink is Ink.OWN for span in line if "0." in span.text and "long" in span.text)


def test_a_candle_is_never_hidden_by_an_own_price() -> None:
    view = chart(*(bar(n, 100.0, 110.0) for n in range(40)))
    with_own = picture(view, own=(OwnLine(105.0, AVERAGE, "avg long 1"),))
    assert sum(line.count("┃") for line in with_own) == sum(line.count("┃") for line in picture(view))


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_arrows_move_the_crosshair_bar_by_bar_and_escape_lets_go(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5")
        await desk.focus("chart")
        newest = desk.pane("chart").splitlines()[1]
        assert "running" in newest
        await desk.press("left", "left")
        assert "12:30 " in desk.pane("chart").splitlines()[1]
        await desk.press("ctrl+left")
        assert "12:20 " in desk.pane("chart").splitlines()[1]
        await desk.press("right")
        assert "12:21 " in desk.pane("chart").splitlines()[1]
        await desk.press("escape")
        assert "running" in desk.pane("chart").splitlines()[1]

    run_console(script, size=size)


def test_the_crosshair_stays_on_its_bar_when_new_ones_come() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5")
        await desk.focus("chart")
        await desk.press("left", "left")
        before = desk.pane("chart").splitlines()[1][:30]
        desk.link.step += 5
        await desk.frame()
        assert desk.pane("chart").splitlines()[1][:30] == before

    run_console(script)


def test_arrows_do_nothing_in_a_pane_without_columns_to_move_over() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("log")
        before = desk.pane("log")
        await desk.press("left", "right")
        assert desk.pane("log") == before

    run_console(script)


def test_the_privacy_mask_hides_own_sizes_and_prices_in_the_chart_and_leaves_the_market() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5", "ctrl+y")
        text = desk.pane("chart")
        assert "avg long •.••" in text
        assert "64,0" in text
        assert "0.25" not in text

    run_console(script, FakeLink(), size=LARGE)


def test_where_a_position_is_stopped_and_taken_are_own_lines_and_an_unwatched_one_says_so() -> None:
    snapshot = FakeLink().snapshot()
    position = snapshot.positions[0]
    position.protection = ProtectionView(
        quantity=Decimal("0.25"), entry_price=Decimal(63_990), best_price=Decimal(64_020),
        stop_price=Decimal(63_350), stop_distance_pct=None, take_profit_price=Decimal(65_000),
        take_profit_distance_pct=None, trailing_price=None, trailing_distance_pct=None, state="unwatched",
        reason="the book is stale",
    )  # fmt: skip
    view = chart(bar(0, 1.0))
    view.venue, view.symbol = position.venue, position.symbol
    own = [(line.price, line.mark, line.text) for line in own_lines(snapshot, view)]
    assert (63_350.0, STOP, "stop loss 0.25 unwatched") in own
    assert (65_000.0, TARGET, "take profit 0.25 unwatched") in own
    assert (64_004.0, BUY, "buy 0.25") in own


@given(
    st.integers(0, 70),
    st.sampled_from(["▲", "14:14"]),
    st.lists(st.integers(0, 60), max_size=6, unique=True).map(
        lambda found: sorted({each - each % 12 for each in found})
    ),
)
def test_a_mark_on_the_time_axis_leaves_every_label_whole_or_takes_it_away(
    at: int, mark: str, columns: list[int]
) -> None:
    labels = [(column, f"{13 + column // 12}:00") for column in columns]
    text = text_of(marked_axis(labels, at, Span(mark)))
    assert text[at : at + len(mark)] == mark
    assert set(text.split()) <= {mark, *(label for _, label in labels)}
