"""A line of the last minutes in the rows of positions and venues: bounded, with gaps, and gone without room."""

import math

import pytest

from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_link import FakeLink
from tui.present.ink import Ink, Span, text_of
from tui.present.positions import unrealised_by_row
from tui.present.sparkline import CELL_NS, CELLS, MOST_ROWS, TITLE, SparkHistory, spark, with_sparks
from tui.present.table import Align, Column, Row, Table, table_lines
from tui.present.venues import latency_by_row

TABLE = Table((Column("name"), Column("qty", Align.NUMBER)), [Row("a", (Span("a"), Span("1")))], ())


def history(*values: float | None, key: str = "a") -> SparkHistory:
    found = SparkHistory()
    for cell, value in enumerate(values):
        found.take({key: value}, cell * CELL_NS, "run-1")
    return found


def test_values_are_drawn_between_their_lowest_and_highest() -> None:
    assert spark([1.0, 2.0, 3.0, 8.0]) == "▁▂▃█"
    assert spark([5.0, 5.0, None]) == "▁▁ "
    assert spark([]) == ""


def test_a_time_that_was_not_seen_is_a_gap() -> None:
    found = SparkHistory()
    for cell in (0, 1, 4):
        found.take({"a": float(cell)}, cell * CELL_NS, "run-1")
    assert found.of("a")[-5:] == [0.0, 1.0, None, None, 4.0]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_is_a_gap_and_the_others_are_drawn(number: float) -> None:
    found = history(1.0, number, 8.0)
    assert found.of("a")[-3:] == [1.0, None, 8.0]
    assert spark(found.of("a")).endswith("▁ █")
    found.take({"a": number}, 2 * CELL_NS, "run-1")  # and it takes the place of none that was seen
    assert found.of("a")[-1] == 8.0


def test_only_the_last_minutes_are_kept_and_rows_that_are_gone_are_forgotten() -> None:
    found = history(*range(100))
    assert found.of("a") == [float(value) for value in range(100 - CELLS, 100)]
    for cell in range(100, 100 + CELLS):
        found.take({"b": 1.0}, cell * CELL_NS, "run-1")
    assert found.of("a") == [None] * CELLS
    assert len(found._values) == 1
    for number in range(2 * MOST_ROWS):
        found.take({f"row {number}": 1.0}, 200 * CELL_NS, "run-1")
    assert len(found._values) <= MOST_ROWS + 1


def test_another_engine_or_a_clock_that_was_set_back_begins_anew() -> None:
    found = history(1.0, 2.0, 3.0)
    found.take({"a": 9.0}, 3 * CELL_NS, "run-2")
    assert [value for value in found.of("a") if value is not None] == [9.0]
    found.take({"a": 8.0}, CELL_NS, "run-2")
    assert [value for value in found.of("a") if value is not None] == [8.0]


def test_the_line_goes_by_its_rank_where_a_pane_is_narrow() -> None:
    table = with_sparks(TABLE, history(1.0, 2.0), rank=9, is_signed=True)
    header, rows = table_lines(table, 40)
    assert TITLE in text_of(header)
    assert "▁█" in text_of(rows[0])
    assert TITLE not in text_of(table_lines(table, 14)[0])


def test_without_a_second_value_there_is_no_column() -> None:
    assert with_sparks(TABLE, history(1.0), rank=9, is_signed=True) is TABLE


def test_a_signed_line_has_the_ink_of_what_it_gained_or_lost() -> None:
    for values, signed, ink in (
        ((1.0, 2.0), True, Ink.GAIN),
        ((2.0, 1.0), True, Ink.LOSS),
        ((1.0, 2.0), False, Ink.QUIET),
    ):
        assert with_sparks(TABLE, history(*values), rank=9, is_signed=signed).rows[0].cells[-1].ink is ink


def test_a_price_that_is_stale_and_a_feed_that_is_not_up_leave_a_gap() -> None:
    snapshot = FakeLink().snapshot()
    position = snapshot.positions[0]
    key = f"{position.symbol}@{position.venue}"
    assert unrealised_by_row([position])[key] == pytest.approx(5.12)
    position.mark_age_s = 60.0
    assert unrealised_by_row([position])[key] is None
    assert latency_by_row(snapshot.monitoring)["sim-a"] == 12.5
    snapshot.monitoring.venues["sim-a"].feed_state = "down"
    assert latency_by_row(snapshot.monitoring)["sim-a"] is None


def test_positions_and_venues_have_their_last_minutes_with_room_and_not_without() -> None:
    async def wide(desk: Desk) -> None:
        for name in ("positions", "venues"):
            desk.app.area.zoomed = name
            desk.app.arrange()
            for _ in range(2):
                desk.link.step += CELL_NS // 100_000_000
                await desk.frame()
            assert TITLE in desk.pane(name)
            assert "▁▁" in desk.pane(name)

    async def narrow(desk: Desk) -> None:
        for _ in range(2):
            desk.link.step += CELL_NS // 100_000_000
            await desk.frame()
        assert TITLE not in desk.pane("positions")
        assert "BTC/USDT" in desk.pane("positions")

    run_console(wide, size=LARGE)
    run_console(narrow, size=SMALL)


def test_the_last_minutes_are_there_when_a_pane_is_opened_for_the_first_time() -> None:
    async def script(desk: Desk) -> None:
        for _ in range(3):
            desk.link.step += CELL_NS // 100_000_000
            await desk.frame()
        venues = desk.app.area.panes["venues"]
        assert venues not in desk.app.area.shown()
        await desk.press("4")
        desk.app.area.zoomed = "venues"
        desk.app.arrange()
        await desk.frame()
        assert "▁▁▁▁" in desk.pane("venues")

    run_console(script, size=MEDIUM)


def test_what_is_not_shown_is_looked_at_once_a_second_of_the_engine() -> None:
    looks: list[int] = []

    async def script(desk: Desk) -> None:
        venues = desk.app.area.panes["venues"]
        venues.take_note = lambda view: looks.append(view.snapshot.engine_ns // 1_000_000_000)
        for _ in range(40):
            await desk.frame()

    run_console(script, size=MEDIUM)
    assert len(looks) == len(set(looks))
    assert 4 <= len(looks) <= 6
