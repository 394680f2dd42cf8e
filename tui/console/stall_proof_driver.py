"""The terminal driver of a console that may share its process with an engine."""

import asyncio
import os
import signal
import termios
import tty
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from textual import constants
from textual.drivers.linux_driver import (
    KITTY_DISAMBIGUATE_ESCAPE_CODES,
    KITTY_REPORT_ALL_KEYS,
    KITTY_REPORT_ASSOCIATED_TEXT,
    LinuxDriver,
)

from tui.console.own_traffic import Sent
from tui.console.sparing_app import SparingApp
from tui.console.terminal_writer import TerminalWriter

if TYPE_CHECKING:
    from textual.app import App

_KITTY_FLAGS: Final = KITTY_DISAMBIGUATE_ESCAPE_CODES | KITTY_REPORT_ALL_KEYS | KITTY_REPORT_ASSOCIATED_TEXT
# Alternate screen, no cursor, focus told, and the keyboard's flags: set, not pushed once more.
_SET_AGAIN: Final = "\x1b[?1049h\x1b[?25l\x1b[?1004h" + (
    "" if constants.DISABLE_KITTY_KEY else f"\x1b[={_KITTY_FLAGS};1u"
)
_BELOW_ALL: Final = "\x1b[999;1H"  # where the shell goes on if the terminal has no screen to give back


class StallProofDriver(LinuxDriver):
    """Textual's driver, except that a stalled or lost terminal and a stop signal never hold up the loop."""

    def __init__(self, app: "App[Any]", **options: Any) -> None:
        self._writer: TerminalWriter | None = None
        super().__init__(app, **options)  # pyright: ignore[reportUnknownMemberType] - Textual leaves the app's type open
        # Stopping the process would stop the engine in it without a word.
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        # Textual's own handler would take the terminal again, also after the console has left it.
        signal.signal(signal.SIGCONT, signal.SIG_DFL)

    @property
    def sent(self) -> Sent | None:
        """Return what went to the terminal so far, None before there is one."""
        return None if self._writer is None else self._writer.sent

    def start_application_mode(self) -> None:
        super().start_application_mode()
        # Whoever stopped the process had the terminal meanwhile.
        take_back = self._from_any_thread(self._take_back)
        signal.signal(signal.SIGCONT, lambda _number, _frame: take_back())

    def stop_application_mode(self) -> None:
        signal.signal(signal.SIGCONT, signal.SIG_DFL)
        self.write(_BELOW_ALL)
        super().stop_application_mode()

    def _take_back(self) -> None:
        """Set every mode again: a shell or another program has set its own."""
        if self._is_in_front():
            self._set_attributes()
            self.write(_SET_AGAIN)
            self.report_mouse(is_on=self._mouse)
            self._enable_bracketed_paste()
            self._disable_line_wrap()
            if self._in_band_window_resize:
                self._enable_in_band_window_resize()
        self._paint_anew()

    def _is_in_front(self) -> bool:
        """Tell whether this process may set the terminal: one in the background would be stopped for it."""
        try:
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        except OSError:
            return False

    def _set_attributes(self) -> None:
        with suppress(termios.error):
            attributes = termios.tcgetattr(self.fileno)
            attributes[tty.LFLAG] = self._patch_lflag(attributes[tty.LFLAG])
            attributes[tty.IFLAG] = self._patch_iflag(attributes[tty.IFLAG])
            attributes[tty.CC][termios.VMIN] = 1
            termios.tcsetattr(self.fileno, termios.TCSANOW, attributes)

    def _paint_anew(self) -> None:
        if isinstance(self._app, SparingApp):
            self._app.take_terminal_back()
        else:
            self._app.refresh()

    @staticmethod
    def _from_any_thread(work: Callable[[], None]) -> Callable[[], None]:
        loop = asyncio.get_running_loop()

        def ask() -> None:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(work)

        return ask

    def report_mouse(self, *, is_on: bool) -> None:
        """Have the terminal report the mouse, or leave it to the terminal's own selection."""
        self._mouse = True  # the library switches only what it was started with
        if is_on:
            self._enable_mouse_support()
        else:
            self._disable_mouse_support()
        self._mouse = is_on

    # The attribute is the only seam between Textual's driver and its thread.
    @property
    def _writer_thread(self) -> TerminalWriter | None:
        return self._writer

    @_writer_thread.setter
    def _writer_thread(self, thread: object) -> None:  # pyright: ignore[reportIncompatibleVariableOverride] - see above
        """Put our writer in the place of Textual's, whose queue makes a writing loop wait."""
        if thread is None:
            self._writer = None
            return
        assert self._file is not None, "a console without a terminal is refused before"
        self._writer = TerminalWriter(
            self._file, self._from_any_thread(self._paint_anew), self._from_any_thread(_hang_up)
        )


def _hang_up() -> None:
    """Have this process leave a terminal that is gone, also where nobody sent the signal: it may hold a lease."""
    signal.raise_signal(signal.SIGHUP)
