"""The walk-through of docs/console.md as it is pressed: keys, what the screen then says, and its picture."""

import asyncio
import html
import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from textual.pilot import Pilot

from tui.console.app import ConsoleApp
from tui.console.exit_choice import ExitChoice

KEY_APART_S: Final = 0.3  # as a person presses: a key held down confirms nothing
LOOKED_AGAIN_S: Final = 0.25
_TAG: Final = re.compile(r"<style.*?</style>|<[^>]*>", re.DOTALL)
_SPACES: Final = re.compile(r"\s+")


class Step(NamedTuple):
    """Keys, a text that the screen must show within `within_s`, and the name of the picture taken then."""

    keys: tuple[str, ...]
    until: str
    picture: str | None = None
    within_s: float = 30.0


class WalkError(Exception):
    """The console did not come to show what the walk-through says."""


def typed(text: str) -> tuple[str, ...]:
    """Return the keys of a text."""
    names = {".": "full_stop", " ": "space", "/": "slash"}
    return tuple(names.get(letter, letter) for letter in text)


FIRST_HOUR: Final[tuple[Step, ...]] = (
    Step((), "Welcome to seraphim", "welcome"),
    Step(("escape",), "RUNNING", None, 60.0),
    Step((), "day loss", "desk", 60.0),
    Step(("b", *typed("0.01")), "after", "ticket"),
    Step(("enter",), "Send BUY", "review"),
    Step(("down", "enter"), "1 open", "bought"),
    Step(("3",), "done 1", "jobs", 300.0),
    Step(("ctrl+o", "j", "down", "e"), "Job", "explained"),
    Step(("escape", "4", "ctrl+o", "v", "down", "h"), "HALTED venue", None),
    Step(("ctrl+o", "a", "down", "k"), "seen", "alarm"),
    Step(("ctrl+k",), "every venue has confirmed", "halted"),
    Step(("F", *typed("flatten"), "enter"), "FLAT, verified", "flat", 60.0),
    Step(("escape", "p"), "resume", "resume"),
    Step((*typed("resume"), "tab", *typed("prices checked"), "enter"), "RUNNING"),
    Step(("1",), "Positions"),
)

COMING_BACK: Final[tuple[Step, ...]] = (Step((), "While you were away", "away"),)


async def walk(
    app: ConsoleApp, pilot: Pilot[ExitChoice], steps: Sequence[Step], photograph: Callable[[str], None]
) -> None:
    """Press the keys of each step, wait for its text and have its picture taken.

    Raises
    ------
    WalkError
        A text did not come in time; the error holds what was shown instead.
    """
    for number, step in enumerate(steps, start=1):
        for key in step.keys:
            await pilot.press(key)
            await asyncio.sleep(KEY_APART_S)
        loop = asyncio.get_running_loop()
        latest_s = loop.time() + step.within_s
        while step.until not in (shown := screen_text(app)):
            if loop.time() > latest_s:
                pressed = " ".join(step.keys) or "nothing"
                raise WalkError(f"step {number}, {pressed} pressed: {step.until!r} is not in:\n{shown}")
            await asyncio.sleep(LOOKED_AGAIN_S)
        if step.picture is not None:
            photograph(step.picture)


def screen_text(app: ConsoleApp) -> str:
    """Return what is on the screen as one text, with single spaces."""
    return _SPACES.sub(" ", html.unescape(_TAG.sub(" ", app.export_screenshot(simplify=True))).replace("\xa0", " "))
