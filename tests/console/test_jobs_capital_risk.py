"""What the panes of jobs, capital and risk show, and what their keys ask of the engine."""

import re

import msgspec
import pytest

from core.control.commands import (
    CancelJob,
    CommandResult,
    EndOverride,
    ExplainJob,
    Halt,
    ManualOverride,
    Outcome,
    Pause,
    Resume,
    SetSafeMode,
)
from core.types.control import Blocker, HaltLevel
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_jobs import START_NS, job
from tests.console.fake_link import FakeLink

RUNNING, WAITING, ENDED = ("job-s12ab-0001-12", "job-s12ab-0001-14", "job-s12ab-0001-11")


def halted_venue() -> Blocker:
    return Blocker(
        scope="venue:sim-a",
        cause="manual",
        level=HaltLevel.HALTED,
        since_ns=START_NS,
        who="cli:me",
        reason="api is slow",
    )


async def choose(desk: Desk, job_id: str) -> None:
    """Move the cursor of the jobs pane down to a job."""
    await desk.press("3")
    await desk.focus("jobs")
    pane = desk.app.area.panes["jobs"]
    for _ in range(20):
        if getattr(pane, "selected", None) == job_id:
            return
        await desk.press("down")
    raise AssertionError(f"{job_id} is not in the pane:\n{desk.pane('jobs')}")


# jobs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_jobs_are_on_a_desk_of_their_own_at_every_size(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3")
        text = desk.pane("jobs")
        assert "running 2 · waiting 2 · done 41 · failed 0" in text
        for fact in ("hedging", "0001-12", "0.03/0.05 @ 64,012.50", "sent", "naked 1,280.25 USD for 1.2 s", "0.80"):
            assert fact in text
        for fact in ("frozen ! override", "in doubt"):
            assert fact in text
        assert "Capital" in desk.pane("capital")

    run_console(script, size=size)


def test_waiting_refused_and_ended_jobs_say_why_and_what_came_of_them() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3")
        text = desk.pane("jobs")
        for fact in (
            "waits: venue sim-a has 10 of 10 running jobs",
            "▲+1.23",
            "▼-2.11",
            "the hedge was rejected: no margin",
            "single_reserve: okx 5,000 USD",
        ):
            assert fact in text

    run_console(script, size=LARGE)


def test_naked_exposure_grows_older_while_the_engine_is_silent() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3")
        desk.link.is_silent = True
        desk.clock.advance(2.0)
        await desk.redraw()
        assert "for 3.2 s" in desk.pane("jobs")

    run_console(script)


def test_every_job_can_be_reached_on_a_small_screen() -> None:
    async def script(desk: Desk) -> None:
        await choose(desk, "job-s12ab-0001-9")
        text = desk.pane("jobs")
        assert "refused" in text
        assert "min_edge: 2.1 bps" in text
        await desk.press("escape")
        assert "hedging" in desk.pane("jobs")

    run_console(script, size=SMALL)


def test_new_jobs_are_in_sight_again_once_the_cursor_has_left() -> None:
    async def script(desk: Desk) -> None:
        await choose(desk, "job-s12ab-0001-9")
        desk.link.jobs = [job(99, "pending"), *desk.link.jobs]
        await desk.focus("capital")
        await desk.frame()
        assert "0001-99" in desk.pane("jobs")

    run_console(script, size=SMALL)


def test_a_job_that_left_takes_the_cursor_with_it() -> None:
    async def script(desk: Desk) -> None:
        await choose(desk, WAITING)
        desk.link.jobs = [each for each in desk.link.jobs if each.job_id != WAITING]
        await desk.frame()
        await desk.press("x")
        assert desk.app.dialogs.top is None
        assert "no job is selected" in desk.bar("message")

    link, _ = run_console(script)
    assert link.commands == []


def test_a_selected_job_stays_in_its_row_when_others_come() -> None:
    async def script(desk: Desk) -> None:
        await choose(desk, WAITING)
        before = desk.pane("jobs").splitlines()[:14]
        desk.link.jobs = [job(99, "pending", waits_for="funding"), *desk.link.jobs]
        await desk.frame(0.0)
        after = desk.pane("jobs").splitlines()
        assert after[2:14] == before[2:14]
        assert any("0001-99" in line for line in after[14:])

    run_console(script, size=LARGE)


