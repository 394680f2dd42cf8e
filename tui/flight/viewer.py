"""`seraphim-tui --replay-session`: the screen around a recorded console."""

import os
import time
from collections.abc import Awaitable, Callable
from typing import ClassVar, Final

from textual import events
from textual.app import App, ComposeResult
from textual.binding import BindingType

from tui.console.dialogs.dialog import Lines
from tui.flight.canvas import Canvas
from tui.flight.player import Player
from tui.flight.reel import Reel
from tui.flight.replay_times import typed_time
from tui.flight.session_form import Session, SessionFileError
from tui.flight.stage import StageError
from tui.flight.viewer_keys import BY_KEY, REPLAY_KEYS, SPEEDS
from tui.panes.looks import Looks
from tui.panes.palettes import palette_for
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span, plain
from tui.present.replay import ReplayView, banner_line, bar_lines, mark_text

TICK_S: Final = 0.05
WORK_S: Final = 0.035  # of a tick, for drawing every frame; then they are passed over
EXACT_UP_TO: Final = 2.0  # at this speed none ever is: the replay falls behind instead
MOST_BEHIND_S: Final = 0.5
MOST_ASKED: Final = 3  # steps that wait while one is taken: a held key must not go on for long after it
_MARK_SHOWN_NS: Final = 3_000_000_000
_TWO_ROWS_FROM: Final = 30  # rows of the terminal


