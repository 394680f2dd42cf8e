"""Whatever happens to a terminal, each cell of it ends as a whole paint shows it: character, colour, struck through."""

import random
from collections.abc import Iterator
from typing import NamedTuple

import pyte
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from rich.color import ColorSystem
from rich.style import Style
from textual.geometry import Size

from tests.console.captured_terminal import CapturedTerminal, run_on_terminal
from tests.console.driving import MEDIUM, SMALL, Desk
from tests.console.fake_link import FakeLink
from tests.console.test_terminal_picture import (
    BLANK,
    Change,
    Shown,
    cells_of,
    new_screen,
    places,
    sizes,
    strip_of,
)  # fmt: skip
from tui.console.terminal_picture import TerminalPicture

Row = list[tuple[str | None, Style | None]]


def _is_in_doubt(machine: "SentTerminal") -> bool:
    return not machine.is_trusted


class SentTerminal(RuleBasedStateMachine):
    """Frames, lost writes, other programs and new sizes in any order; after each trouble the picture is sent whole."""

    @initialize(size=sizes)
    def begin(self, size: Size) -> None:
        self.shown = Shown(size)
        self.is_trusted = True

    @rule(changes=st.lists(places, max_size=4))
    def draw(self, changes: list[Change]) -> None:
        for change in changes:
            self.shown.put(change)

    @rule(change=places)
    def lose_a_write(self, change: Change) -> None:
        """Have a stalled terminal drop what was sent."""
        screen, self.shown.screen = self.shown.screen, new_screen(self.shown.size)
        self.shown.put(change)
        self.shown.screen = screen
        self.is_trusted = False

    @rule()
    def let_another_program_write(self) -> None:
        size = self.shown.size
        pyte.Stream(self.shown.screen).feed("\x1b[H\x1b[1;4;41m" + "X界" * size.width * size.height)
        self.is_trusted = False

    @rule(size=sizes)
    def resize(self, size: Size) -> None:
        """Give the terminal another size, with what it showed moved around."""
        self.shown.screen.resize(size.height, size.width)
        self.shown.size = size
        blank: Row = [BLANK] * size.width
        rows: list[Row] = [[*row, *blank][: size.width] for row in self.shown.rows[: size.height]]
        rows += [list(blank) for _ in range(size.height - len(rows))]
        self.shown.rows = [_without_halves(row) for row in rows]
        self.is_trusted = False

    @precondition(_is_in_doubt)
    @rule(halves=st.booleans())
    def send_whole(self, *, halves: bool) -> None:
        """Send everything again, at once or with a frame in between that knows only a part."""
        self.shown.picture.forget()
        if halves:
            self.shown.put((0, 0, [("a", None)]))
        self.shown.send_all()
        self.is_trusted = True

    @invariant()
    def every_cell_is_what_a_whole_paint_shows(self) -> None:
        if self.is_trusted:
            assert cells_of(self.shown.screen) == self.shown.as_painted_whole()
            assert self.shown.picture.is_whole


def _without_halves(row: Row) -> Row:
    """Leave no wide letter that lost its other half."""
    whole = list(row)
    for x, (letter, style) in enumerate(row):
        follows = row[x + 1][0] if x + 1 < len(row) else ""
        if (letter in {"界", "🙂"}) and follows is not None:
            whole[x] = (" ", style)
    return whole


TestSentTerminal = SentTerminal.TestCase
TestSentTerminal.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


def as_painted_whole(desk: Desk, terminal: CapturedTerminal) -> list[list[tuple[object, ...]]]:
    """Return what a new terminal shows after one whole paint by the library itself."""
    screen = new_screen(Size(terminal.screen.columns, terminal.screen.lines))
    stream = pyte.Stream(screen)
    for y, strip in enumerate(desk.app.screen._compositor.render_strips()):
        stream.feed(f"\x1b[{y + 1};1H" + strip.render(desk.app.console))
    return cells_of(screen)


KEYS = (
    "1", "2", "3", "4", "5", "6", "tab", "tab", "down", "up", "z", "question_mark", "escape", "escape", "b", "7",
    "ctrl+y", "ctrl+t", "ctrl+o", "d", "i", "greater_than_sign", "t", "e", "W", "ctrl+k", "ctrl+l", "ctrl+p", "h",
)  # fmt: skip
STEPS = 10


class Step(NamedTuple):
    key: str = ""
    size: tuple[int, int] | None = None
    stale: str = ""
    moved_ticks: int = 0


def walk(seed: int) -> Iterator[Step]:
    """Yield keys, sizes and what happens to markets, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(STEPS):
        match chance.randrange(10):
            case 0:
                yield Step(size=(chance.randint(40, 150), chance.randint(12, 50)))
            case 1:
                yield Step(stale=chance.choice(["BTC/USDT:USDT@sim-a", "ETH/USDT:USDT@sim-b"]))
            case 2:
                yield Step(moved_ticks=chance.randint(-30, 30))
            case _:
                yield Step(key=chance.choice(KEYS))


@pytest.mark.parametrize("seed", range(4))
def test_every_cell_of_the_terminal_is_what_a_whole_paint_shows_whatever_is_pressed(seed: int) -> None:
    async def script(desk: Desk, terminal: CapturedTerminal) -> None:
        for step in walk(seed):
            if step.size is not None:
                terminal.resize(*step.size)
                await desk.pilot.resize_terminal(*step.size)
            elif step.stale:
                desk.link.stale ^= {step.stale}
            elif step.moved_ticks:
                desk.link.moved_ticks = step.moved_ticks
            await desk.press(*([step.key] if step.key else []))
            await desk.frame()
            assert cells_of(terminal.screen) == as_painted_whole(desk, terminal), step

    run_on_terminal(script, FakeLink(), SMALL if seed % 2 else MEDIUM, is_low_bandwidth=seed >= 2)


@pytest.mark.parametrize("text", ["a\x1b[2Jb", "a\nb", "a\x07\x9b5mb", "\x1b]2;LIVE\x07", "a\x7f", "\u0301\x1bc"])
def test_no_control_character_of_a_text_gets_to_the_terminal(text: str) -> None:
    picture = TerminalPicture()
    sent = picture.difference([(0, 0, strip_of([(text, None)]))], Size(40, 1), ColorSystem.TRUECOLOR)
    for sequence in ("\x1b[m", "\x1b[1;1H"):
        sent = sent.replace(sequence, "", 1)
    assert not [each for each in sent if ord(each) < 0x20 or 0x7F <= ord(each) <= 0x9F], sent
