"""With every key set anew, no pane names a shipped one: neither empty, full, cut nor scrolled back."""

import re
from collections.abc import Callable

import pytest

from core.state.desk import ArmingView
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_alarms import lost_link
from tests.console.fake_link import FakeLink
from tests.console.scenes import SceneLink
from tui.console.actions import ACTIONS, BY_NAME
from tui.console.key_map import KeyMap
from tui.console.key_names import key_label
from tui.console.settings import ConsoleSettings

_FIRST_LETTER = 0x0410  # of the Cyrillic ones: no shipped key and no word of the console is one
OTHER = KeyMap(
    {
        action.name: [f"f{place + 10}"] if action.everywhere else [chr(_FIRST_LETTER + place)]
        for place, action in enumerate(ACTIONS)
    }
)
LABELS = sorted({key_label(key) for action in ACTIONS for key in action.keys}, key=len, reverse=True)
_DOES = r"(?= (?:and|shows|goes|says|starts|stops|chooses?|lists|puts|scrolls|follows)\b)"


SIGNS = {"Chart": {"X", "T", "B", "S"}, "Ladder": {"q"}}
"""Letters that these panes draw."""


def _named(label: str) -> str:
    """Return what finds a key that a text names: a letter before a word, a digit or a sign before what it does."""
    if len(label) > 1:
        return rf"(?<!\w){re.escape(label)}(?!\w)"
    if label.isalpha() and label not in {"a", "A"}:  # an article; and an `s` after a number is seconds
        return rf"(?<![\w.,:+/'-])(?<!\d ){re.escape(label)}(?= [a-z]{{3}})"
    return rf"(?<![\w.,:+/]){re.escape(label)}{_DOES}"


_NAMED = re.compile("|".join(_named(label) for label in LABELS))


def stale_keys(text: str) -> list[str]:
    return [match[0] for line in text.split("\n") for match in _NAMED.finditer(line)]


def test_a_shipped_key_in_a_text_is_found() -> None:
    assert stale_keys("k says that you have seen one") == ["k"]
    assert stale_keys("held; esc follows") == ["esc"]
    assert stale_keys("… 3 more: ↓ goes on, z zooms") == ["↓", "z"]
    assert stale_keys("b s join  ^k halts; + starts, [ and ] choose") == ["s", "^k", "+", "[", "]"]
    assert stale_keys("BTC/USDT:USDT 3 open, 0.1 s old, sim-a→sim-b, ? in doubt") == []


def full() -> FakeLink:
    return SceneLink(alarms=lost_link())


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE], ids=["80x24", "120x40", "200x60"])
@pytest.mark.parametrize("link", [lambda: FakeLink(is_empty=True), full], ids=["empty", "full"])
def test_no_pane_names_a_shipped_key_once_it_is_another(link: Callable[[], FakeLink], size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        for number in range(1, 7):
            await desk.press(OTHER.keys_of(BY_NAME[f"desk-{number}"])[0])
            for pane in desk.app.area.shown():
                pane.focus()
                pane.move_cursor(1)
                await desk.redraw()
                assert stale_keys(desk.pane(pane.id or "")) == [], pane.id

    run_console(script, link(), size=size, settings=ConsoleSettings(keys=OTHER))


def test_no_pane_names_a_shipped_key_in_its_help() -> None:
    async def script(desk: Desk) -> None:
        for pane in desk.app.area.panes.values():
            named = set(stale_keys(OTHER.filled(pane.ABOUT)))
            assert named <= SIGNS.get(pane.TITLE, set()), pane.id

    run_console(script, settings=ConsoleSettings(keys=OTHER))


def test_the_ladders_edge_names_the_single_keys_as_they_are_while_they_trade_at_once() -> None:
    async def script(desk: Desk) -> None:
        now_ns = desk.link.engine_ns
        desk.link.arming = ArmingView(console="this", who="console:test", since_ns=now_ns, until_ns=now_ns + 10**12)
        await desk.focus("ladder-1")
        await desk.press(OTHER.keys_of(BY_NAME["zoom"])[0])
        text = desk.pane("ladder-1")
        assert f"{OTHER.label(BY_NAME['buy'])} {OTHER.label(BY_NAME['sell'])} join" in text
        assert stale_keys(text) == []

    run_console(script, size=LARGE, settings=ConsoleSettings(keys=OTHER))


def test_a_pane_that_has_the_whole_screen_does_not_offer_it() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("4")
        await desk.focus("risk")
        assert "z zooms" in desk.pane("risk")
        await desk.press("z")
        assert "↓ goes on" in desk.pane("risk")
        assert "zooms" not in desk.pane("risk")

    run_console(script, SceneLink(), size=SMALL)
