"""One key explains whatever is selected, and what the header shows; the answer of the engine has one form."""

from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.control.commands import AnyCommand, CommandResult, Explain, ExplainJob, Outcome
from core.state.explanation import Explained, ExplainedRow, ExplainedSection
from core.state.monitoring import Alert
from core.types.control import Blocker, HaltLevel
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_jobs import START_NS, S
from tests.console.fake_link import FakeLink
from tui.present.cells import line_width
from tui.present.explained import answer_lines, explained_lines
from tui.present.ink import text_of

WHY = Explained(
    subject="venue:sim-a",
    headline="venue sim-a: feed up",
    standing="HALTED by manual",
    is_trouble=True,
    sections=[
        ExplainedSection(
            title="halt 1 of 1",
            rows=[
                ExplainedRow(label="who", text="cli:me"),
                ExplainedRow(label="since", text="", at_ns=START_NS - 90 * S),
                ExplainedRow(label="halt_level", text="HALTED, allowed NORMAL", mark="failed"),
                ExplainedRow(label="price_grid", text="64,012.5, allowed whole ticks", mark="passed"),
            ],
        )
    ],
)


@dataclass
class ExplainingLink(FakeLink):
    """Answers every question with the same explanation."""

    async def execute(self, command: AnyCommand) -> CommandResult:
        result = await super().execute(command)
        if isinstance(command, Explain):
            return CommandResult(outcome=Outcome.DONE, message="why", data=msgspec.structs.asdict(WHY))
        return result


def asked(link: FakeLink) -> list[str]:
    return [command.subject for command in link.commands if isinstance(command, Explain)]


@pytest.mark.parametrize(
    ("desk_key", "pane", "subject"),
    [
        ("6", "orders", "order:"),
        ("2", "fills", "fill:sim-"),
        ("5", "strategies", "strategy:ma_cross"),
        ("4", "venues", "venue:sim-a"),
        ("3", "capital", "venue:sim-a"),
    ],
)
def test_e_explains_the_selected_row_of_every_pane_with_rows(desk_key: str, pane: str, subject: str) -> None:
    async def script(desk: Desk) -> None:
        await desk.press(desk_key)
        await desk.focus(pane)
        await desk.press("e")
        await desk.redraw()
        text = desk.dialog()
        for part in ("venue sim-a: feed up", "✗ HALTED by manual", "halt 1 of 1", "cli:me", "1 min 30 s ago"):
            assert part in text
        assert "✗ halt level" in text
        assert "✓ price grid" in text

    link, _ = run_console(script, ExplainingLink(), size=LARGE)
    (found,) = asked(link)
    assert found.startswith(subject)


def test_e_explains_the_selected_alarm() -> None:
    @dataclass
    class Alarmed(ExplainingLink):
        def snapshot(self):
            found = super().snapshot()
            found.monitoring.alerts = [Alert(severity="severe", name="feed sim-b", text="down", since_ns=START_NS)]
            return found

    async def script(desk: Desk) -> None:
        await desk.press("4")
        await desk.focus("alerts")
        await desk.press("e")

    link, _ = run_console(script, Alarmed())
    assert asked(link) == ["alarm:feed sim-b"]


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_in_the_risk_pane_halts_and_limits_are_offered_and_the_list_fits_the_screen(size: tuple[int, int]) -> None:
    blocker = Blocker(
        scope="venue:sim-b", cause="manual", level=HaltLevel.HALTED, since_ns=START_NS, who="me", reason="odd"
    )

    async def script(desk: Desk) -> None:
        await desk.press("4")
        await desk.focus("risk")
        await desk.press("e")
        assert "venue:sim-b" in desk.dialog()
        await desk.press("down", "enter")
        await desk.press("escape", "e", "down", "down", "enter")

    link, _ = run_console(script, ExplainingLink(scoped_blockers=[blocker]), size=size)
    halt, limit = asked(link)
    assert halt == "venue:sim-b"
    assert limit.startswith("limit:")


def test_where_nothing_can_be_selected_e_offers_what_the_header_shows() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("ladder-1")
        await desk.press("e")
        for part in ("state: running", "loss room", "venue sim-a"):
            assert part in desk.dialog()
        await desk.press("enter")

    link, _ = run_console(script, ExplainingLink())
    assert asked(link) == ["global"]


def test_a_line_of_the_log_leads_to_what_it_names() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("6")
        await desk.focus("log")
        await desk.press("e")
        assert "newest first" in desk.dialog()
        await desk.press("enter")
        assert desk.dialog()

    link, _ = run_console(script, ExplainingLink())
    assert all(isinstance(command, Explain | ExplainJob) for command in link.commands)


def test_nothing_is_asked_of_an_engine_for_which_nothing_is_selected() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5")
        await desk.focus("strategies")
        await desk.press("escape", "e")
        assert "select something first" in desk.bar("message")

    link, _ = run_console(script, ExplainingLink())
    assert link.commands == []


def test_what_the_console_knows_of_an_order_shows_before_and_without_an_answer() -> None:
    refused = CommandResult(outcome=Outcome.INVALID, message="nothing is known by that name")

    async def script(desk: Desk) -> None:
        await desk.press("6")
        await desk.focus("orders")
        await desk.press("e")
        await desk.redraw()
        assert "made" in desk.dialog()
        assert "INVALID" in desk.dialog()

    run_console(script, FakeLink(answer=refused))


def test_the_form_is_the_same_hosted_and_attached() -> None:
    hosted = CommandResult(outcome=Outcome.DONE, message="", data=msgspec.structs.asdict(WHY))
    attached = msgspec.json.decode(msgspec.json.encode(hosted), type=CommandResult)
    assert answer_lines(hosted, [], START_NS, 74) == answer_lines(attached, [], START_NS, 74)


@given(st.integers(40, 160), st.lists(st.text(max_size=40), max_size=5))
def test_explanations_fit_their_width_and_say_verdicts_without_colour(width: int, words: list[str]) -> None:
    rows = [ExplainedRow(label="rule", text=" ".join(word.split()[:6]), mark="failed") for word in words]
    found = msgspec.structs.replace(WHY, sections=[ExplainedSection(title="rules", rows=rows)])
    for line in explained_lines(found, START_NS, width):
        longest = max((len(word) for word in text_of(line).split()), default=0)
        assert line_width(line) <= max(width, longest * 2 + 30)
    assert text_of(explained_lines(WHY, START_NS, width)[1]).startswith("✗ ")


def test_an_answer_that_cannot_be_read_is_an_error_not_an_empty_page() -> None:
    broken = CommandResult(outcome=Outcome.DONE, message="", data={"headline": 1})
    assert "cannot be read" in "\n".join(map(text_of, answer_lines(broken, [], START_NS, 74)))
    assert "waiting for its answer" in "\n".join(map(text_of, answer_lines(None, [], START_NS, 74)))
