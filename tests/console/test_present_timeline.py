"""Jobs over time as lines: shapes that tell states apart without colour, in cells that never lie about when."""

from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.state.desk import TimelineView
from core.types.job_event import JobEventKind
from tests.console.fake_jobs import START_NS, S, job, some_jobs
from tests.console.fake_timelines import event, some_timelines, timeline, unwound
from tui.present.cells import line_width
from tui.present.ink import Ink, Line, text_of
from tui.present.lanes import Kind, Mark, Stretch, lane
from tui.present.time_axis import TimeAxis, axis_line, axis_until, nice_span_ns
from tui.present.timeline import SPANS_S, axis_of, in_order, legend_lines, naked_note, timeline_entries
from tui.present.timeline_lanes import job_stretches, naked_times, troubles

MS = 1_000_000
SECONDS = TimeAxis(START_NS - 10 * S, S, 11, ends_now=True)


def shown(lines: list[Line] | tuple[Line, ...]) -> str:
    return "\n".join(text_of(line) for line in lines)


def rows_of(view: TimelineView, width: int = 100, now_ns: int = START_NS, span_s: int | None = 60) -> list[str]:
    axis = axis_of([view], now_ns, width, span_s, view.job.job_id)
    _, (entry,) = timeline_entries([view], now_ns, width, axis, view.job.job_id)
    return [text_of(line) for line in entry.lines]


# the axis ---------------------------------------------------------------------------------------------


@given(st.integers(START_NS, START_NS + 10**15), st.integers(10**7, 10**14), st.integers(1, 300))
def test_the_last_cell_holds_now_and_cells_begin_at_multiples_of_their_length(
    now_ns: int, span_ns: int, cells: int
) -> None:
    axis = axis_until(now_ns, span_ns, cells)
    assert axis.cell_of(now_ns) == cells - 1
    assert axis.first_ns % axis.cell_ns == 0
    assert axis.cell_of(axis.first_ns) == 0


@given(st.integers(10**6, 10**15))
def test_a_fitted_span_is_long_enough_and_round(least_ns: int) -> None:
    span_ns = nice_span_ns(least_ns)
    assert least_ns <= span_ns <= max(10**6, 3 * least_ns)
    assert str(span_ns).rstrip("0") in {"1", "2", "5"}


@given(st.integers(START_NS, START_NS + 10**15), st.sampled_from([10**7, 10**9, 60 * S, 7200 * S]), st.integers(4, 200))
def test_times_stand_over_their_cells_and_the_right_end_is_now(now_ns: int, span_ns: int, cells: int) -> None:
    axis = axis_until(now_ns, span_ns, cells)
    text = text_of(axis_line(axis))
    assert len(text) == cells
    assert text.endswith("now")
    assert "now" not in text_of(axis_line(axis_until(now_ns, span_ns, cells, ends_now=False)))


