"""What is shown where there is little room: names and ages before extras, whole or not at all."""

from decimal import Decimal

import msgspec
import pytest

from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_jobs import leg
from tests.console.fake_link import FakeLink
from tests.console.scenes import SceneLink
from tui.present import numbers
from tui.present.alarms import Counts, alarms_title
from tui.present.frame import fitting_note
from tui.present.ink import Ink, Span, plain, text_of
from tui.present.jobs import leg_lines
from tui.present.log import log_line
from tui.present.positions import positions_note
from tui.present.table import Align, Column, Row, Table, table_lines

each_size = pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE], ids=["80x24", "120x40", "200x60"])


def test_a_narrow_column_comes_back_into_the_room_that_a_wide_one_left() -> None:
    columns = (Column("name"), Column("words", rank=1), Column("age", Align.RIGHT, rank=2))
    table = Table(columns, [Row("a", (Span("BTC"), Span("w" * 40), Span("3 s")))], ())
    assert text_of(table_lines(table, 30)[0]).split() == ["name", "age"]


def test_no_column_comes_back_at_the_price_of_cutting_another() -> None:
    columns = (Column("name", shrinks_to=3), Column("words", rank=1), Column("age", rank=2))
    table = Table(columns, [Row("a", (Span("BTC/USDT:USDT"), Span("w" * 40), Span("3 s")))], ())
    header, rows = table_lines(table, 16)
    assert text_of(header).split() == ["name"]
    assert text_of(rows[0]).strip() == "BTC/USDT:USDT"


def test_a_title_stays_whole_beside_the_first_note_that_leaves_it_room() -> None:
    title, notes = plain("twelve cells"), (plain("a note of 21 cells ..."), plain("short"))
    assert fitting_note(title, notes, 40) == notes[0]
    assert fitting_note(title, notes, 30) == notes[1]
    assert fitting_note(title, (), 30) == ()


def test_the_name_of_a_pane_stays_whole_beside_count_age_and_what_lies_below() -> None:
    async def script(desk: Desk) -> None:
        assert " Positions " in desk.pane("positions").splitlines()[0]
        assert " 3 open  <0.5 s ↓ 1 more " in desk.pane("positions").splitlines()[0]

    run_console(script, FakeLink(), SMALL)


def test_positions_carry_the_age_of_the_oldest_price_however_narrow() -> None:
    held = FakeLink().snapshot().positions
    assert text_of(positions_note(held, 0.0)) == "3 open  <0.5 s"
    held[1] = msgspec.structs.replace(held[1], mark_age_s=7.0)
    note = positions_note(held, 0.5)
    assert text_of(note) == "3 open  7.5 s"
    assert note[-1].ink is Ink.ALARM
    held[1] = msgspec.structs.replace(held[1], mark_age_s=None)
    assert "no data" in text_of(positions_note(held, 0.0))
    assert text_of(positions_note([], 0.0)) == "0 open"


def test_the_bars_of_a_job_s_legs_stand_below_each_other() -> None:
    legs = [
        leg("sim-a", "buy", "0.05", "0.05", "filled", average_price=Decimal("63990.333333")),
        leg("binanceusdm", "sell", "1.05", "0", "in doubt"),
    ]
    for width in (40, 60, 78, 120):
        lines = [text_of(line) for line in leg_lines(legs, width)]
        assert min(lines[0].index("▰"), 99) == lines[1].index("▱")


@each_size
def test_no_dialog_covers_the_word_that_says_paper_or_live(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        for key in ("question_mark", "comma", "b", "P", "a", "ctrl+k"):
            await desk.press(key)
            top = desk.app.dialogs.top
            assert top is not None, key
            assert top.region.y > 0, key
            await desk.press("escape")

    run_console(script, SceneLink(), size)


def test_a_narrow_log_gives_its_room_to_the_words() -> None:
    entry = FakeLink().snapshot().log[0]
    assert text_of(log_line(entry, 38)) == f"{numbers.clock(entry.at_ns)} {entry.text}"
    assert f" {entry.topic} " in text_of(log_line(entry, 100))


def test_counts_of_alarms_that_are_none_are_not_told() -> None:
    assert text_of(alarms_title(Counts(1, 0, 0, "severe"))) == "Alarms  1 open"
    assert text_of(alarms_title(Counts(0, 2, 1, None))) == "Alarms  0 open · 2 seen · 1 shelved"


def test_nothing_gained_has_no_minus() -> None:
    assert numbers.signed_money(Decimal("-0.25") * 0) == "+0.00"
    assert numbers.signed_money(Decimal("-0.25")) == "-0.25"
