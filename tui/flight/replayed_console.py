"""A console that shows a recording: it draws when it is told to, and nothing that it does leaves it."""

from pathlib import Path
from typing import cast

from core.config.console_words import BellLevel, ThemeName, UpColour
from core.control.commands import AnyCommand, CommandResult
from tui.console.actions import BY_NAME
from tui.console.app import ConsoleApp
from tui.console.exit_choice import ExitChoice
from tui.console.files import ConsoleFiles
from tui.console.hands import Hands
from tui.console.key_map import KeyMap
from tui.console.own_traffic import Sent
from tui.console.sender import ANSWER_AFTER_S, CommandSender, failed_result
from tui.console.settings import ConsoleSettings
from tui.flight.entries import SessionHeader
from tui.flight.replay_link import ReplayClock, ReplayLink, ReplayMemory


class ReplaySender(CommandSender):
    """Waits for answers by the recording's clock."""

    def __init__(self, link: ReplayLink, clock: ReplayClock, console: "ReplayedConsole", who: str) -> None:
        super().__init__(link, who, console.say)
        self._replay, self._clock, self._console = link, clock, console
        self._overdue_ns: dict[str, int] = {}

    async def _carry_out(self, command: AnyCommand, what: str) -> CommandResult:
        self._overdue_ns[what] = self._clock.monotonic_ns() + int(ANSWER_AFTER_S * 1e9)
        try:
            result = await self._replay.execute(command)
        except ValueError as error:  # an answer of another version
            result = failed_result(error)
        self._overdue_ns.pop(what, None)
        self._tell(what, result)
        return result

    def give_up(self) -> None:
        """Wait for no answer any more: the replay is over."""
        for task in list(self._running):
            task.cancel()

    def look(self) -> None:
        """Say of commands without an answer what the trader was told of them."""
        for what in [what for what, at_ns in self._overdue_ns.items() if at_ns <= self._clock.monotonic_ns()]:
            del self._overdue_ns[what]
            self._warn(what)


class ReplayHands(Hands):
    """Says what the trader was told, and writes nothing."""

    def _write_out(self, path: Path, text: str) -> None:
        """Leave the file unwritten: it was written then."""


class ReplayedConsole(ConsoleApp):
    """Shows a recorded session from its beginning, or from a kept screen (`is_begun_later`)."""

    def __init__(self, header: SessionHeader, *, is_begun_later: bool, native_colours: bool) -> None:
        self.clock = ReplayClock(header)
        self.replay_link = ReplayLink(header)
        self._is_told_to_draw = False
        self.sent_then: Sent | None = None
        files = ConsoleFiles(ReplayMemory(header, is_begun_later=is_begun_later), Path(header.exports_dir))
        super().__init__(
            self.replay_link,
            clock=self.clock,
            settings=_settings(header),
            who=header.who,
            native_colours=native_colours,
            files=files,
        )
        self.replay_sender = ReplaySender(self.replay_link, self.clock, self, header.who)
        self.sender = self.replay_sender
        self.hands = ReplayHands(self)

    async def draw_frame(self) -> None:
        """Draw what the recording shows; of itself the console draws nothing."""
        if self._is_told_to_draw:
            await super().draw_frame()

    async def draw_recorded_frame(self) -> None:
        self.replay_sender.look()
        self._is_told_to_draw = True
        try:
            await super().draw_frame()
        finally:
            self._is_told_to_draw = False

    def _sent(self) -> Sent | None:
        return self.sent_then

    def exit(self, result: ExitChoice | None = None, return_code: int = 0, message: object = None) -> None:
        """Stay: the recording ends with this, the replay does not."""

    def bell(self) -> None:
        """Ring for nobody."""

    def copy_to_clipboard(self, text: str) -> None:
        """Leave the viewer's clipboard alone."""


def _settings(header: SessionHeader) -> ConsoleSettings:
    return ConsoleSettings(
        frame_period_s=header.frame_period_s,
        timeframe=header.timeframe,
        theme=cast("ThemeName", header.theme),
        up=cast("UpColour", header.up),
        is_low_bandwidth=header.is_low_bandwidth,
        has_mouse=header.has_mouse,
        bell=cast("BellLevel", header.bell),
        usual_period_s=header.usual_period_s,
        config_file=header.config_file,
        origins=header.origins,
        keys=KeyMap({name: keys for name, keys in header.keys.items() if name in BY_NAME}),
        is_recorded=False,
    )
