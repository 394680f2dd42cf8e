"""Indicators of the chart: chosen from a list, drawn over and below the bars, told in numbers, saved, exported."""

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.state.desk import BarView, ChartView, StudyLine, StudyView
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_link import FakeLink
from tests.console.test_layouts import seen
from tui.console.memory import ConsoleMemory
from tui.present.candles import chart_lines
from tui.present.cells import line_width
from tui.present.ink import Ink, text_of

MINUTE_NS = 60_000_000_000


def chart(*studies: StudyView, count: int = 60) -> ChartView:
    bars = [BarView(n * MINUTE_NS, 100.0, 104.0, 96.0, 101.0, 1.0) for n in range(count)]
    return ChartView(
        venue="v", symbol="S", timeframe="1m", bars=bars, price_decimals=1, fills=[], studies=list(studies)
    )


def study(name: str, *lines: tuple[str, list[float | None]], is_over_price: bool = True, **more: int) -> StudyView:
    drawn = [StudyLine(label=label, values=values) for label, values in lines]
    return StudyView(name=name, is_over_price=is_over_price, lines=drawn, since_ns=more.get("since_ns"))


def picture(view: ChartView, width: int = 60, height: int = 24, cursor_ns: int | None = None) -> list[str]:
    return [text_of(line) for line in chart_lines(view, width, height, cursor_ns=cursor_ns)]


def flat(value: float, count: int = 60) -> list[float | None]:
    return [value] * count


def test_a_curve_over_the_price_stands_at_its_values_and_its_number_in_the_legend() -> None:
    lines = picture(chart(study("ema 20", ("", flat(106.0)))))
    assert lines[1].startswith("· ema 20 106.0")
    assert max(line.count("·") for line in lines[2:]) == 52


def test_a_candle_in_the_way_of_a_curve_keeps_its_shape() -> None:
    bare, crossed = chart_lines(chart(), 60, 24), chart_lines(chart(study("ema 20", ("", flat(100.5)))), 60, 24)
    assert [text_of(line) for line in bare][2:] == [text_of(line) for line in crossed][2:] or any(
        span.ink is Ink.STUDY_A and span.text.strip("·") for line in crossed[2:] for span in line
    )


def test_a_curve_far_from_the_bars_does_not_flatten_them() -> None:
    near, far = picture(chart()), picture(chart(study("ema 200", ("", flat(500.0)))))
    assert sum(line.count("┃") for line in far) >= sum(line.count("┃") for line in near) - 60
    assert "ema 200 500.0" in far[1]


def test_two_curves_are_told_apart_by_their_marks() -> None:
    lines = picture(chart(study("ema 20", ("", flat(106.0))), study("sma 50", ("", flat(94.0)))))
    assert any("·····" in line for line in lines)
    assert any("∘∘∘∘∘" in line for line in lines)
    assert "· ema 20 106.0" in lines[1]
    assert "∘ sma 50 94.0" in lines[1]


def test_an_oscillator_has_a_panel_of_its_own_below_with_its_axis() -> None:
    lines = picture(chart(study("rsi 14", ("", flat(50.0)), is_over_price=False)))
    panel = lines[-5:-2]
    assert panel[0].split("┤")[0].strip() == "100"
    assert panel[1].split("│")[0].strip() == "rsi"[: len(panel[1].split("│")[0].strip())] or "rsi" in panel[1]
    assert panel[2].split("┤")[0].strip() == "0"
    assert sum(character > "\u2800" for line in panel for character in line) >= 50


def test_the_legend_has_the_values_at_the_crosshair() -> None:
    values: list[float | None] = [float(n) for n in range(60)]
    view = chart(study("rsi 14", ("", values), is_over_price=False))
    assert "rsi 14 59" in picture(view)[1]
    assert "rsi 14 20" in picture(view, cursor_ns=20 * MINUTE_NS)[1]


def test_a_study_that_is_not_warm_has_no_number_and_one_that_is_not_computed_yet_waits() -> None:
    view = chart(study("sma 50", ("", [None] * 60)), study("ema 9"))
    assert "sma 50 —" in picture(view)[1]
    assert "ema 9 …" in picture(view)[1]


def test_a_sum_that_does_not_go_back_to_midnight_says_since_when_it_goes() -> None:
    late = study("vwap", ("", flat(101.0)), since_ns=250 * MINUTE_NS)
    assert "vwap 101.0 since 04:10" in picture(chart(late))[1]
    assert "since" not in picture(chart(study("vwap", ("", flat(101.0)), since_ns=1440 * MINUTE_NS)))[1]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_value_of_a_study_that_is_no_number_is_drawn_as_one_that_is_missing(number: float) -> None:
    def drawn(missing: float | None) -> list[str]:
        values = [*flat(40.0, 30), *[missing] * 10, *flat(60.0, 19), missing]
        over = [*flat(103.0, 30), *[missing] * 30]
        return picture(chart(study("ema 20", ("", over)), study("macd", ("", values), is_over_price=False)))

    assert drawn(number) == drawn(None)