def test_cancelling_a_job_asks_and_leaving_it_has_the_focus() -> None:
    async def script(desk: Desk) -> None:
        await choose(desk, RUNNING)
        await desk.press("x")
        assert "its primary leg is stopped" in desk.dialog()
        assert "▸  Leave it" in desk.dialog()
        await desk.press("enter")
        assert desk.link.commands == []
        await desk.press("x", "down", "enter")

    link, _ = run_console(script)
    assert [msgspec.structs.replace(command, who="", reason="") for command in link.commands] == [
        CancelJob(job_id=RUNNING, who="")
    ]


def test_a_held_down_enter_cancels_no_job() -> None:
    async def script(desk: Desk) -> None:
        await choose(desk, WAITING)
        await desk.press("x", "down")
        desk.app.repeat.heard("enter")
        await desk.pilot.press("enter")
        await desk.redraw()
        assert desk.link.commands == []

    run_console(script)


def test_an_ended_job_is_not_cancelled() -> None:
    async def script(desk: Desk) -> None:
        await choose(desk, ENDED)
        await desk.press("x")
        assert "has ended: completed" in desk.bar("message")

    link, _ = run_console(script)
    assert link.commands == []


@pytest.mark.parametrize("key", ["e", "enter"])
def test_explaining_a_job_lists_every_control_hard_ones_first(key: str) -> None:
    async def script(desk: Desk) -> None:
        await choose(desk, WAITING)
        await desk.press(key)
        await desk.frame()
        text = desk.dialog()
        facts = (
            WAITING,
            "waits for: edge after costs",
            "weighs 0.65",
            "rank 2 of 5",
            "hard rules",
            "✗ FAILED edge after costs",
            "7.67784 bps, allowed at least 10",
            "✓ passed known instrument",
            "soft rules",
            "! LIFTED min edge",
        )
        places = [text.find(fact) for fact in facts]
        assert -1 not in places
        assert places == sorted(places)

    link, _ = run_console(script)
    assert [type(command) for command in link.commands] == [ExplainJob]


def test_an_explanation_that_failed_says_so() -> None:
    async def script(desk: Desk) -> None:
        await choose(desk, WAITING)
        await desk.press("e")
        await desk.frame()
        assert "INVALID: there is no job" in desk.dialog()

    run_console(script, FakeLink(answer=CommandResult(outcome=Outcome.INVALID, message="there is no job")))


# capital and safe mode -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_capital_says_what_is_free_and_what_is_left_in_flight(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3")
        text = desk.pane("capital")
        for fact in ("sim-a", "100,000", "54,800", "14,500", "26,800"):
            assert fact in text

    run_console(script, size=size)


