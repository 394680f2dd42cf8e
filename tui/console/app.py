"""The console: a client of an engine link that shows snapshots and sends commands."""

import asyncio
import logging
import os
import re
import traceback
from collections.abc import Iterable

from rich.text import Text
from textual import events
from textual.app import ComposeResult, SystemCommand
from textual.errors import NoWidget
from textual.geometry import Size
from textual.screen import Screen
from textual.timer import Timer

from core.config.console_words import UpColour
from core.io.console_id import user_name
from core.io.redaction import redact
from core.ports.clock import Clock
from core.ports.control import EngineLink
from core.state.desk import DeskRequest
from tui.console import dialogs
from tui.console.actions import ACTIONS, BY_NAME, Action
from tui.console.alarm_bell import AlarmBell
from tui.console.bars import FooterBar, HeaderBar, MessageBar, TooSmall
from tui.console.charting import with_charts
from tui.console.desk_area import DeskArea
from tui.console.desk_screen import DeskScreen
from tui.console.desks import is_too_small
from tui.console.dialog_stack import DialogStack, Engine
from tui.console.dialogs.dialog import DIALOG_CSS
from tui.console.exit_choice import ExitChoice
from tui.console.files import ConsoleFiles
from tui.console.frame_faults import FrameFaults
from tui.console.freshness_watch import FreshnessWatch
from tui.console.garbage import GarbageRounds
from tui.console.hands import Hands
from tui.console.key_names import key_label
from tui.console.key_repeat import KeyRepeat
from tui.console.layouts import remembered
from tui.console.memory import ConsoleMemory
from tui.console.messages import Messages
from tui.console.own_traffic import Sent
from tui.console.selection import Selection
from tui.console.sender import CommandSender
from tui.console.setting_table import put_saved
from tui.console.settings import DEFAULTS, ConsoleSettings
from tui.console.sparing_app import SparingApp
from tui.console.stall_proof_driver import StallProofDriver
from tui.console.tour import TOUR_TITLE, tour_lines
from tui.panes.ladder import LadderPane
from tui.panes.looks import Looks
from tui.panes.palettes import palette_for
from tui.panes.view import View
from tui.present.export import utc_text
from tui.present.freshness import Thing, stale_things
from tui.present.ladder_window import Recentring

_LOG = logging.getLogger(__name__)
UNWATCHED_PACE = 2
STALE_SEEN_WITHIN_S = 0.2
FUNCTION_KEY = re.compile(r"f\d+")


