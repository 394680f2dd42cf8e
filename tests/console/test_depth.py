"""The depth of a book: sizes added up from the touch outward, and what an order that reaches a price takes."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.state.desk import DeskSnapshot
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_link import FakeLink
from tests.console.ladders import book, buy
from tests.console.test_layouts import seen
from tui.present.cells import line_width
from tui.present.depth import depth_lines, depth_note, depth_of
from tui.present.ink import Decor, Ink, text_of

LEVELS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 5_000)), min_size=1, max_size=40)


def picture(view: object, width: int = 50, height: int = 12, cursor: int | None = None) -> list[str]:
    return [text_of(line) for line in depth_lines(view, width, height, 0.0, cursor)]


@given(LEVELS, LEVELS, st.integers(4, 60))
def test_sizes_are_added_up_outward_and_none_is_left_out_or_counted_twice(
    bids: list[tuple[int, int]], asks: list[tuple[int, int]], columns: int
) -> None:
    bid_ticks, ask_ticks = [1_000], [1_001]
    for gap, _ in bids[1:]:
        bid_ticks.append(bid_ticks[-1] - gap)
    for gap, _ in asks[1:]:
        ask_ticks.append(ask_ticks[-1] + gap)
    bid_lots, ask_lots = [lots for _, lots in bids], [lots for _, lots in asks]
    view = book(bid_ticks=bid_ticks, bid_lots=bid_lots, ask_ticks=ask_ticks, ask_lots=ask_lots)
    depth = depth_of(view, columns)
    for column in depth.bids:
        inside = [(t, size) for t, size in zip(bid_ticks, bid_lots, strict=True) if t >= column.ticks]
        assert column.lots == sum(size for _, size in inside)
        assert column.worth == sum(t * size for t, size in inside)
    for column in depth.asks:
        inside = [(t, size) for t, size in zip(ask_ticks, ask_lots, strict=True) if t <= column.ticks]
        assert column.lots == sum(size for _, size in inside)
    sums = [column.lots for column in depth.asks]
    assert sums == sorted(sums)


def test_the_curve_rises_from_the_middle_to_both_ends() -> None:
    lines = picture(book())
    heights = [sum(line[column] in "▁▂▃▄▅▆▇█" for line in lines[1:-1]) for column in range(8, len(lines[1]))]
    middle = heights.index(0, 5)
    assert heights[0] > heights[middle - 1]
    assert heights[-1] > heights[middle + 1]


def test_the_legend_has_the_sums_of_both_sides_and_their_share() -> None:
    assert picture(book(), width=60)[0].startswith("Σ bids 10.045  asks 20.045  of both, bids 33 %")


def test_the_crosshair_says_what_an_order_that_reaches_its_price_takes_and_slips() -> None:
    line = picture(book(), width=70, cursor=3)[0]
    # asks of 2.000, 2.001 and 2.002 at 51.0, 51.5 and 52.0
    assert line.startswith("52.0 Σ 6.003 worth 309 average 51.50")
    assert "slips 98.1 bps" in line
    assert picture(book(), width=70, cursor=-1)[0].startswith("50.0 Σ 1.000")


def test_the_worth_counts_what_a_contract_is_of_and_the_average_and_slip_do_not() -> None:
    (plain, contracts) = (
        text_of(depth_lines(book(), 70, 12, 0.0, 3, contract_size=Decimal(size))[0]) for size in ("1", "1000")
    )
    assert plain.startswith("52.0 Σ 6.003 worth 309 average 51.50")
    assert contracts.startswith("52.0 Σ 6.003 worth 309,156 average 51.50")
    assert "slips 98.1 bps" in contracts


@dataclass
class ContractLink(FakeLink):
    """Every instrument is a contract of a thousand units."""

    def snapshot(self) -> DeskSnapshot:
        snapshot = super().snapshot()
        snapshot.instruments = [replace(each, contract_size=Decimal(1000)) for each in snapshot.instruments]
        return snapshot


def test_the_pane_takes_the_size_of_a_contract_from_the_instrument_it_shows() -> None:
    worths: list[int] = []

    async def script(desk: Desk) -> None:
        desk.app.area.zoomed = "depth"
        desk.app.arrange()
        await desk.focus("depth")
        await desk.press("right")
        worths.append(int(desk.pane("depth").split("worth ")[1].split()[0].replace(",", "")))

    for link in (FakeLink(), ContractLink()):
        run_console(script, link, size=LARGE)
    units, contracts = worths
    assert abs(contracts - 1_000 * units) <= 500  # both are rounded to whole ones


def test_own_orders_are_marked_at_their_price() -> None:
    lines = depth_lines(book(own=[buy(98)]), 60, 12, 0.0)
    assert any(span.text == "◂" and span.ink is Ink.OWN for span in lines[-2])


def test_sizes_of_a_stale_book_are_struck_and_its_age_is_said() -> None:
    lines = depth_lines(book(age_s=8.0), 60, 12, 0.0)
    assert all(span.decor & Decor.STRUCK for line in lines[1:] for span in line)
    assert text_of(depth_note(book(age_s=8.0), 0.0)) == "STALE 8.0 s"


def test_a_book_with_an_empty_side_draws_nothing_and_says_why() -> None:
    assert "No sizes on both sides" in picture(book(ask_ticks=[], ask_lots=[], validity="syncing"), width=80)[0]


@given(st.integers(1, 140), st.integers(1, 40), st.integers(-80, 80))
def test_any_depth_draws_inside_its_room(width: int, height: int, cursor: int) -> None:
    lines = depth_lines(book(own=[buy(95)]), width, height, 0.0, cursor)
    if width >= 24 and height >= 4:
        assert len(lines) <= height
        assert all(line_width(line) <= width for line in lines)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_arrows_step_over_prices_from_one_side_to_the_other(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        desk.app.area.zoomed = "depth"
        desk.app.arrange()
        await desk.focus("depth")
        assert "Σ bids" in desk.pane("depth")
        await desk.press("right")
        ask = desk.pane("depth").splitlines()[1]
        await desk.press("left")
        bid = desk.pane("depth").splitlines()[1]
        assert ask != bid
        assert "slips" in bid or size == SMALL
        await desk.press("escape")
        assert "Σ bids" in desk.pane("depth")

    run_console(script, size=size)


def test_the_depth_follows_the_selected_instrument() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5")
        assert "BTC/USDT:USDT" in desk.pane("depth")
        await desk.press("right_square_bracket")
        assert desk.app.selection.selected is not None
        assert desk.app.selection.selected.rpartition("@")[0] in desk.pane("depth")

    run_console(script)


def test_the_export_of_the_depth_has_the_sums_of_every_step(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5")
        await desk.focus("depth")
        await desk.press("Y")

    run_console(script, FakeLink(), files=seen(tmp_path))
    (path,) = (tmp_path / "exports").glob("depth-*.csv")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert {row["side"] for row in rows} == {"bid", "ask"}
    assert float(rows[0]["cumulative_quantity"]) > 0