def test_a_panel_without_room_leaves_the_candles_theirs_and_says_so() -> None:
    names = ("rsi 14", "macd", "atr 14")
    view = chart(*(study(name, ("", flat(50.0)), is_over_price=False) for name in names))
    lines = picture(view, width=140, height=14)
    assert sum(any(cell in line for cell in "┃│╽╿╻╹") for line in lines[2:-5]) >= 5
    assert "atr 14 50 (no room for its panel)" in lines[1]
    assert len(lines) == 14


VALUES = st.lists(st.floats(-1e6, 1e6) | st.none(), min_size=60, max_size=60)


@given(st.integers(1, 140), st.integers(1, 50), st.integers(0, 70), st.tuples(VALUES, VALUES, VALUES))
def test_any_studies_draw_inside_the_charts_room(
    width: int, height: int, minute: int, values: tuple[list[float | None], ...]
) -> None:
    names = (("ema 20", True), ("rsi 14", False), ("macd", False))
    view = chart(
        *(study(name, ("", line), is_over_price=over) for (name, over), line in zip(names, values, strict=True))
    )
    lines = chart_lines(view, width, height, cursor_ns=minute * MINUTE_NS)
    if width > 40 and height > 8:
        assert len(lines) == height
        assert all(line_width(line) <= width for line in lines)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_indicators_are_ticked_in_a_list_and_show_at_once(size: tuple[int, int]) -> None:
    link = FakeLink()

    async def script(desk: Desk) -> None:
        await desk.press("5", "I", "down", "space")
        assert "■  ema 20" in desk.dialog()
        assert desk.link.request.studies == ("ema 20",)
        await desk.press("down", "down", "down", "down", "down", "down", "down", "down", "enter")
        assert "□  volume" in desk.dialog()
        await desk.press("escape")
        assert "ema 20" in desk.pane("chart")
        assert " vol" not in desk.pane("chart")
        await desk.press("I", "down", "space", "escape")
        assert desk.link.request.studies == ()

    run_console(script, link, size=size)


def test_a_study_of_another_length_can_be_typed_and_a_wrong_one_is_said_to_be() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5", "I", "tab")
        await desk.type("ema")
        await desk.press("enter")
        assert "takes a length of 1 to 400" in desk.dialog()
        await desk.press("space")
        await desk.type("34")
        await desk.press("enter")
        assert "■  ema 34" in desk.dialog()
        await desk.press("escape")
        assert desk.link.request.studies == ("ema 34",)

    run_console(script)


def test_keys_of_the_desk_do_nothing_while_the_list_is_open() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5", "I", "p", "b", "x", "escape")
        assert desk.link.commands == []

    run_console(script)


def test_no_more_studies_are_ticked_than_a_chart_may_have() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5", "I")
        for _ in range(9):
            await desk.press("space", "down")
        assert "8 at most" in desk.dialog()
        assert len(desk.app.area.chart.studies) == 8

    run_console(script)


def test_chosen_indicators_are_saved_with_the_screen_and_what_is_not_known_is_left_out(tmp_path: Path) -> None:
    kept = seen(tmp_path)

    async def first(desk: Desk) -> None:
        await desk.press("5", "I", "space", "escape", "ctrl+s")

    async def second(desk: Desk) -> None:
        assert desk.app.area.chart.studies == ("volume", "ema 9")
        assert desk.link.request.studies == ("ema 9",)

    async def third(desk: Desk) -> None:
        assert desk.app.area.chart.studies == ("rsi 7",)

    run_console(first, files=kept)
    run_console(second, files=kept)
    run_console(third, files=seen(tmp_path, ConsoleMemory(desk=5, studies=("hull 9", "rsi 7"))))


def test_no_indicator_is_asked_for_while_no_chart_shows() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5", "I", "space", "escape", "6")
        assert desk.link.request.studies == ()

    run_console(script)


def test_the_export_of_a_chart_has_the_values_of_its_indicators(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5", "I", "space", "escape")
        await desk.focus("chart")
        await desk.press("Y")

    run_console(script, files=seen(tmp_path))
    (path,) = (tmp_path / "exports").glob("bars-*.csv")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert len(rows) == 120
    assert rows[0]["ema 9"] == ""
    assert rows[-1]["ema 9"] == rows[-1]["close"]
