"""Where a text names a key it names the trader's own, and every action that a text names is one."""

import re
from pathlib import Path

import pytest

from core.state.explanation import Explained, ExplainedRow, ExplainedSection
from tests.console.driving import SMALL, Desk, run_console
from tests.console.fake_link import FakeLink
from tui.console.actions import BY_NAME
from tui.console.key_map import USUAL_KEYS, KeyMap
from tui.console.settings import ConsoleSettings
from tui.present.explained import explained_lines
from tui.present.ink import text_of
from tui.present.key_words import KeyWords

OWN = KeyMap({"halt": ["f12"], "buy": ["ö"], "cancel": ["f7"], "explain": [], "desk-5": ["f5"]})
SOURCES = sorted(Path("tui").rglob("*.py"), key=str)


def test_a_place_in_a_text_is_the_key_and_without_one_the_command() -> None:
    assert OWN.filled("{buy} buys, {halt} halts") == "ö buys, f12 halts"
    assert OWN.filled("{explain} says why") == "the command `explain` says why"
    assert OWN.filled("{nothing} {} {Buy}") == "{nothing} {} {Buy}"
    assert USUAL_KEYS.filled("{halt}") == "^k"


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_every_action_that_a_text_names_is_one(source: Path) -> None:
    named = re.findall(r"\{([a-z]+(?:-[a-z0-9]+)+)\}", source.read_text(encoding="utf-8"))
    assert [name for name in named if name not in BY_NAME] == []


def test_the_checklist_of_a_halt_and_hints_name_the_traders_own_keys() -> None:
    async def script(desk: Desk) -> None:
        assert "ö buys" in desk.pane("positions")
        await desk.press("f7")
        assert "f7 then cancels" in desk.bar("message")
        await desk.press("plus")
        assert "f5 shows the strategies" in desk.bar("message")
        await desk.press("f12")
        assert "f12 send again" in desk.dialog()

    run_console(script, FakeLink(is_empty=True), size=SMALL, settings=ConsoleSettings(keys=OWN))


def test_a_terminal_that_is_too_small_says_which_key_halts() -> None:
    async def script(desk: Desk) -> None:
        await desk.frame()
        assert "f12 HALT works here" in desk.bar("too-small")

    run_console(script, size=(50, 12), settings=ConsoleSettings(keys=OWN))


def test_an_explanation_names_the_traders_own_key_for_what_can_be_done_about_it() -> None:
    row = ExplainedRow(label="lifted by", text="a person's resume", here="{lift-selected} on the row of the venue")
    why = Explained(
        subject="venue:x", headline="x", standing="halted", sections=[ExplainedSection(title="t", rows=[row])]
    )
    keys = KeyWords(KeyMap({"lift-selected": ["ö"]}).filled)
    text = " ".join(" ".join(map(text_of, explained_lines(why, 0, 74, keys))).split())
    assert "lifted by a person's resume; in this console: ö on the row of the venue" in text
