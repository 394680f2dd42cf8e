"""Of a list of rows only what changed is sent, and the list is the same as if it had been sent whole."""

import copy
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.control.desk_stream import DeskFramer, DeskMirror, DeskStreamError, split
from core.control.row_changes import Edit, edited, edits_between
from core.state.desk import BarView, ChartView, DeskSnapshot, StudyLine, StudyView
from tests.console.fake_jobs import job
from tests.control.fake_engine import desk, market
from tests.control.random_desk import RandomDesk

SEEDS = st.integers(0, 2**32)
rows = st.lists(st.lists(st.sampled_from(["1", "1.0", '"a"', "null", "[1,2]"]), max_size=4), max_size=12)


class PlainRows:
    """Rows that are their fields' texts."""

    def put(self, fields: Any) -> list[bytes]:
        return [bytes(field) for field in fields]

    def patched(self, row: list[bytes], values: Any) -> list[bytes]:
        new = list(row)
        for place, field in values:
            new[place] = bytes(field)
        return new


@given(rows, rows)
def test_edits_make_any_list_of_any_other(old: list[list[str]], new: list[list[str]]) -> None:
    before, now = ([f"[{','.join(row)}]".encode() for row in each] for each in (old, new))
    told = msgspec.json.encode(edits_between(before, now, before.__getitem__, now.__getitem__))
    made = edited(
        [[text.encode() for text in row] for row in old], msgspec.json.decode(told, type=list[Edit]), PlainRows()
    )
    assert made == [[text.encode() for text in row] for row in new]


@given(SEEDS, st.lists(st.sampled_from(["sent", "lost", "asked for anew"]), max_size=6))
def test_rows_told_by_what_changed_are_the_engines_own_whatever_was_lost_between(seed: int, fates: list[str]) -> None:
    desks, framer, mirror = RandomDesk(seed), DeskFramer(by_rows=True), DeskMirror()
    state = desks.desk()
    assert mirror.apply(framer.frame(state)) == state
    for fate in fates:
        state = desks.later(state)
        if fate == "lost":
            framer.frame(state)
            with pytest.raises(DeskStreamError, match="does not follow"):
                mirror.apply(framer.frame(state))
        if fate != "sent":
            framer.start_over()
        shown = mirror.apply(framer.frame(state))
        assert shown == state
        assert split(shown) == split(state)  # Decimal("1.0") equals Decimal("1.00"), their texts do not


@given(SEEDS)
def test_what_a_console_was_shown_stays_as_it_was(seed: int) -> None:
    desks, framer, mirror = RandomDesk(seed), DeskFramer(by_rows=True), DeskMirror()
    first = desks.desk()
    held = mirror.apply(framer.frame(first))
    texts = split(held)
    mirror.apply(framer.frame(desks.later(first)))
    assert split(held) == texts


@given(SEEDS)
def test_rows_that_the_engine_changes_in_place_are_told_too(seed: int) -> None:
    """Only rows of frozen types are taken for what they were."""
    desks, framer, mirror = RandomDesk(seed), DeskFramer(by_rows=True), DeskMirror()
    state = desks.desk()
    mirror.apply(framer.frame(state))
    for alert in state.monitoring.alerts:
        alert.text, alert.acknowledged = "changed in place", not alert.acknowledged
    for position in state.positions:
        position.quantity += 1
    assert mirror.apply(framer.frame(state)) == state


def told(before: DeskSnapshot, now: DeskSnapshot) -> tuple[dict[str, Any], int]:
    """Return the frame that leads from one to the other, and its size."""
    framer, mirror = DeskFramer(by_rows=True), DeskMirror()
    mirror.apply(framer.frame(before))
    frame = framer.frame(now)
    assert split(mirror.apply(frame)) == split(now)
    return msgspec.json.decode(frame), len(frame)


def with_jobs(count: int) -> DeskSnapshot:
    state = desk()
    state.jobs = [job(number, "pending", final=number / 7) for number in range(count)]
    return state


def test_of_a_hundred_jobs_of_which_one_goes_on_only_its_own_fields_are_sent() -> None:
    before = with_jobs(100)
    now = copy.copy(before)
    now.jobs = [*before.jobs[:40], job(40, "pending", final=40 / 7, naked_usd=Decimal("3200.10")), *before.jobs[41:]]
    frame, size = told(before, now)
    assert frame["edited"] == [[["jobs"], [[0, 0, 40], [2, 40, 1 << 15, [3200.10]], [0, 41, 59]]]]
    assert size < 150


def test_a_job_that_moves_takes_its_row_along() -> None:
    before = with_jobs(100)
    now = copy.copy(before)
    now.jobs = [*before.jobs[1:], before.jobs[0]]
    frame, _ = told(before, now)
    assert frame["edited"] == [[["jobs"], [[0, 1, 99], [0, 0, 1]]]]


