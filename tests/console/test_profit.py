"""The day's profit: its start, its falls, a moment under the crosshair, and the age of its prices."""

import csv
import math
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from core.state.desk import DeskSnapshot, PnlPoint
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_link import FakeLink
from tests.console.test_layouts import seen
from tui.present.curve import pnl_lines, pnl_notes
from tui.present.drawdown import deepest, drawdowns
from tui.present.ink import text_of

NOON_NS = 12 * 3_600 * 1_000_000_000
SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS


def points(*values: float, since_ns: int = NOON_NS) -> list[PnlPoint]:
    return [PnlPoint(since_ns + index * SECOND_NS, value) for index, value in enumerate(values)]


@dataclass
class Marks(FakeLink):
    """An engine whose marks have an age, or none; and whose markets may be closed."""

    mark_age_s: float | None = 0.1
    is_closed: bool = False

    def snapshot(self) -> DeskSnapshot:
        snapshot = super().snapshot()
        snapshot.positions[0].mark_age_s = self.mark_age_s
        if self.is_closed:
            market = snapshot.monitoring.market["sim-a"]["BTC/USDT"]
            market.validity = "closed"
            snapshot.monitoring.market["sim-a"]["BTC/USDT:USDT"] = market
        return snapshot


def test_a_fall_is_counted_from_the_highest_point_before_it_and_from_the_start_of_the_day() -> None:
    curve = points(-5.0, 10.0, 4.0, 12.0, 2.0, 11.0, since_ns=DAY_NS)
    assert drawdowns(curve) == [-5.0, 0.0, -6.0, 0.0, -10.0, -1.0]
    assert deepest(curve, drawdowns(curve)) == (DAY_NS + 4 * SECOND_NS, -10.0)
    assert "since" not in text_of(pnl_lines(curve, 90, 16)[0])


def test_a_curve_that_begins_within_the_day_has_fallen_from_its_first_point_and_says_since_when() -> None:
    curve = points(-5.0, -7.0, 10.0, 4.0)
    assert drawdowns(curve) == [0.0, -2.0, 0.0, -6.0]
    assert "dd ▼-6.00 since 12:00 worst ▼-6.00 12:00:03" in text_of(pnl_lines(curve, 90, 16)[0])
    under = text_of(pnl_lines(curve, 90, 16, cursor_ns=curve[1].at_ns)[0])
    assert under.strip() == "12:00:01 ▼-7.00 dd ▼-2.00 since 12:00"


def test_since_when_falls_are_counted_takes_the_room_of_equity_rather_than_of_the_deepest_fall() -> None:
    (wide,), (narrow,) = (
        [text_of(line) for line in pnl_lines(points(100.0, 40.0, 70.0), width, 16, equity_usd=Decimal(100_070))][:1]
        for width in (70, 52)
    )
    assert wide.strip() == "equity 100,070.00 dd ▼-30.00 since 12:00 worst ▼-60.00 12:00:01"
    assert narrow.strip() == "dd ▼-30.00 since 12:00 worst ▼-60.00 12:00:01"


def test_no_fall_is_shown_without_since_when_it_is_counted() -> None:
    for width in range(20, 90):
        text = text_of(pnl_lines(points(100.0, 40.0, 70.0), width, 16, equity_usd=Decimal(1_000))[0])
        assert "dd" not in text or "since 12:00" in text, text
        assert "worst" not in text or "since 12:00" in text, text


