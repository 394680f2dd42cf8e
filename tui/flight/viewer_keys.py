"""The keys of a replay in one table: they belong to whoever looks, never to the recorded console."""

from collections.abc import Callable
from typing import Final, Protocol

import msgspec


class ReplayControls(Protocol):
    """What the keys do."""

    def play_or_pause(self) -> None: ...
    def step(self) -> None: ...
    def step_back(self) -> None: ...
    def faster(self) -> None: ...
    def slower(self) -> None: ...
    def to_start(self) -> None: ...
    def to_end(self) -> None: ...
    def ask_time(self) -> None: ...
    def next_mark(self) -> None: ...
    def previous_mark(self) -> None: ...
    def move_picture(self, columns: int, rows: int) -> None: ...
    def show_help(self) -> None: ...
    def leave(self) -> None: ...


class ReplayKey(msgspec.Struct, frozen=True):
    keys: tuple[str, ...]
    shown: str
    label: str  # as short as the bar needs it
    help: str
    run: Callable[[ReplayControls], None]


REPLAY_KEYS: Final[tuple[ReplayKey, ...]] = (
    ReplayKey(("space",), "space", "play", "Play or pause.", lambda do: do.play_or_pause()),
    ReplayKey(("full_stop",), ".", "step", "One step forward: the next frame, key or change.", lambda do: do.step()),
    ReplayKey(("comma",), ",", "back", "One step back.", lambda do: do.step_back()),
    ReplayKey(("plus", "equals_sign"), "+", "faster", "Faster, up to 100x.", lambda do: do.faster()),
    ReplayKey(("minus",), "-", "slower", "Slower, down to 0.1x.", lambda do: do.slower()),
    ReplayKey(("n",), "n", "next", "Go to the next key pressed, fill, halt or alarm.", lambda do: do.next_mark()),
    ReplayKey(("N",), "N", "before", "Go to the one before.", lambda do: do.previous_mark()),
    ReplayKey(("g",), "g", "go to", "Go to a time: of the clock, from here, or from the beginning.",
              lambda do: do.ask_time()),
    ReplayKey(("home",), "home", "start", "Go to the beginning.", lambda do: do.to_start()),
    ReplayKey(("end",), "end", "end", "Go to the end.", lambda do: do.to_end()),
    ReplayKey(("up",), "↑", "up", "Move a picture that is larger than this terminal: up.",
              lambda do: do.move_picture(0, -5)),
    ReplayKey(("down",), "↓", "down", "The same, down.", lambda do: do.move_picture(0, 5)),
    ReplayKey(("left",), "←", "left", "The same, to the left.", lambda do: do.move_picture(-10, 0)),
    ReplayKey(("right",), "→", "right", "The same, to the right.", lambda do: do.move_picture(10, 0)),
    ReplayKey(("question_mark",), "?", "help", "Show these keys.", lambda do: do.show_help()),
    ReplayKey(("q", "ctrl+q", "ctrl+d", "ctrl+c"), "q", "leave", "Leave the replay.", lambda do: do.leave()),
)  # fmt: skip

BY_KEY: Final = {name: key for key in REPLAY_KEYS for name in key.keys}
SPEEDS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
