"""Keys can be set anew; a halt never loses its key, and what is wrong is said with what is allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.keys import _character_to_key

from core.control.commands import Kill, Pause
from tests.console.driving import Desk, run_console
from tests.console.fake_link import FakeLink
from tests.console.manual_clock import ManualClock
from tui.console.actions import ACTIONS, BY_NAME
from tui.console.app import ConsoleApp
from tui.console.key_map import USUAL_KEYS, KeyMap, key_faults
from tui.console.key_names import key_label, key_name
from tui.console.settings import ConsoleSettings

ARROWS = {"up", "down", "left", "right"}  # shown as arrows, which are no keys of their own


@given(st.characters(min_codepoint=33, max_codepoint=126))
def test_a_character_has_the_name_that_the_library_gives_it_and_is_shown_as_itself(character: str) -> None:
    assert key_name(character) == _character_to_key(character)
    assert key_label(key_name(character)) == character


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_key_of_the_registry_is_one_that_a_terminal_sends(action: object) -> None:
    for key in BY_NAME[getattr(action, "name", "")].keys:
        assert key_name(key_label(key) if len(key_label(key)) == 1 and key not in ARROWS else key) == key


@pytest.mark.parametrize(
    ("own", "action", "allowed"),
    [
        ({"haltt": ["ctrl+k"]}, "haltt", "no such action; near are halt"),
        ({"halt": []}, "halt", "must keep a key"),
        ({"halt": ["k"]}, "halt", "it works in text fields too"),
        ({"halt": ["space"]}, "halt", "must be ctrl+letter or f1 to f24"),
        ({"pause": ["enter"]}, "pause", "must be ctrl+letter or f1 to f24"),
        ({"cancel-all": ["backspace"]}, "cancel-all", "must be ctrl+letter or f1 to f24"),
        ({"theme": ["ctrl+k"]}, "theme", "is the only key of halt"),
        ({"buy": ["ctrl+i"]}, "buy", "a terminal sends the same for it as for tab"),
        ({"buy": ["hyper+b"]}, "buy", "must be one character, f1 to f24"),
        ({"buy": ["f1"], "sell": ["f1"]}, "sell", "is the key of buy already"),
    ],
)
def test_what_is_wrong_with_keys_is_said_with_what_is_allowed(
    own: dict[str, list[str]], action: str, allowed: str
) -> None:
    (fault,) = key_faults(own)
    assert fault.action == action
    assert allowed in fault.allowed


def test_a_key_that_was_given_to_another_action_is_taken_from_its_own() -> None:
    keys = KeyMap({"zoom": ["b"], "buy": ["^b", "f1"]})
    assert keys.labels(BY_NAME["zoom"]) == "b"
    assert keys.labels(BY_NAME["buy"]) == "^b f1"
    assert KeyMap({"zoom": ["b"]}).keys_of(BY_NAME["buy"]) == ()
    assert USUAL_KEYS.label(BY_NAME["buy"]) == "b"


def test_footer_help_palette_and_keys_follow_what_was_set() -> None:
    own = {"halt": ["f10"], "pause": ["f11"]}
    assert list(key_faults(own)) == []
    settings = ConsoleSettings(keys=KeyMap(own))
    link = FakeLink()

    async def script(desk: Desk) -> None:
        assert desk.bar("footer").startswith(" f10 HALT")
        titles = {command.title for command in desk.app.get_system_commands(desk.app.screen)}
        assert "HALT  (f10)" in titles
        await desk.press("ctrl+k", "f11", "f10")

    run_console(script, link, settings=settings)
    assert [type(command) for command in link.commands] == [Pause, Kill]
    assert ConsoleApp(link, clock=ManualClock()).keys is USUAL_KEYS
