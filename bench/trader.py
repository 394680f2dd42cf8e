"""The keys of a trader through a day: where they look each minute, and what they open, ask and close there."""

from collections import deque
from collections.abc import Iterator
from typing import Final

from textual import events

from tui.console.app import ConsoleApp

FRAMES_A_MINUTE: Final = 600
FRAMES_BETWEEN_KEYS: Final = 6
CYCLE_MINUTES: Final = 10
"""After so many minutes every desk was on the screen, and every kind of dialog once."""
_PLACES: Final = (  # four minutes of ten on all fifty books, one on each desk
    ("2", "W", "z"), (), (), (), ("1",), ("2",), ("3",), ("4",), ("5",), ("6",),
)  # fmt: skip
_DEEDS: Final[tuple[tuple[str, ...], ...]] = (
    ("question_mark", "down", "down", "escape"),
    ("comma", "down", "escape"),
    ("ctrl+p", "h", "e", "escape", "escape"),
    ("P", "escape", "W", "escape"),
    ("tab", "down", "up", "right_square_bracket", "b", "tab", "tab", "escape", "c"),
    ("tab", "tab", "I", "down", "escape", "left_square_bracket", "d", "i"),
    ("tab", "down", "e", "escape", "E", "E", "ctrl+e", "escape"),
    ("ctrl+o", "a", "down", "k", "e", "escape", "K", "escape"),
    ("ctrl+o", "c", "left", "left", "t", "T", "escape", "N", "escape", "y"),
    ("ctrl+o", "l", "up", "up", "escape", "Y", "ctrl+s", "ctrl+y", "ctrl+y", "w", "escape"),
)
_NOW_AND_THEN: Final[tuple[tuple[str, ...], ...]] = (("ctrl+t",), ("a", "down", "enter", "A"), ("ctrl+l",), ("A",))
_CHARACTERS: Final = {"question_mark": "?", "comma": ",", "right_square_bracket": "]", "left_square_bracket": "["}


class Trader:
    """Presses a key every few frames, one minute's script after the other."""

    def __init__(self, app: ConsoleApp) -> None:
        self._app = app
        self._frames = 0
        self._script: deque[str] = deque()
        self.pressed = 0

    def frame(self) -> None:
        """Press what is due; called once before each frame."""
        if self._frames % FRAMES_A_MINUTE == 0:
            self._script.extend(_keys_of(self._frames // FRAMES_A_MINUTE))
        self._frames += 1
        if self._script and self._frames % FRAMES_BETWEEN_KEYS == 0:
            self._press(self._script.popleft())

    def _press(self, key: str) -> None:
        character = _CHARACTERS.get(key, key if len(key) == 1 else None)
        event = events.Key(key, character)
        event.set_sender(self._app)
        self._app.post_message(event)
        self.pressed += 1


def _keys_of(minute: int) -> Iterator[str]:
    """Yield a minute's keys; a page that jumped up in between is closed first."""
    place = minute % CYCLE_MINUTES
    yield "escape"
    yield from _PLACES[place]
    yield from _DEEDS[place]
    cycle = minute // CYCLE_MINUTES
    if place == CYCLE_MINUTES - 1:
        yield from _NOW_AND_THEN[cycle % len(_NOW_AND_THEN)]
