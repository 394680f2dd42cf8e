"""The spread between two books: what crossing earns either way, from where it is traded, and whether it is old."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.state.desk import BookView, InstrumentView
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_link import FakeLink
from tests.console.ladders import book
from tests.console.test_layouts import seen
from tui.console.instruments import pairs_of
from tui.console.memory import ConsoleMemory
from tui.console.selection import Selection
from tui.present.cells import line_width
from tui.present.ink import text_of
from tui.present.spread import (
    KEPT,
    Crossing,
    SpreadHistory,
    Threshold,
    buckets_of,
    crossing_of,
    sides_of,
    spread_lines,
    threshold_of,
)

SECOND_NS = 1_000_000_000
NOON_NS = 12 * 3_600 * SECOND_NS
PAIR = ("BTC/USDT@one", "BTC/USDT@two")
HERE, THERE = "BTC/USDT:USDT@sim-a", "BTC/USDT:USDT@sim-b"


def touch(bid: int, ask: int) -> BookView:
    return book(bid, ask)


def crossings(*middles: float, every_s: int = 1) -> list[Crossing]:
    return [Crossing(NOON_NS + n * every_s * SECOND_NS, m - 1, m, m + 1) for n, m in enumerate(middles)]


def picture(seen_: list[Crossing], threshold: Threshold | None = None, **more: int) -> list[str]:
    return [text_of(line) for line in spread_lines(seen_, PAIR, threshold, 70, 12, **more)]


def test_crossing_buys_at_the_ask_and_sells_at_the_bid() -> None:
    found = crossing_of(touch(999, 1_000), touch(1_010, 1_012), 7)
    assert found is not None
    assert found.sell_bps == pytest.approx((1_010 - 1_000) / 1_000 * 10_000)
    assert found.buy_bps == pytest.approx((1_012 - 999) / 999 * 10_000)
    assert found.middle_bps == pytest.approx((1_011 - 999.5) / 999.5 * 10_000)
    assert found.sell_bps < found.middle_bps < found.buy_bps


def test_a_book_with_an_empty_side_has_no_spread() -> None:
    assert crossing_of(touch(999, 1_000), book(ask_ticks=[], ask_lots=[]), 7) is None


def test_the_history_is_bounded_and_takes_two_samples_a_second() -> None:
    history = SpreadHistory()
    for tenth in range(KEPT * 10):
        history.add(Crossing(tenth * SECOND_NS // 10, 1.0, 2.0, 3.0))
    assert len(history.crossings) == KEPT
    assert history.crossings[-1].at_ns - history.crossings[-2].at_ns == SECOND_NS // 2


def test_a_clock_that_was_set_back_begins_the_history_anew() -> None:
    history = SpreadHistory()
    history.add(Crossing(10 * SECOND_NS, 1.0, 2.0, 3.0))
    history.add(Crossing(4 * SECOND_NS, 1.0, 2.0, 3.0))
    assert [each.at_ns for each in history.crossings] == [4 * SECOND_NS]


def test_what_was_not_seen_for_long_is_a_gap_and_a_short_silence_is_none() -> None:
    found = buckets_of([*crossings(1.0, 2.0), Crossing(NOON_NS + 4 * SECOND_NS, 0, 9.0, 10), *(
        Crossing(NOON_NS + 30 * SECOND_NS, 0, 5.0, 10),)], 60)  # fmt: skip
    middles = [None if each is None else each.middle_bps for each in found.crossings]
    assert middles[:5] == [1.0, 2.0, 2.0, 2.0, 9.0]
    assert middles[5:30] == [None] * 25
    assert middles[30] == 5.0


def test_the_longer_it_is_watched_the_more_time_a_cell_has() -> None:
    assert buckets_of(crossings(*[1.0] * 50), 60).length_ns == SECOND_NS
    assert buckets_of(crossings(*[1.0] * 100), 60).length_ns == 2 * SECOND_NS
    long = buckets_of(crossings(*[1.0] * 1_800), 40)
    assert long.length_ns == 60 * SECOND_NS
    assert len(long.crossings) <= 40


def test_the_legend_says_both_directions_and_the_edge_from_which_a_strategy_trades() -> None:
    lines = [
        text_of(line) for line in spread_lines(crossings(2.0, 3.0, 4.0), PAIR, Threshold("spread_arb", 14), 120, 12)
    ]
    assert lines[0].startswith("two over one +4.00 bps  sell two, buy one +3.00 bps  the other way -5.00 bps")
    assert "entry ±14 spread_arb" in lines[0]


def test_the_entry_edge_is_a_line_on_both_sides_where_it_is_near() -> None:
    near = picture(crossings(-3.0, 0.0, 3.0), Threshold("arb", 3.5))
    assert sum("entry┤" in line for line in near) == 2
    far = picture(crossings(-3.0, 0.0, 3.0), Threshold("arb", 500))
    assert not any("entry┤" in line for line in far)


def test_the_crosshair_tells_the_spread_of_its_moment() -> None:
    lines = picture(crossings(*range(20)), cursor_ns=NOON_NS + 5 * SECOND_NS)
    assert lines[0].startswith("12:00:05 two over one +5.00 bps")
    assert any("┆" in line for line in lines)
    assert "▲" in lines[-1]


def test_only_a_strategy_that_trades_just_this_pair_gives_the_threshold() -> None:
    (strategy, *_) = FakeLink().snapshot().monitoring.strategies
    strategy.instruments, strategy.parameters = [PAIR[1], PAIR[0]], {"entry_edge_bps": "14"}
    assert threshold_of([strategy], PAIR) == Threshold(strategy.name, 14.0)
    assert threshold_of([strategy], (PAIR[0], "BTC/USDT@three")) is None
    strategy.parameters = {}
    assert threshold_of([strategy], PAIR) is None


def test_the_older_side_decides_and_is_named() -> None:
    old = book(age_s=7.0)
    assert sides_of([("a", touch(1, 2)), ("b", old)], 0.0).text == "STALE b 7.0 s"
    assert sides_of([("a", touch(1, 2)), ("b", None)], 0.0).text == "b has no book"
    assert sides_of([("a", touch(1, 2)), ("b", touch(1, 2))], 0.0).text == ""
    old.validity = "closed"
    assert "CLOSED b" in sides_of([("a", touch(1, 2)), ("b", old)], 0.0).text


def test_the_same_symbol_on_another_venue_is_compared_first() -> None:
    names = ["BTC/USDT@a", "BTC/USDT:USDT@a", "ETH/USDT@a", "BTC/USDT:USDT@b", "NVDA@x"]
    assert pairs_of(names, "BTC/USDT:USDT@a")[:2] == [
        ("BTC/USDT:USDT@a", "BTC/USDT:USDT@b"), ("BTC/USDT:USDT@a", "BTC/USDT@a"),
    ]  # fmt: skip
    assert pairs_of(names, "NVDA@x") == []
    assert pairs_of(names, None) == []


@pytest.mark.parametrize(
    ("current", "others"),
    [
        ("BTC/EUR@kraken", ["BTC/EUR@coinbase"]),
        ("BTC/USDT@okx", ["BTC/USD@coinbase", "BTC/USDC:USDC@hyperliquid", "BTC/USD:BTC@okx"]),
        ("ETH/BTC@kraken", []),
        ("NVDA@ibkr", ["NVDA@sim-x"]),
    ],
)
def test_only_books_in_one_currency_or_in_dollars_are_compared(current: str, others: list[str]) -> None:
    names = [
        "BTC/EUR@kraken", "BTC/USDT@okx", "BTC/USD@coinbase", "BTC/EUR@coinbase", "BTC/USDC:USDC@hyperliquid",
        "BTC/USD:BTC@okx", "ETH/BTC@kraken", "ETH/USDT@okx", "NVDA@ibkr", "NVDA@sim-x",
    ]  # fmt: skip
    assert [second for first, second in pairs_of(names, current) if first == current] == others
    assert {name for pair in pairs_of(names, current) for name in pair} <= {current, *others}


def test_a_pair_that_was_saved_and_is_of_two_currencies_is_not_compared_any_more() -> None:
    selection = Selection("1m")
    euros, dollars, others = "BTC/EUR@kraken", "BTC/USDT@okx", "BTC/USD@coinbase"
    selection.instruments = {name: listed(name) for name in (euros, dollars, others)}
    selection.selected = dollars
    selection.chosen_pair = (euros, dollars)
    assert selection.pair() == (dollars, others)
    selection.chosen_pair = (others, dollars)
    assert selection.pair() == (others, dollars)


def listed(name: str) -> InstrumentView:
    symbol, _, venue = name.rpartition("@")
    one = Decimal(1)
    return InstrumentView(
        venue=venue, symbol=symbol, asset_type="crypto_spot", tick_size=one, lot_size=one, min_quantity=one,
        min_notional=one,
    )  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(0, 4_000), st.floats(-500, 500)), min_size=2, max_size=80),
    st.integers(1, 140),
    st.integers(1, 40),
    st.integers(0, 4_000),
)
def test_any_spread_draws_inside_its_room(
    seen_: list[tuple[int, float]], width: int, height: int, cursor_s: int
) -> None:
    found = [Crossing(NOON_NS + second * SECOND_NS, value - 1, value, value + 1) for second, value in sorted(seen_)]
    cursor_ns = NOON_NS + cursor_s * SECOND_NS
    lines = spread_lines(found, PAIR, Threshold("arb", 14), width, height, cursor_ns=cursor_ns)
    if width >= 40 and height >= 4:
        assert len(lines) == height
        assert all(line_width(line) <= width for line in lines)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_the_spread_of_the_selected_instrument_is_drawn_as_it_moves(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        desk.app.area.zoomed = "spread"
        desk.app.arrange()
        await desk.redraw()
        assert {HERE, THERE} <= {*desk.link.request.books}
        for _ in range(5):
            await desk.frame(0.6)
            desk.link.step += 6
        text = desk.pane("spread")
        assert "BTC/USDT:USDT sim-b over sim-a" in text
        assert "sim-b over sim-a" in text
        assert any(0x2800 < ord(character) < 0x2900 for character in text)
        desk.link.stale = {THERE}
        await desk.frame()
        assert "STALE BTC/USDT:USDT@sim-b" in desk.pane("spread")

    run_console(script, size=size)


def test_nothing_is_added_to_the_spread_while_a_side_is_stale() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5")
        for _ in range(4):
            desk.link.step += 6
            await desk.frame()
        desk.link.stale = {HERE}
        await desk.frame()
        before = desk.app.area.spread.export(desk.app.view.snapshot)
        for _ in range(4):
            desk.link.step += 6
            await desk.frame()
        after = desk.app.area.spread.export(desk.app.view.snapshot)
        assert before is not None
        assert after is not None
        assert before.rows
        assert before.rows == after.rows

    run_console(script)


def test_another_pair_is_chosen_from_a_list_saved_and_shown_again(tmp_path: Path) -> None:
    kept = seen(tmp_path)

    async def first(desk: Desk) -> None:
        await desk.press("5", "N")
        assert f"{THERE} over {HERE}" in desk.dialog()
        while "▸  BTC/USDT@sim-a over BTC/USDT:USDT@sim-a" not in desk.dialog():
            await desk.press("down")
        await desk.press("enter", "ctrl+s")
        assert desk.app.area.spread.pair == (HERE, "BTC/USDT@sim-a")
        await desk.press("right_square_bracket")
        assert desk.app.area.spread.pair == (HERE, "BTC/USDT@sim-a")

    async def second(desk: Desk) -> None:
        assert desk.app.area.spread.pair == (HERE, "BTC/USDT@sim-a")
        await desk.press("N", "down", "enter")
        assert desk.app.area.spread.pair == (HERE, THERE)

    run_console(first, files=kept)
    run_console(second, files=kept)


def test_a_saved_pair_that_no_venue_has_any_more_is_not_waited_for(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        assert desk.app.area.spread.pair == (HERE, THERE)

    run_console(script, files=seen(tmp_path, ConsoleMemory(desk=5, pair=("OLD/USDT@a", "OLD/USDT@b"))))


def test_an_asset_with_one_book_has_no_spread_and_says_so() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5")
        while desk.app.selection.selected != "NVDA@sim-x":
            await desk.press("right_square_bracket")
        assert "No second book" in desk.pane("spread")
        await desk.press("N")
        assert "no second book" in desk.bar("message")

    run_console(script)


def test_the_export_of_the_spread_has_every_sample(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5")
        for _ in range(4):
            desk.link.step += 6
            await desk.frame()
        await desk.focus("spread")
        await desk.press("Y")

    run_console(script, files=seen(tmp_path))
    (path,) = (tmp_path / "exports").glob("spread-*.csv")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert len(rows) >= 4
    assert (rows[0]["first"], rows[0]["second"]) == (HERE, THERE)
    assert float(rows[0]["sell_second_bps"]) < float(rows[0]["buy_second_bps"])