def test_a_whole_block_has_every_pool_and_the_day() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3")
        text = desk.pane("capital")
        for fact in (
            "equity 100,000.00",
            "54,800 free of 70,000",
            "in flight 3,200",
            "bound 12,000",
            "26,800 left of 30,000",
            "one at most 10,000",
            "PnL ▲+12.40",
            "volume 64,000",
            "fees 32.00",
        ):
            assert fact in text

    run_console(script, size=LARGE)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_unknown_equity_says_so_and_shows_no_number_for_what_is_free(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3")
        text = desk.pane("capital").lower()
        assert "unknown" in text
        assert "54,800" not in text

    run_console(script, FakeLink(venues_of_unknown_equity=("sim-a", "sim-b", "sim-x")), size=size)


def test_safe_mode_is_entered_at_once_and_left_with_the_venues_name_and_a_reason() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3")
        await desk.focus("capital")
        await desk.press("v")
        assert len(desk.link.commands) == 1
        await desk.frame()
        assert "SAFE" in desk.pane("capital")
        await desk.press("V")
        await desk.type("sim-b")
        await desk.press("enter")
        assert "expected 'sim-a'" in desk.dialog()
        assert len(desk.link.commands) == 1
        await desk.press("escape", "V")
        await desk.type("sim-a")
        await desk.press("enter")
        await desk.type("ok")
        await desk.press("enter")

    link, _ = run_console(script)
    assert link.commands == [
        SetSafeMode(venue="sim-a", is_on=True, reason="safe mode key in the console", who="console:test"),
        SetSafeMode(venue="sim-a", is_on=False, reason="ok", who="console:test"),
    ]


# halts of one scope, and the override ----------------------------------------------------------------


def test_a_venue_and_a_strategy_are_halted_with_one_key() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3")
        await desk.focus("capital")
        await desk.press("h")
        await desk.focus("strategies")
        await desk.press("h")
        await desk.focus("jobs")
        await desk.press("h")
        assert "select a venue" in desk.bar("message")

    link, _ = run_console(script)
    assert [(command.scope, command.level) for command in link.commands if isinstance(command, Halt)] == [
        ("venue:sim-a", "halted"),
        ("strategy:ma_cross", "halted"),
    ]


def test_a_halted_venue_shows_cause_since_who_and_is_lifted_by_word_and_reason() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("4")
        text = desk.pane("risk")
        for fact in ("■ HALTED venue sim-a", "manual", "ago", "by cli:me: api is slow"):
            assert fact in text
        await desk.press("R")
        assert "HALTED venue sim-a" in desk.dialog()
        assert re.search(r"since \d\d:\d\d:\d\d UTC", desk.dialog())  # an age would stand still in a question
        await desk.type("resume")
        await desk.press("enter")
        await desk.type("ok")
        await desk.press("enter")

    link, _ = run_console(script, FakeLink(scoped_blockers=[halted_venue()]))
    assert link.commands == [Resume(reason="ok", word="resume", who="console:test", as_of_ns=link.engine_ns)]


def test_what_stands_at_one_venue_is_lifted_apart_from_the_rest() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3")
        await desk.focus("strategies")
        await desk.press("H")
        assert "nothing is halted or paused at strategy:ma_cross" in desk.bar("message")
        await desk.focus("capital")
        await desk.press("H")
        assert "what stands at venue:sim-a" in desk.dialog()
        await desk.type("resume")
        await desk.press("enter")
        await desk.type("ok")
        await desk.press("enter")

    link, _ = run_console(script, FakeLink(scoped_blockers=[halted_venue()]))
    resume = Resume(reason="ok", word="resume", scope="venue:sim-a", who="console:test", as_of_ns=link.engine_ns)
    assert link.commands == [resume]


def test_pause_pauses_while_only_a_venue_is_halted() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("p")

    link, _ = run_console(script, FakeLink(scoped_blockers=[halted_venue()]))
    assert [type(command) for command in link.commands] == [Pause]


def test_lifting_halts_where_there_are_none_sends_nothing() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("R")
        assert "nothing is halted" in desk.bar("message")

    link, _ = run_console(script)
    assert link.commands == []


def test_an_override_takes_minutes_a_reason_and_its_word() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("o", "enter")
        assert "minutes are a number above 0" in desk.dialog()
        await desk.type("5")
        await desk.press("enter")
        await desk.type("hand")
        await desk.press("enter")
        await desk.type("overrid")
        await desk.press("enter")
        assert "expected 'override'" in desk.dialog()
        assert desk.link.commands == []
        await desk.type("e")
        await desk.press("enter")

    link, _ = run_console(script)
    assert link.commands == [ManualOverride(seconds=300.0, reason="hand", who="console:test")]


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "inf", "1e9", "five"])
def test_senseless_minutes_override_nothing(minutes: str) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("o")
        fields = {field.id: field for field in desk.app.screen.query("Input")}
        for name, text in (("minutes", minutes), ("reason", "x"), ("word", "override")):
            fields[name].value = text
        await desk.press("enter")

    link, _ = run_console(script)
    assert link.commands == []


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_an_override_counts_down_in_header_and_risk_pane_and_ends_with_one_key(size: tuple[int, int]) -> None:
    link = FakeLink(status="manual_override", override_until_ns=START_NS + 252_000_000_000)

    async def script(desk: Desk) -> None:
        assert "OVERRIDE 4:1" in desk.bar("header")
        await desk.press("4")
        assert "! OVERRIDE 4:" in desk.pane("risk")
        before = desk.pane("risk")
        desk.link.step += 300
        await desk.redraw()
        assert desk.pane("risk") != before
        await desk.press("O")

    run_console(script, link, size=size)
    assert [type(command) for command in link.commands] == [EndOverride]


def test_limits_that_do_not_fit_can_be_scrolled_to() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("risk")
        assert "56 left of 60" not in desk.pane("risk")
        await desk.press(*("down",) * 6)
        assert "56 left of 60" in desk.pane("risk")
        await desk.press("escape")
        assert "nothing blocks new risk" in desk.pane("risk")

    run_console(script, size=(106, 32))
