"""A console that is recorded: what reaches it is noted before it acts on it."""

from pathlib import Path
from typing import Any

import msgspec
from textual import events
from textual.widgets import Input

from core.ports.clock import Clock
from core.ports.control import EngineLink
from tui.console.actions import ACTIONS
from tui.console.app import ConsoleApp
from tui.console.exit_choice import ExitChoice
from tui.console.files import ConsoleFiles
from tui.console.key_names import key_text
from tui.console.own_traffic import Sent
from tui.console.settings import DEFAULTS, ConsoleSettings
from tui.flight.console_state import is_calm, kept_screen
from tui.flight.entries import SessionHeader
from tui.flight.recorder import FlightRecorder, Limits
from tui.flight.recording_link import NotingClock, RecordingLink


class RecordedConsole(ConsoleApp):
    """Records itself into a folder; whatever goes wrong with that, it works on."""

    def __init__(
        self,
        link: EngineLink,
        *,
        clock: Clock,
        files: ConsoleFiles,
        folder: Path,
        version: str,
        who: str,
        settings: ConsoleSettings = DEFAULTS,
        native_colours: bool | None = None,
    ) -> None:
        noting = NotingClock(clock)
        header = _header(link, files, settings, version, who)
        limits = Limits(settings.recording_bytes, settings.recordings_kept)
        self.recorder = FlightRecorder(folder, header, clock, limits)
        super().__init__(
            RecordingLink(link, self.recorder, noting),
            clock=noting,
            settings=settings,
            who=who,
            native_colours=native_colours,
            files=files,
        )

    async def run_async(self, *args: Any, **options: Any) -> ExitChoice | None:
        try:
            return await super().run_async(*args, **options)
        finally:
            self.recorder.close()

    async def on_event(self, event: events.Event) -> None:
        try:
            if not getattr(event, "is_forwarded", False) and not self._is_secret(event):
                self.recorder.happened(event)
        except Exception as error:  # no key may get lost for it
            self.recorder.fail(error)
        await super().on_event(event)

    def _sent(self) -> Sent | None:
        sent = super()._sent()
        self.recorder.sent = None if sent is None else (sent.byte_count, sent.dropped_count)
        return sent

    def _is_secret(self, event: events.Event) -> bool:
        """Tell whether something is typed into a field that hides it."""
        is_text = isinstance(event, events.Paste) or (isinstance(event, events.Key) and event.is_printable)
        return is_text and isinstance(self.focused, Input) and self.focused.password

    async def draw_frame(self) -> None:
        await super().draw_frame()
        try:
            if self.recorder.is_due() and is_calm(self):
                self.recorder.keep_screen(kept_screen(self))
        except Exception as error:  # a screen that cannot be kept must not stop the next frame
            self.recorder.fail(error)


def _header(link: EngineLink, files: ConsoleFiles, settings: ConsoleSettings, version: str, who: str) -> SessionHeader:
    memory, problem = files.memory.load()
    return SessionHeader(
        version=version,
        started_utc_ns=0,
        started_ns=0,
        who=who,
        console=link.console_id,
        place=link.place,
        is_hosted=link.is_hosted,
        frame_period_s=settings.frame_period_s,
        timeframe=settings.timeframe,
        theme=settings.theme,
        up=settings.up,
        is_low_bandwidth=settings.is_low_bandwidth,
        has_mouse=settings.has_mouse,
        keys={action.name: [key_text(key) for key in settings.keys.keys_of(action)] for action in ACTIONS},
        memory=b"" if memory is None else msgspec.json.encode(memory),
        memory_problem=problem,
        exports_dir=str(files.exports_dir),
        bell=settings.bell,
        usual_period_s=settings.usual_period_s,
        config_file=settings.config_file,
        origins=dict(settings.origins),
    )