class ConsoleApp(SparingApp[ExitChoice], inherit_bindings=False):
    """Show an engine and hand it a trader's commands.

    Run with ``await ConsoleApp(link, clock=clock).run_async()`` on the engine's own loop; the result says how the
    trader left. Everything shown comes from ``link.latest()``, everything done goes through ``link.execute()``.
    """

    TITLE = "seraphim"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    ESCAPE_TO_MINIMIZE = False
    CSS = f"""
    Screen {{ layout: vertical; layers: default above; align: center middle; overflow: hidden;
              background: $background; }}
    HeaderBar, MessageBar, FooterBar {{ height: 1; width: 1fr; }}
    TooSmall {{ width: 1fr; height: 1fr; display: none; }}
    {DIALOG_CSS}
    """

    def __init__(
        self,
        link: EngineLink,
        *,
        clock: Clock,
        settings: ConsoleSettings = DEFAULTS,
        who: str | None = None,
        recentring: Recentring = Recentring.WHEN_TOUCH_LEAVES,
        native_colours: bool | None = None,
        files: ConsoleFiles | None = None,
    ) -> None:
        native = os.environ.get("COLORTERM") not in {"truecolor", "24bit"} if native_colours is None else native_colours
        super().__init__(ansi_color=native)
        self._is_native = native
        self._has_few_colours = native or settings.is_low_bandwidth  # a full colour takes thrice the bytes
        self.looks = Looks()
        self.up: UpColour = settings.up
        self.painted = asyncio.Event()  # the terminal shows the desk, though it may still wait for an engine
        self.put_on(Looks(palette_for(settings.theme, settings.up)))
        self._is_as_begun = True  # nothing else was put on since
        self.stylesheet.set_variables(self.get_css_variables())
        self.link = link
        self.settings = settings
        self._clock = clock
        self.files = files
        self.keys = settings.keys
        self.has_mouse = settings.has_mouse
        self.drawn = settings  # how often and in which colours: as configured until the trader says otherwise
        self.saved: ConsoleMemory | None = None
        self._frame_timers: list[Timer] = []
        self._is_looked_at = True  # the terminal's window has the focus
        self._frames = 0
        self.repeat = KeyRepeat(clock)
        self.messages = Messages(clock)
        self.alarm_bell = AlarmBell(settings.bell)
        self.watch_of_link = FreshnessWatch(link, clock, settings.frame_period_s, self._sent)
        self.sender = CommandSender(link, who or f"console:{user_name()}", self.say)
        self.selection = Selection(settings.timeframe)
        self.area = DeskArea(recentring)
        self.header = HeaderBar("header")
        self.message_bar = MessageBar("message")
        self.footer = FooterBar("footer", settings.keys)
        self.too_small = TooSmall("too-small", settings.keys)
        self.view = View(None, self.watch_of_link.look(None))
        self.dialogs = DialogStack(self, self._dialog_ready, self._engine, lambda text: self.say("warning", text))
        self._held_keys: list[events.Key] = []
        self.hands = Hands(self)
        self._terminal: Size | None = None
        self._is_live: bool | None = None
        self._wanted: DeskRequest | None = None
        self._is_framing = False
        self._faults = FrameFaults(self.say)
        self._desk_screen = DeskScreen(lambda: self._is_framing)
        self._garbage = GarbageRounds(clock)
        self._is_prepared = False  # what no first picture shows is made ready by a piece a frame
        self._stale: frozenset[Thing] = frozenset()

    def put_on(self, looks: Looks) -> None:
        """Show everything in other colours, or with the trader's own numbers hidden."""
        self.looks, palette, self._is_as_begun = looks, looks.palette, False
        native = self._has_few_colours or palette.is_native
        self.ansi_color = native
        self.ansi_theme_dark = self.ansi_theme_light = palette.terminal
        theme = palette.theme
        self.register_theme(theme)
        shade = "dark" if palette.is_dark else "light"
        self.theme = f"ansi-{shade}" if native else theme.name

    def refresh_css(self, animate: bool = True) -> None:
        """Leave out what the library does before the first picture: all styles have been read in these colours."""
        if self.painted.is_set() or not self._is_as_begun:
            super().refresh_css(animate)

    def get_default_screen(self) -> Screen[None]:
        return self._desk_screen

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.area
        yield self.too_small
        yield self.message_bar
        yield self.footer

    def on_mount(self) -> None:
        self.call_after_refresh(self._focus_first)  # before a first page takes the focus, and gives it back
        self._remember()
        self._ask()
        self.arrange()
        for shown in (self.header, self.footer, *self.area.shown()):
            shown.frame(self.view)
        self.message_bar.show(self.messages.newest)
        self._time_frames()
        self.call_after_refresh(self.painted.set)

    def _remember(self) -> None:
        """Show what was saved; a console that never saved anything shows what it is first."""
        found, problem = (None, "") if self.files is None else self.files.memory.load()
        if problem:
            self.say("warning", problem)
        if found is not None:
            self.area.recall(found.desk, found.desks)
            self.area.watchlist.names = list(dict.fromkeys(found.watchlist))
            self.saved = found
            put_saved(self, found)
            if found.studies is not None:
                self.area.chart.show_studies(found.studies)
            self.selection.chosen_pair = found.pair
            for ladder, name in zip(self.area.ladders, found.ladders, strict=False):
                ladder.show(name)
        elif self.files is not None and not problem:
            self.call_after_refresh(self._show_tour)

    def _show_tour(self) -> None:
        if self.too_small.display:
            return  # it would hide what is said there; the next console shows it
        lines = tour_lines(self.keys, dialogs.PassingDialog.BOX_COLUMNS - 4)
        self.dialogs.open(dialogs.PassingDialog(TOUR_TITLE, lines, self.hands.hand_on))
        if problem := self.save_memory():
            self.say("warning", problem)

    def save_memory(self) -> str:
        """Save what the trader made of the screen; return what went wrong."""
        if self.files is None:
            return "this console has no folder to save to"
        memory = remembered(self)
        problem = self.files.memory.save(memory)
        self.saved = self.saved if problem else memory
        return problem

    def utc_stamp(self) -> str:
        """Return the time for the name of a file."""
        return utc_text(self._clock.utc_ns())[:23].replace(":", "").replace("-", "").replace(".", "-")

    def _focus_first(self) -> None:
        shown = self.area.shown()
        ladder = self.area.ladders[0]
        (ladder if ladder in shown else shown[0]).focus()

    async def draw_frame(self) -> None:
        """Take the newest snapshot and let every pane that is due draw; the loop breathes between panes."""
        if self._is_framing:
            return
        self._is_framing, is_painted = True, self.painted.is_set()
        try:
            snapshot = self.link.latest()
            look = self.watch_of_link.look(snapshot)
            has_dialog = self.dialogs.top is not None
            stale_before, self._stale = self._stale, stale_things(snapshot, look.snapshot_age_s)
            self.view = View(
                snapshot,
                look,
                self.messages.lines,
                self.view.jump_letters,
                has_dialog=has_dialog,
                has_new_stale=not self._stale <= stale_before,
                filled=self.keys.filled,
                pace=self._pace(),
            )
            for part in (self._take_notices, self._follow, self._frame_bars, self._frame_dialog):
                self._faults.guard(part)
            self.area.look_aside(self.view)
            for pane in self.area.shown():
                if pane.display:  # else put away since, and with this view it would come back as it was now
                    pane.frame(self.view)
                await asyncio.sleep(0)
        except Exception as error:  # whatever is wrong with one frame, the keys must go on working
            self._faults.tell(self.draw_frame, error)
        finally:
            self._is_framing = False
            self._desk_screen.paint_after_frame()
        if is_painted and not self._is_prepared:
            self._is_prepared = not (dialogs.load_one_more() or self.area.mount_one_more())
        self._garbage.frame()

    async def look_for_stale(self) -> None:
        """Draw between slow frames where something turned stale: nothing old may look fresh until the next one."""
        snapshot = self.link.latest()
        if not stale_things(snapshot, self.watch_of_link.age_s(snapshot)) <= self._stale:
            await self.draw_frame()

    def engine_now_ns(self) -> int:
        """Return the engine's time of this moment: that of a frame may be a second behind."""
        return self.view.engine_ns + self.watch_of_link.since_frame_ns()

    def _engine(self) -> Engine | None:
        """Return which engine there is now, by the link's newest picture: the frame's may be an older one."""
        snapshot = self.link.latest()
        return None if snapshot is None else (snapshot.engine_id, snapshot.monitoring.global_.trading_mode)

    def _sent(self) -> Sent | None:
        return self._driver.sent if isinstance(self._driver, StallProofDriver) else None

    def _pace(self) -> int:
        return self.drawn.pace if self._is_looked_at else UNWATCHED_PACE * self.drawn.pace

    def draw_like(self, settings: ConsoleSettings) -> None:
        """Draw as often, and in as many colours, as these settings say; everything else of them is left."""
        self.drawn = settings
        self._has_few_colours = self._is_native or settings.is_low_bandwidth
        self.watch_of_link.expect_frames_every(settings.frame_period_s)
        self.put_on(self.looks)
        if self._frame_timers:
            self._time_frames()
            self.call_after_refresh(self.paint_anew)

    def _time_frames(self) -> None:
        """Draw at the pace that is set, and look in between for what turns stale where that is slow."""
        for timer in self._frame_timers:
            timer.stop()
        self._frame_timers = [self.set_interval(self.drawn.frame_period_s, self.draw_frame)]
        if self.drawn.frame_period_s > STALE_SEEN_WITHIN_S:
            self._frame_timers.append(self.set_interval(STALE_SEEN_WITHIN_S, self.look_for_stale))

    def _frame_bars(self) -> None:
        is_due = self._frames % self.view.pace == 0 or self.view.link.is_late
        self._frames += 1
        if is_due:
            for bar in (self.header, self.footer, self.too_small):
                bar.frame(self.view)
        self.message_bar.show(self.messages.newest, self.sender.waiting_for)

    def on_app_blur(self) -> None:
        """Draw less often while the trader types elsewhere."""
        self._is_looked_at = False

    def on_app_focus(self) -> None:
        self._is_looked_at = True

    def _take_notices(self) -> None:
        for notice in self.link.take_notices():
            self.say("warning", notice)

    def _frame_dialog(self) -> None:
        if self.dialogs.top is not None:
            self.dialogs.top.frame(self.view)

    def _follow(self) -> None:
        snapshot = self.view.snapshot
        if snapshot is None:
            return
        self.messages.follow(self.view.engine_ns)
        monitoring = snapshot.monitoring
        is_starting = monitoring.global_.system_status == "starting"  # what a start goes through is no news
        if not is_starting and self.alarm_bell.rings_for(monitoring.alerts, snapshot.engine_ns):
            self.bell()
        if self.selection.take(snapshot.instruments, self.area.ladders):
            self._ask()
        self.hands.look_at_return(snapshot)
        if self._is_live != self.view.is_live:
            self._is_live = self.view.is_live
            self._write_title()

    def _fatal_error(self) -> None:
        """Leave with a traceback in plain words: Textual's own shows local variables, and those may hold a key."""
        self.bell()
        self.panic(Text(redact(traceback.format_exc())))

    def _write_title(self) -> None:
        """Say PAPER or LIVE in the terminal's title too: OSC 2, ended by BEL."""
        self.title = f"{'◆ LIVE' if self._is_live else 'PAPER'} seraphim"
        if self._driver is not None:
            self._driver.write(f"\x1b]2;{self.title}\x07")

    def take_terminal_back(self) -> None:
        """Show what is now where something else had the terminal meanwhile; what was before may be old."""
        self.call_next(self._take_terminal_back)

    async def _take_terminal_back(self) -> None:
        await self.draw_frame()
        self.paint_terminal_anew()
        if self._is_live is not None:
            self.call_after_refresh(self._write_title)  # a shell writes its own

    def _ask(self) -> None:
        shown = self.area.shown()
        ladders = [ladder for ladder in self.area.ladders if ladder in shown]
        has_tape, has_timeline, has_account = (
            self.area.panes[name] in shown for name in ("tape", "timeline", "account")
        )
        request = self.selection.request(ladders, has_tape=has_tape, has_timeline=has_timeline, has_account=has_account)
        request = with_charts(request, self.area, self.selection)
        if request != self._wanted:
            self._wanted = request
            self.link.want(request)

    def arrange(self) -> None:
        """Lay the desk out for the size and desk at hand, and ask the engine for what it shows."""
        width, height = self._terminal or self.size
        is_small = is_too_small(width, height)
        self.too_small.display = is_small
        for widget in (self.area, self.header, self.footer, self.message_bar):
            widget.display = not is_small
        self.header.fit_width(width)
        self.area.show(self.area.desk, self.area.zoomed, width, height)
        self._ask()

    def on_resize(self, event: events.Resize) -> None:
        self._terminal = event.size  # this handler runs before the library takes the new size over
        self.arrange()

    def paint_anew(self) -> None:
        """Draw everything now, unchanged rows too: they look different."""
        for pane in self.area.panes.values():
            pane.forget()
        self.repaint()
        self.screen.refresh()
        for dialog in self.query("Lines, Bar"):
            dialog.refresh()

    def repaint(self) -> None:
        """Draw every shown pane now, with the view at hand."""
        for pane in self.area.shown():
            pane.frame(self.view)
            pane.paint()

    def say(self, level: str, text: str) -> None:
        """Answer the trader: in the message line, and for good in the log."""
        self.messages.add(level, self.keys.filled(text) if level == "hint" else text)
        self.message_bar.show(self.messages.newest)

    def wants_changed(self) -> None:
        """Ask the engine for other books or another chart."""
        self._ask()

    async def on_event(self, event: events.Event) -> None:
        """Hand keys out in the order they were pressed: panes have no keys of their own, so none goes to them."""
        if isinstance(event, events.MouseEvent) and not event.is_forwarded and self._is_beside_dialog(event):
            return
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif (action := self.keys.action_of(event, everywhere=True)) is not None:
            self.repeat.heard(event.key)
            self._act_by_key(action)
        elif self._is_early():
            self._held_keys.append(event)
        else:
            await self._hand_out(event)

    def _is_beside_dialog(self, event: events.MouseEvent) -> bool:
        """Tell whether an open dialog keeps the mouse from what it points at: nothing below may change meanwhile."""
        top = self.dialogs.top
        if top is None or len(self.screen_stack) > 1:
            return False
        try:
            widget, _ = self.get_widget_at(event.x, event.y)
        except NoWidget:
            return True
        return top not in widget.ancestors_with_self

    def on_ladder_pane_touched(self, touch: LadderPane.Touched) -> None:
        self.hands.touched(touch)

    def report_mouse(self, *, is_on: bool) -> None:
        """Have the terminal report the mouse, or keep it to itself."""
        self.has_mouse = is_on
        if isinstance(self._driver, StallProofDriver):
            self._driver.report_mouse(is_on=is_on)

    async def _hand_out(self, key: events.Key) -> None:
        self.repeat.heard(key.key)
        if self.dialogs.top is not None or len(self.screen_stack) > 1:  # a dialog or the command palette
            await super().on_event(key)
        elif (action := self.keys.action_of(key, everywhere=False)) is not None:
            self._act_by_key(action)
        elif key.is_printable or FUNCTION_KEY.fullmatch(key.key):
            self.say(
                "hint", f"{key_label(key.key)} does nothing here; {self.keys.label(BY_NAME['help'])} lists the keys"
            )

    def _act_by_key(self, action: Action) -> None:
        if action.goes_on_while_held or not self.repeat.is_repeating:
            self.action_act(action.name)

    def _is_early(self) -> bool:
        """Tell whether a key came before the dialog it is meant for can hear it: none may get lost or overtake."""
        return bool(self._held_keys) or (self.dialogs.top is not None and not self.dialogs.top.is_ready)

    def _dialog_ready(self) -> None:
        if self._held_keys:
            self.call_next(self._hand_out_held_keys)

    async def _hand_out_held_keys(self) -> None:
        """Give held keys to the dialog in their order; one of them may open the next dialog and wait again."""
        while self._held_keys and (self.dialogs.top is None or self.dialogs.top.is_ready):
            await self._hand_out(self._held_keys.pop(0))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Give the focus back to an open dialog when a click took it away."""
        top = self.dialogs.top
        if top is not None and top.is_ready and top not in event.widget.ancestors_with_self:
            self.dialogs.focus_below = event.widget
            top.regain_focus()

    def action_act(self, name: str) -> None:
        """Carry out an action of the registry; one that fails says so and the console lives on."""
        action = BY_NAME[name]
        try:
            action.run(self.hands)
        except Exception as error:  # a handler must not take the kill key down with it
            _LOG.exception("action %s failed", name)
            self.say("error", f"{action.label} failed: {type(error).__name__}: {error}")

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002 (base signature)
        """Fill the command palette from the registry alone."""
        for action in ACTIONS:
            verb = action.verb.name if action.verb is not None else action.name
            labels = self.keys.labels(action)
            title = f"{action.label}  ({labels})" if labels else action.label
            yield SystemCommand(title, f"{verb}: {action.help}", lambda name=action.name: self.action_act(name))