def test_the_deepest_fall_is_marked_below_the_curve_and_told_with_its_time() -> None:
    lines = [text_of(line) for line in pnl_lines(points(0, 50, 100, 20, 90, 95), 70, 16, equity_usd=Decimal(100_095))]
    assert lines[0].startswith("equity 100,095.00 dd ▼-5.00 since 12:00 worst ▼-80.00 12:00:03")
    (marked,) = [line for line in lines[1:] if "▼" in line]
    assert abs(marked.index("▼") - len(marked) * 3 // 5) < 6
    assert "12:00" in lines[-1]


def test_the_start_of_the_day_is_a_line_through_the_plot() -> None:
    lines = [text_of(line) for line in pnl_lines(points(*(-10.0, 20.0) * 10), 60, 14)]
    (zero,) = [line for line in lines if line.strip().startswith("0┤")]
    assert "┈" in zero or any(0x2800 < ord(character) < 0x2900 for character in zero)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_profit_that_is_no_number_is_a_gap_in_both_curves_and_changes_no_other_number(number: float) -> None:
    seen = [0.0, 50.0, 100.0, *[60.0] * 20]

    def blank_columns(lines: list[str]) -> list[int]:
        columns = zip(*(line[5:] for line in lines[1:-1]), strict=True)
        return [place for place, column in enumerate(columns) if {*column} <= {"\u2800", "┈", " "}]

    whole = [text_of(line) for line in pnl_lines(points(*seen, *[60.0] * 20, *seen[-10:]), 70, 16)]
    lines = [text_of(line) for line in pnl_lines(points(*seen, *[number] * 20, *seen[-10:]), 70, 16)]
    assert lines[0] == whole[0]  # profit, its fall and the deepest one
    assert blank_columns(whole) == []
    gap = blank_columns(lines)
    assert len(gap) > 20
    assert gap == [*range(gap[0], gap[-1] + 1)]


def test_what_is_no_number_is_told_as_not_known_under_the_crosshair_and_as_the_newest() -> None:
    curve = points(10.0, 30.0, math.nan, since_ns=DAY_NS)
    assert text_of(pnl_lines(curve, 70, 16, cursor_ns=curve[-1].at_ns)[0]).split() == ["00:00:02", "—", "dd", "—"]
    assert text_of(pnl_notes(curve)[0]).strip() == "— USD"
    assert text_of(pnl_lines(points(math.nan, math.nan), 70, 16)[0]) == "The profit of the UTC day is not known."


def test_a_day_without_a_fall_has_none_marked() -> None:
    lines = [text_of(line) for line in pnl_lines(points(0, 1, 2, 3), 60, 16)]
    assert not any("▼" in line for line in lines)
    assert "worst" not in lines[0]


def test_the_crosshair_tells_profit_and_fall_of_its_moment() -> None:
    curve = points(0, 50, 100, 20, 90, 95)
    lines = [text_of(line) for line in pnl_lines(curve, 60, 16, cursor_ns=NOON_NS + 3 * SECOND_NS)]
    assert lines[0].startswith("12:00:03 ▲+20.00 dd ▼-80.00")
    assert any("┆" in line for line in lines)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_arrows_go_back_in_time_and_escape_returns_to_now(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5")
        await desk.focus("pnl")
        await desk.press("z")
        assert "equity 100,4" in desk.pane("pnl")
        await desk.press("left", "ctrl+left")
        back = desk.pane("pnl").splitlines()[1]
        assert "equity" not in back
        assert " dd " in back
        await desk.press("escape")
        assert "equity 100,4" in desk.pane("pnl")

    run_console(script, size=size)


def test_profit_has_the_age_of_its_oldest_price_and_is_struck_when_that_is_stale() -> None:
    link = Marks()

    async def script(desk: Desk) -> None:
        assert "marks <0.5 s" in desk.pane("pnl").splitlines()[0]
        link.mark_age_s = 9.0
        await desk.frame()
        assert "marks 9.0 s" in desk.pane("pnl").splitlines()[0]
        top = desk.app.area.panes["pnl"].render_line(0)
        assert any(segment.style and segment.style.strike and "USD" in segment.text for segment in top)
        link.mark_age_s = None
        await desk.frame()
        assert "marks no data" in desk.pane("pnl").splitlines()[0]

    run_console(script, link)


def test_the_last_price_of_a_closed_market_does_not_make_profit_old() -> None:
    async def script(desk: Desk) -> None:
        assert "marks <0.5 s" in desk.pane("pnl").splitlines()[0]

    run_console(script, Marks(mark_age_s=50_000.0, is_closed=True))


def test_the_export_of_profit_has_its_falls(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("pnl")
        await desk.press("Y")

    run_console(script, files=seen(tmp_path))
    (path,) = (tmp_path / "exports").glob("profit-*.csv")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert len(rows) == 600
    assert float(rows[-1]["drawdown_usd"]) <= 0
