"""Jobs, capital and entries as lines: whatever the numbers, nothing is cut that would read as another number."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.control.commands import CommandResult, Outcome
from core.state.monitoring import JobsState, LimitUse, RiskState
from tests.console.fake_jobs import START_NS, capital, explained, job, leg, some_jobs
from tests.control.fake_engine import monitoring
from tui.present.bars import share_bar
from tui.present.capital import capital_entries, pool_bar
from tui.present.cells import line_width
from tui.present.entries import Entry, entry_lines, first_in_sight
from tui.present.ink import Decor, text_of
from tui.present.job_explanation import explanation_lines
from tui.present.jobs import job_entries, jobs_title, leg_lines, score_text, short_job_id
from tui.present.override import countdown, override_left_s, override_lines
from tui.present.risk import limit_line, risk_lines

HEIGHTS = st.lists(st.integers(1, 5), min_size=1, max_size=20)
USD = st.decimals(0, 10**8, places=2)


def texts(lines: list[tuple[object, ...]]) -> str:
    return "\n".join(text_of(line) for line in lines)


@given(st.floats(0, 1), st.integers(2, 20))
def test_a_bar_is_full_only_when_whole_and_empty_only_when_nothing(share: float, cells: int) -> None:
    bar = share_bar(share, cells)
    assert len(bar) == cells
    assert ("▱" not in bar) == (share >= 1)
    assert ("▰" not in bar) == (share <= 0)


@pytest.mark.parametrize(("score", "shown"), [(0.8099, "0.80"), (1.0, "1.00"), (0.0, "0.00"), (None, "—")])
def test_a_score_is_cut_and_never_rounded_up(score: float | None, shown: str) -> None:
    assert score_text(score) == shown


@pytest.mark.parametrize(("whole", "short"), [("job-s12ab-0001-7", "0001-7"), ("j-7", "j-7"), ("7", "7")])
def test_a_short_id_is_the_end_of_the_whole_one(whole: str, short: str) -> None:
    assert short_job_id(whole) == short
    assert whole.endswith(short)


@given(HEIGHTS, st.integers(0, 25), st.integers(1, 30), st.data())
def test_the_selected_entry_is_in_sight_whatever_the_room(
    heights: list[int], first: int, room: int, data: st.DataObject
) -> None:
    selected = data.draw(st.integers(0, len(heights) - 1))
    start = first_in_sight(heights, first, selected, room)
    assert 0 <= start <= selected
    assert start == selected or sum(heights[start : selected + 1]) <= room


@given(HEIGHTS, st.integers(1, 30))
def test_entries_never_take_more_rows_than_there_are_and_tell_of_the_rest(heights: list[int], room: int) -> None:
    entries = [Entry(str(index), ((),) * height) for index, height in enumerate(heights)]
    lines = entry_lines(entries, 0, room, 40, None)
    assert len(lines) <= room
    whole = sum(heights) <= room
    if not whole and room > heights[0]:
        assert "more" in text_of(lines[-1])
    if whole:
        assert len(lines) == sum(heights)


def test_the_selected_entry_is_marked_without_colour() -> None:
    _, entries = job_entries(some_jobs(), START_NS, 0.0, 100)
    head = entry_lines(entries, 0, 10, 100, entries[0].key)[0]
    assert line_width(head) == 100
    assert all(span.decor & Decor.REVERSED for span in head)


@given(st.integers(60, 220))
def test_job_lines_fit_their_width(width: int) -> None:
    heads, entries = job_entries(some_jobs(), START_NS, 0.0, width)
    for line in [*heads, *(line for entry in entries for line in entry.lines)]:
        assert line_width(line) <= width, text_of(line)


def test_naked_exposure_of_unknown_value_is_said_and_none_is_not() -> None:
    jobs = [
        job(1, "running", phase="hedging", naked_usd=None, naked_age_s=0.5),
        job(2, "running", phase="hedging", naked_usd=Decimal(0)),
    ]
    _, (unknown, none) = job_entries(jobs, START_NS, 0.0, 100)
    assert "naked unknown for 0.5 s" in texts(list(unknown.lines))
    assert "naked" not in texts(list(none.lines))


def test_a_job_left_naked_is_loud_among_the_ended_ones() -> None:
    _, (entry,) = job_entries([job(1, "finished", outcome="naked", reason="no venue", ended_ns=1)], 1, 0.0, 100)
    assert entry.lines[0][0].decor & Decor.REVERSED
    assert not entry.lines[0][0].decor & Decor.DIM


def test_a_leg_shows_what_is_filled_of_what_at_which_price() -> None:
    (line,) = leg_lines([leg("sim-b", "sell", "0.05", "0.03", "sent", average_price=Decimal("64012.5"))], 78)
    assert "▼ sell" in text_of(line)
    assert "0.03/0.05 @ 64,012.50  sent" in text_of(line)


def test_an_ended_job_shows_what_each_leg_filled_and_why_it_ended() -> None:
    legs = [
        leg("sim-a", "buy", "0.05", "0.04", "partly filled", average_price=Decimal(63990)),
        leg("sim-b", "sell", "0.05", "0.04", "filled", average_price=Decimal(64012)),
    ]
    ended = job(9, "finished", outcome="partial", reason="edge gone", legs=legs, started_ns=1, ended_ns=2)
    shown = texts(job_entries([ended], 3, 0.0, 160)[1][0].lines)
    assert "buy 0.04/0.05 sim-a @ 63,990" in shown
    assert "sell 0.04/0.05 sim-b @ 64,012" in shown
    assert "edge gone" in shown
    told = texts(explanation_lines(ended, None, 160))
    assert "filled 0.04 @ 63,990" in told


def test_what_is_left_out_of_the_list_is_said_in_the_title() -> None:
    state = JobsState(running_jobs=["a"], pending_jobs_count=300)
    assert "100 of 341 shown" in texts([jobs_title(state, 100, 341)])
    assert "shown" not in texts([jobs_title(state, 100, 100)])


def test_an_explanation_before_the_answer_says_that_it_waits() -> None:
    text = texts(list(explanation_lines(some_jobs()[2], None, 74)))
    assert "waiting for its answer" in text
    assert "primary buy 0.05" in text


def test_an_answer_that_cannot_be_read_is_an_error_not_an_empty_page() -> None:
    answer = CommandResult(outcome=Outcome.DONE, message="", data={"status": "pending"})
    assert "cannot be read" in texts(list(explanation_lines(some_jobs()[2], answer, 74)))


def test_an_explanation_reads_the_same_hosted_and_attached() -> None:
    import msgspec

    hosted = explained("job-s12ab-0001-14")
    attached = msgspec.json.decode(msgspec.json.encode(hosted), type=CommandResult)
    shown = some_jobs()[2]
    assert explanation_lines(shown, hosted, 74) == explanation_lines(shown, attached, 74)


@given(USD, USD, USD, st.integers(3, 20))
def test_a_pool_bar_fills_its_room_and_shows_every_part_there_is(
    budget: Decimal, bound: Decimal, flying: Decimal, cells: int
) -> None:
    pool = capital("v").pools[0]
    pool.budget_usd, pool.committed_usd, pool.reserved_usd = budget, bound, flying
    spans = pool_bar(pool, cells)
    assert sum(len(span.text) for span in spans) == cells
    assert bool(spans[0].text) == (bound > 0)


def test_an_untouched_pool_has_all_of_its_budget_free_whatever_its_cents() -> None:
    view = capital("v")
    view.in_flight_usd, view.in_flight_limit_usd = Decimal(0), Decimal("29999.87")
    for pool in view.pools:
        pool.budget_usd = pool.free_usd = Decimal("69999.70")
        pool.reserved_usd = pool.committed_usd = Decimal(0)
    text = texts(list(capital_entries([view], 120, 40)[1][0].lines))
    assert text.count("69,999 free of 69,999") == 3
    assert "29,999 left of 29,999" in text


@given(st.integers(56, 200), st.integers(3, 40))
def test_capital_fits_its_width_whether_as_blocks_or_as_rows(width: int, height: int) -> None:
    views = [capital("sim-a"), capital("sim-b", is_safe=True), capital("okx", is_known=False)]
    heads, entries = capital_entries(views, width, height)
    assert [entry.key for entry in entries] == ["sim-a", "sim-b", "okx"]
    for line in [*heads, *(line for entry in entries for line in entry.lines)]:
        assert line_width(line) <= width
        assert "#" not in text_of(line)
    assert "UNKNOWN" in texts(list(entries[2].lines)).upper()
    assert "SAFE" in texts(list(entries[1].lines))


def risk(until_ns: int | None, *, is_on: bool = True) -> RiskState:
    return RiskState(
        fast_markets=[],
        delayed_venues=[],
        consecutive_failures=0,
        auto_halt=False,
        manual_override=is_on,
        override_until_ns=until_ns,
        blockers=[],
        limits=[],
    )


def test_an_override_counts_down_and_never_below_nothing() -> None:
    assert countdown(risk(START_NS + 247_900_000_000), START_NS) == "4:07"
    assert countdown(risk(START_NS), START_NS + 5_000_000_000) == "0:00"
    assert countdown(risk(None), START_NS) == "?"
    assert override_left_s(risk(START_NS + 1, is_on=False), START_NS) is None
    assert override_lines(risk(None, is_on=False), START_NS) == []


@given(st.integers(30, 120))
def test_what_makes_the_profit_unknown_is_named_in_the_risk_pane(width: int) -> None:
    state = monitoring()
    state.risk.unvalued = ["price of EUR at sim-a, for the profit of BTC/EUR:EUR@sim-a"]
    lines = risk_lines(state, START_NS, width)
    assert all(line_width(line) <= width for line in lines[:-1])  # the last is of limits
    assert f"unknown: {state.risk.unvalued[0]}" in " ".join(" ".join(map(text_of, lines)).split())


@given(st.integers(30, 120), USD, USD)
def test_room_under_a_limit_is_left_out_rather_than_cut(width: int, limit: Decimal, left: Decimal) -> None:
    line = limit_line(LimitUse(name="in flight sim-a", unit="USD", limit=limit, used=None, left=left), width, 10)
    assert line_width(line) <= max(width, 10 + 1 + 20 + 1 + 16)
    assert " left" in text_of(line)