class Viewer(App[int], inherit_bindings=False):
    """Shows a recorded console as a picture. Keys work the replay; none reaches the console."""

    TITLE = "REPLAY seraphim"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []
    CSS = """
    Screen { layout: vertical; layers: default above; align: center middle; overflow: hidden;
             background: $background; }
    #banner, #bar { height: 1; width: 1fr; }
    Canvas { width: 1fr; height: 1fr; }
    #help { layer: above; width: 76; height: auto; border: round $accent; display: none; background: $background; }
    """

    def __init__(self, session: Session, *, native_colours: bool | None = None) -> None:
        native = os.environ.get("COLORTERM") not in {"truecolor", "24bit"} if native_colours is None else native_colours
        super().__init__(ansi_color=native)
        self.looks = Looks(palette_for("dark", "green"))
        self.ansi_theme_dark = self.ansi_theme_light = self.looks.palette.terminal
        self.session = session
        self.player = Player(Reel(session), native_colours=native, alive=self._is_to_go_on)
        self.canvas = Canvas()
        self.banner, self.bar, self.help_page = Lines(), Lines(), Lines()
        self.speed = 1.0
        self.is_playing = False
        self.prompt: str | None = None
        self.note = session.cut
        self._going: float | None = None
        self._is_stopped = False  # a long way, by the viewer
        self.is_busy = False
        self._asked: list[Callable[[], Awaitable[object]]] = []
        self._anchor = (0.0, 0)  # the steady clock, and the recording's time then

    def compose(self) -> ComposeResult:
        self.banner.id, self.bar.id, self.help_page.id = "banner", "bar", "help"
        yield self.banner
        yield self.canvas
        yield self.bar
        yield self.help_page

    async def on_mount(self) -> None:
        if self._driver is not None:
            self._driver.write(f"\x1b]2;{self.TITLE}\x07")
        self.help_page.put([EMPTY_LINE, *_help_lines(), EMPTY_LINE, plain(" Any key goes back.", Ink.QUIET)])
        await self._do(self.player.to_start)
        self.set_interval(TICK_S, self._tick)

    async def on_unmount(self) -> None:
        await self.player.close()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key):
            if not event.is_forwarded:
                self.pressed(event)
        else:
            await super().on_event(event)

    def on_resize(self) -> None:
        self.call_after_refresh(self.show)

    def pressed(self, event: events.Key) -> None:
        """Do what a key does here."""
        if self.help_page.display:
            self.help_page.display = False
        elif self.prompt is not None:
            self._type(event)
        elif event.key == "escape":
            self._is_stopped = True
        elif (key := BY_KEY.get(event.key)) is not None:
            key.run(self)
        self.show()

    def play_or_pause(self) -> None:
        if self.is_playing:
            self.pause()
        elif self.player.is_at_end:
            self._ask(self.player.to_start)
            self._play()
        else:
            self._play()

    def _play(self) -> None:
        self.is_playing = True
        self._set_anchor()

    def pause(self) -> None:
        if self.is_playing:
            self.is_playing = False
            self._ask(self.player.make_exact)

    def step(self) -> None:
        self.pause()
        self._ask(self.player.step)

    def step_back(self) -> None:
        self.pause()
        self._ask(self.player.step_back)

    def faster(self) -> None:
        self._change_speed(1)

    def slower(self) -> None:
        self._change_speed(-1)

    def _change_speed(self, step: int) -> None:
        self.speed = SPEEDS[min(max(SPEEDS.index(self.speed) + step, 0), len(SPEEDS) - 1)]
        self._set_anchor()

    def to_start(self) -> None:
        self._ask(self.player.to_start)

    def to_end(self) -> None:
        self.is_playing = False
        self._ask(self.player.to_end)

    def next_mark(self) -> None:
        self.is_playing = False
        self._ask(self.player.next_mark)

    def previous_mark(self) -> None:
        self.is_playing = False
        self._ask(self.player.previous_mark)

    def ask_time(self) -> None:
        self.prompt = ""

    def move_picture(self, columns: int, rows: int) -> None:
        self.canvas.move(columns, rows)

    def show_help(self) -> None:
        self.help_page.display = True

    def leave(self) -> None:
        self.exit(0)

    def _type(self, event: events.Key) -> None:
        typed = self.prompt or ""
        if event.key == "escape":
            self.prompt = None
        elif event.key == "backspace":
            self.prompt = typed[:-1]
        elif event.key == "enter":
            self.prompt = None
            self._go_to_typed(typed)
        elif event.character is not None and event.is_printable and len(typed) < 20:
            self.prompt = typed + event.character

    def _go_to_typed(self, typed: str) -> None:
        try:
            at_ns = typed_time(typed, started_utc_ns=self.session.header.started_utc_ns, at_ns=self.player.shown.at_ns)
        except ValueError as error:
            self.note = str(error)
        else:
            self._ask(lambda: self.player.seek(at_ns))

    def _ask(self, work: Callable[[], Awaitable[object]]) -> None:
        """Have something done as soon as what is being done has ended."""
        if len(self._asked) < MOST_ASKED:
            self._asked.append(work)
        if not self.is_busy:
            self.call_next(self._work)

    async def _work(self) -> None:
        while self._asked and not self.is_busy:
            await self._do(self._asked.pop(0))

    async def _do(self, work: Callable[[], Awaitable[object]]) -> None:
        self.is_busy, self._is_stopped = True, False
        try:
            await work()
            self.note = self._end_note()
        except (SessionFileError, StageError) as error:
            self.is_playing, self.note = False, str(error)
        finally:
            self.is_busy, self._going = False, None
        self._set_anchor()
        self.show()

    async def _tick(self) -> None:
        if self._asked:
            await self._work()
        if not self.is_playing or self.is_busy:
            return
        began, at_ns = self._anchor
        due_ns = at_ns + int((time.monotonic() - began) * self.speed * 1e9)
        until = time.monotonic() + WORK_S
        self.is_busy = True
        try:
            await self.player.run_to(due_ns, may_go_on=lambda: self.speed <= EXACT_UP_TO or time.monotonic() < until)
        except (SessionFileError, StageError) as error:
            self.is_playing, self.note = False, str(error)
        finally:
            self.is_busy = False
        if self.player.is_at_end:
            self.is_playing, self.note = False, self._end_note()
        if time.monotonic() - until > MOST_BEHIND_S:
            self._set_anchor()
        self.show()

    def _set_anchor(self) -> None:
        self._anchor = (time.monotonic(), self.player.shown.at_ns if self.player.has_picture else 0)

    def _is_to_go_on(self, share: float) -> bool:
        self._going = share
        self.show()
        return not self._is_stopped

    def _end_note(self) -> str:
        if not self.player.is_at_end:
            return ""
        if self.session.cut:
            return f"END: {self.session.cut}"
        return "END" if self.session.has_end else "END: the console ended here without a word"

    def show(self) -> None:
        """Show where the replay is."""
        if not (self.player.has_picture and self.is_running):
            return
        width, rows = self.size.width, 2 if self.size.height >= _TWO_ROWS_FROM else 1
        self.canvas.show(self.player.shown.rows)
        view = self._view()
        self.banner.put([banner_line(view, width)])
        keys = [(key.shown, key.label) for key in REPLAY_KEYS]
        self.bar.put(bar_lines(view, keys, width, rows))

    def _view(self) -> ReplayView:
        shown, header = self.player.shown, self.session.header
        last, following = self.player.marks_around()
        is_new = last is not None and shown.at_ns - last.at_ns <= _MARK_SHOWN_NS
        return ReplayView(
            recorded_mode=self.session.mode,
            who=header.who,
            place=header.place,
            utc_ns=header.started_utc_ns + shown.at_ns,
            at_ns=shown.at_ns,
            last_ns=self.player.reel.last_ns,
            speed=self.speed,
            is_playing=self.is_playing,
            is_exact=shown.is_exact,
            is_cut=self.canvas.is_cut,
            last_mark=mark_text(last.kind, last.text) if last is not None and is_new else "",
            next_mark="" if following is None else mark_text(following.kind, following.text),
            note=self.note,
            going_share=self._going,
            prompt=self.prompt,
        )


def _help_lines() -> list[Line]:
    return [(Span(f" {key.shown:<7}", Ink.REPLAY, Decor.BOLD), Span(key.help)) for key in REPLAY_KEYS]
