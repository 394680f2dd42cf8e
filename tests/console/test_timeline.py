"""The timeline pane: jobs and legs over time, found again where they were, readable at every size."""

import msgspec
import pytest

from core.control.commands import CancelJob, ExplainJob
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_jobs import START_NS, S, job
from tests.console.fake_timelines import TimelineLink, timeline, unwound
from tui.panes.timeline import TimelinePane


def order(desk: Desk) -> list[str]:
    """Return the jobs of the pane from top to bottom."""
    words = [word for row in desk.pane("timeline").splitlines() for word in row.split()]
    return [word for word in words if word.startswith("0001-")]


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_desk_three_shows_jobs_over_time_up_to_now_and_what_is_naked(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3")
        text = desk.pane("timeline")
        assert "now" in text
        assert "0001-12" in text
        assert "▒" in text
        assert "naked 1,280.25 USD" in text
        assert "USD" in text

    run_console(script, TimelineLink(), size=size)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_the_selected_job_shows_a_lane_for_each_leg(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3", "z")  # at 80 by 24 it is a strip until it is shown alone
        assert "▼ sell" not in desk.pane("timeline")
        await desk.press("down")
        text = desk.pane("timeline")
        assert "▲ buy sim-a" in text
        assert "▼ sell sim-b" in text
        assert "0.03/0.05" in text

    run_console(script, TimelineLink(), size=size)


def test_only_a_console_that_shows_the_timeline_asks_for_it() -> None:
    async def script(desk: Desk) -> None:
        assert desk.link.request.timelines == 0
        await desk.press("3")
        assert desk.link.request.timelines > 0
        await desk.press("1")
        assert desk.link.request.timelines == 0

    run_console(script, TimelineLink())


def test_rows_keep_their_places_under_the_cursor_and_follow_again_without_it() -> None:
    link = TimelineLink()

    async def script(desk: Desk) -> None:
        await desk.press("3", "z", "down", "down")
        before = order(desk)
        link.more.append(timeline(job(20, "running", phase="primary", started_ns=START_NS - 9 * S)))
        link.jobs[0] = msgspec.structs.replace(link.jobs[0], status="finished", ended_ns=START_NS, outcome="completed")
        await desk.frame()
        assert order(desk)[: len(before)] == before
        assert "held; esc follows" in desk.pane("timeline")
        await desk.press("escape")
        assert order(desk)[0] == "0001-20"
        assert "held" not in desk.pane("timeline")

    run_console(script, link, size=LARGE)


def test_e_explains_and_x_ends_the_selected_job_of_the_timeline() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3", "e")  # nothing is selected: the topmost one
        assert "job-s12ab-0001-12" in desk.dialog()
        await desk.press("escape", "x")
        assert "no job is selected" in desk.bar("message")
        await desk.press("down", "e")
        assert "job-s12ab-0001-12" in desk.dialog()
        await desk.press("escape", "x")
        await desk.press("tab", "enter")

    link, _ = run_console(script, TimelineLink())
    assert [type(command) for command in link.commands][:2] == [ExplainJob, ExplainJob]
    assert all(isinstance(command, ExplainJob | CancelJob) for command in link.commands)


def test_a_job_that_the_list_has_no_room_for_is_explained_from_the_timeline() -> None:
    link = TimelineLink(jobs=[], more=[unwound()])

    async def script(desk: Desk) -> None:
        await desk.press("3", "down", "e")
        assert "job-s12ab-0001-21" in desk.dialog()

    run_console(script, link)


def test_one_key_changes_the_span_from_every_pane_of_the_desk() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3")
        spans: list[str] = []
        for _ in range(7):
            spans.append(desk.pane("timeline").split(" · ")[0].split("Timeline")[1].strip())
            await desk.press("E")
        assert spans == ["1 min", "fitted", "10 s", "5 min", "30 min", "2 h", "1 min"]
        await desk.focus("capital")
        before = desk.pane("timeline")
        await desk.press("E")
        assert desk.pane("timeline") != before
        await desk.press("6", "E")
        assert "no timeline is shown" in desk.bar("message")

    run_console(script, TimelineLink())


def test_fitted_the_lanes_are_those_of_the_selected_job_whenever_it_was() -> None:
    link = TimelineLink(more=[unwound()])

    async def script(desk: Desk) -> None:
        await desk.press("3", "E", "z")
        pane = desk.app.area.panes["timeline"]
        assert isinstance(pane, TimelinePane)
        desk.link.step += 36_000
        await desk.press("down")
        for _ in range(8):
            if pane.selected == "job-s12ab-0001-21":
                break
            await desk.press("down")
        text = desk.pane("timeline")
        assert "↩" in text
        assert "now" not in text.splitlines()[1]

    run_console(script, link, size=LARGE)


def test_the_masked_timeline_shows_no_digit_of_ones_own() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3", "down", "ctrl+y")
        assert not any(letter.isdigit() for letter in desk.pane("timeline"))
        assert "▒" in desk.pane("timeline")

    run_console(script, TimelineLink())


def test_an_empty_timeline_teaches() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3")
        text = desk.pane("timeline")
        for word in ("No hedge jobs yet", "E changes", "5 shows the strategies"):
            assert word in text

    run_console(script, TimelineLink(jobs=[]))


def test_nothing_is_painted_while_nothing_changes() -> None:
    link = TimelineLink(jobs=[], more=[unwound()])

    async def script(desk: Desk) -> None:
        await desk.press("3")
        pane = desk.app.area.panes["timeline"]
        strips = [id(strip) for strip in pane._strips]
        await desk.redraw()
        assert [id(strip) for strip in pane._strips] == strips

    run_console(script, link)


def test_its_rows_are_exported_event_by_event() -> None:
    link = TimelineLink(jobs=[], more=[unwound()])

    async def script(desk: Desk) -> None:
        await desk.press("3")
        snapshot = desk.app.view.snapshot
        assert snapshot is not None
        export = desk.app.area.panes["timeline"].export(snapshot)
        assert export is not None
        assert len(export.rows) == 9
        assert export.columns[:3] == ("job_id", "at_utc", "leg")

    run_console(script, link)


def test_the_timeline_can_stand_in_any_place() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("log")
        await desk.press("ctrl+e")
        names = [name for name in desk.app.area.panes if name != "log"]
        await desk.press(*("down",) * (1 + names.index("timeline")), "enter")
        assert desk.app.area.panes["timeline"] in desk.app.area.shown()
        assert "0001-12" in desk.pane("timeline")

    run_console(script, TimelineLink(), size=LARGE)