def test_rows_made_anew_with_the_same_words_are_not_sent() -> None:
    before = with_jobs(100)
    now = copy.copy(before)
    now.jobs = with_jobs(100).jobs
    assert told(before, now)[0] == {"type": "delta", "sequence": 2, "set": [], "removed": []}


def test_a_list_of_which_nothing_is_as_it_was_is_sent_whole() -> None:
    before = with_jobs(0)
    frame, _ = told(before, with_jobs(3))
    assert [path for path, _ in frame["set"]] == [["jobs"]]
    frame, _ = told(with_jobs(3), before)
    assert frame["set"] == [[["jobs"], []]]


def test_of_a_market_only_the_fields_that_moved_are_sent() -> None:
    before = desk()
    before.monitoring.market["sim-a"]["ETH/USDT"] = market(Decimal("3000.5"))
    now = copy.deepcopy(before)
    now.monitoring.market["sim-a"]["ETH/USDT"].bid = Decimal("3000.50")
    frame, _ = told(before, now)
    assert frame["edited"] == [[["monitoring", "market"], [[0, 0, 1], [2, 1, 2, [3000.50]]]]]


def chart(closes: list[float]) -> ChartView:
    bars = [BarView(minute, 1.0, 2.0, 0.5, close, 10.0) for minute, close in enumerate(closes)]
    line = StudyLine(label="", values=[None, *[close / 2 for close in closes[1:]]])
    return ChartView(
        venue="sim-a", symbol="BTC/USDT", timeframe="1m", bars=bars, price_decimals=1, fills=[],
        studies=[StudyView(name="ema 20", lines=[line])],
    )  # fmt: skip


def test_of_a_chart_the_newest_bar_is_sent_with_its_studies_values() -> None:
    before, now = desk(), desk()
    before.chart, now.chart = chart([1.0] * 200), chart([1.0] * 199 + [1.5])
    frame, size = told(before, now)
    assert frame["edited"][0][0] == ["chart"]
    assert size < 150


@given(st.lists(st.lists(st.sampled_from([0.5, -0.0, 0.0, 1e22]), max_size=5), min_size=2, max_size=5))
def test_a_chart_is_the_engines_own_however_its_bars_come_and_go(closes: list[list[float]]) -> None:
    framer, mirror = DeskFramer(by_rows=True), DeskMirror()
    for each in closes:
        state = desk()
        state.chart = chart(each) if each else None
        shown = mirror.apply(framer.frame(state))
        assert split(shown) == split(state)


def test_a_study_that_is_not_ready_has_its_chart_sent_whole() -> None:
    before, now = desk(), desk()
    before.chart, now.chart = chart([1.0, 2.0]), chart([1.0, 3.0])
    now.chart.studies = [StudyView(name="ema 20", lines=[StudyLine(label="", values=[])])]
    assert [path for path, _ in told(before, now)[0]["set"]] == [["chart"]]


@pytest.mark.parametrize(
    "edits",
    [
        b'[["jobs"],[[0,0,4]]]',  # more rows than there are
        b'[["jobs"],[[0,-1,2]]]',
        b'[["jobs"],[[0,1,0]]]',
        b'[["jobs"],[[1,[1,2]]]]',  # too few fields
        b'[["jobs"],[[2,3,1,["x"]]]]',  # of a row that is not there
        b'[["jobs"],[[2,0,-1,[]]]]',
        b'[["jobs"],[[2,0,3,["x"]]]]',  # fewer values than fields
        b'[["jobs"],[[2,0,1099511627776,["x"]]]]',  # of a field that is not there
        b'[["jobs"],[[2,0,1,[5]]]]',  # of another type
        b'[["jobs"],[[9,0,1]]]',
        b'[["monitoring","market"],[[0,0,1],[0,0,1]]]',  # more rows than names
        b'[["arming"],[[0,0,1]]]',  # no rows
        b'[["books","nothing@nowhere"],[[0,0,1]]]',
        b'[["tapes","BTC/USDT@sim-a"],[[0,0,1]]]',
        b'[["books"],[[0,0,1]]]',
        b'[["monitoring","global"],[]]',
    ],
)
def test_edits_that_do_not_fit_are_refused_and_leave_the_state(edits: bytes) -> None:
    framer, mirror, state = DeskFramer(by_rows=True), DeskMirror(), with_jobs(3)
    mirror.apply(framer.frame(state))
    with pytest.raises(DeskStreamError):
        mirror.apply(b'{"type":"delta","sequence":2,"set":[],"removed":[],"edited":[%s]}' % edits)
    assert mirror.apply(framer.frame(state)) == state