def test_a_label_is_the_time_of_the_cell_below_its_mark() -> None:
    axis = axis_until(START_NS, 60 * S, 60)
    text = text_of(axis_line(axis))
    at = text.index("╷")
    hours, minutes, seconds = map(int, text[at + 1 : at + 9].split(":"))
    assert axis.cell_of((hours * 3600 + minutes * 60 + seconds) * S + START_NS // (86_400 * S) * 86_400 * S) == at


# lanes ------------------------------------------------------------------------------------------------


def test_every_state_has_a_shape_of_its_own_and_a_name() -> None:
    assert len({kind.value.shape for kind in Kind}) == len(Kind)
    assert all(len(kind.value.shape) == 1 and kind.value.name for kind in Kind)


def test_the_gravest_of_a_cell_shows_and_nothing_is_too_short_to_be_seen() -> None:
    moment = START_NS - 5 * S
    drawn = lane(
        [
            Stretch(moment, moment + 1, Kind.UNWINDING),
            Stretch(START_NS - 10 * S, START_NS, Kind.SENT),
            Stretch(START_NS - 2 * S, START_NS - 2 * S, Kind.NAKED),
        ],
        [Mark(START_NS, Kind.TROUBLE.value)],
        SECONDS,
    )
    assert text_of(drawn) == "─────◀──▒─!"


def test_what_is_out_of_sight_is_not_drawn() -> None:
    before = Stretch(START_NS - 99 * S, START_NS - 50 * S, Kind.SENT)
    far = [before, Stretch(START_NS + 9 * S, START_NS + 10 * S, Kind.SENT)]
    assert text_of(lane(far, [Mark(START_NS + 9 * S, Kind.DOUBT.value)], SECONDS)) == " " * 11


def test_an_unwound_job_shows_its_way_from_waiting_to_given_back() -> None:
    view = unwound()
    head, buy, sell, *details = rows_of(view, span_s=None)
    assert "▒" in head
    assert "◀" in head
    assert "↩" in head
    assert "!" in sell
    for shape in ("─", "█", "◀", "↩"):
        assert shape in buy
    assert "naked for 2.500 s in all, at most 0.05 BTC" in details[0]
    assert "! ended leg 2 hedge s12-2 rejected: no margin" in details[1]


def test_nakedness_is_counted_from_fill_to_level() -> None:
    naked = naked_times(unwound(), START_NS)
    assert (naked[0].from_ns, naked[-1].to_ns) == (START_NS - 9_000 * MS, START_NS - 6_500 * MS)
    assert all(before.to_ns == after.from_ns for before, after in pairwise(naked))


def test_a_fill_after_the_end_is_trouble_and_one_before_is_none() -> None:
    view = unwound()
    assert [each.kind for each in troubles(view)] == [JobEventKind.ENDED]
    view.events += [
        event(-5_000, JobEventKind.FILLED, 0, "given back", quantity="0.01", naked="0.01"),
        event(-4_990, JobEventKind.REOPENED, None, "hedging", naked="0.01"),
        event(-4_000, JobEventKind.FILLED, 1, "filled", quantity="0.01"),
        event(-3_900, JobEventKind.FINISHED, None, "partial"),
    ]
    assert [each.kind for each in troubles(view)] == [JobEventKind.ENDED, JobEventKind.FILLED, JobEventKind.REOPENED]


def test_events_that_are_not_kept_are_said_and_not_drawn_as_if_nothing_had_been() -> None:
    view = unwound()
    view.events, view.left_out = [], 9
    assert {each.kind for each in job_stretches(view, START_NS)} == {Kind.WAITING, Kind.NOT_KEPT}
    assert "9 earlier events are not kept" in "\n".join(rows_of(view))


# rows -------------------------------------------------------------------------------------------------


def test_running_jobs_stand_first_then_waiting_ones_then_the_newest_ended_ones() -> None:
    order = [view.job.job_id for view in in_order(some_timelines(some_jobs()).values())]
    assert [each.rsplit("-", 1)[1] for each in order] == ["12", "13", "14", "15", "11", "10", "9"]


@given(st.integers(40, 220), st.sampled_from(SPANS_S), st.integers(0, 3_600))
def test_rows_fit_their_width_whatever_the_span(width: int, span_s: int | None, later_s: int) -> None:
    views = [*some_timelines(some_jobs()).values(), unwound()]
    now_ns = START_NS + later_s * S
    for selected in (None, views[0].job.job_id, views[-1].job.job_id):
        axis = axis_of(views, now_ns, width, span_s, selected)
        heads, entries = timeline_entries(views, now_ns, width, axis, selected)
        for line in [*heads, *(line for entry in entries for line in entry.lines)]:
            assert line_width(line) <= width, text_of(line)


@pytest.mark.parametrize("width", [78, 118, 198])
def test_a_naked_job_says_for_how_long_how_much_in_dollars_and_in_coins(width: int) -> None:
    view = next(iter(some_timelines(some_jobs()).values()))
    text = "\n".join(rows_of(view, width))
    assert "■ naked 1.2 s" in text
    assert "1,280.25 USD" in text
    assert "0.02 BTC" in text


def test_the_clock_of_what_is_naked_goes_on_between_snapshots() -> None:
    view = next(iter(some_timelines(some_jobs()).values()))
    assert "■ naked 3.7 s" in "\n".join(rows_of(view, now_ns=START_NS + 2_500 * MS))


def test_naked_exposure_of_unknown_value_is_unknown_and_never_nothing() -> None:
    view = next(iter(some_timelines(some_jobs()).values()))
    view.job = msgspec.structs.replace(view.job, naked_usd=None)
    assert "unknown USD" in "\n".join(rows_of(view))
    assert "naked unknown USD, 1.2 s" in text_of(naked_note([view], START_NS))
    calm = timeline(job(1, "running", phase="primary", started_ns=START_NS, naked_usd=Decimal(0)))
    assert text_of(naked_note([calm], START_NS)) == "no running job naked"


def left_naked(naked_usd: Decimal | None, number: int = 7) -> TimelineView:
    ended = job(number, "finished", outcome="naked", started_ns=START_NS, naked_usd=naked_usd)
    return timeline(msgspec.structs.replace(ended, ended_ns=START_NS + S))


def test_what_ended_jobs_left_naked_stands_in_the_frame() -> None:
    views = [left_naked(Decimal(2_500)), left_naked(Decimal("100.50"), 8)]
    note = naked_note(views, START_NS + 10 * S)
    assert text_of(note) == "■ 2,600.50 USD left naked"
    assert note[0].ink is Ink.ALARM
    assert text_of(naked_note([left_naked(None)], START_NS)) == "■ unknown USD left naked"
    assert text_of(naked_note([left_naked(Decimal(0))], START_NS)) == "no running job naked"


def test_what_is_naked_and_what_was_left_naked_are_told_apart() -> None:
    running = next(iter(some_timelines(some_jobs()).values()))
    text = text_of(naked_note([running, left_naked(Decimal(2_500))], START_NS))
    assert text == "■ naked 1,280.25 USD, 1.2 s ■ 2,500.00 USD left naked"
    narrow = naked_note([running, left_naked(Decimal(2_500))], START_NS, width=40)
    assert text_of(narrow) == "■ naked 1,280.25 USD, 1.2 s"


def test_an_hour_old_job_is_pointed_to_where_the_span_does_not_reach_it() -> None:
    assert "«" in rows_of(unwound(), now_ns=START_NS + 3_600 * S)[0]
    assert "«" not in rows_of(unwound())[0]


def test_a_fitted_axis_shows_the_whole_of_the_selected_job_and_does_not_end_now() -> None:
    view = unwound()
    axis = axis_of([view], START_NS + 3_600 * S, 100, None, view.job.job_id)
    assert not axis.ends_now
    for at_ns in (view.job.started_ns, view.job.ended_ns):
        assert at_ns is not None
        assert 0 <= axis.cell_of(at_ns) < axis.cells


def test_a_fitted_axis_of_a_running_job_ends_now() -> None:
    view = next(iter(some_timelines(some_jobs()).values()))
    axis = axis_of([view], START_NS, 100, None, view.job.job_id)
    assert axis.ends_now
    assert axis.cell_of(view.job.started_ns or 0) >= 0


@pytest.mark.parametrize("width", [38, 78, 118])
def test_the_legend_fits_and_names_what_a_lane_can_show(width: int) -> None:
    lines = legend_lines(width)
    assert all(line_width(line) <= width for line in lines)
    for word in ("waits", "sent", "part", "filled", "naked", "unwinds", "doubt", "trouble"):
        assert word in shown(lines)
