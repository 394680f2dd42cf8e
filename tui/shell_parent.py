"""The process between the shell and a hosting console, so that the shell gets its prompt back when the engine stays.

The engine lives in a child. The parent does nothing but wait: for the child to end, whose exit code it passes on, or
for the child's word that its console has gone and the engine goes on without a terminal.
"""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Final

_LEFT: Final = b"left"
STANDARD_ERROR: Final = 2


class Leave:
    """The child's way to let go of terminal and shell."""

    def __init__(self, channel: int) -> None:
        self._channel: int | None = channel

    def __call__(self) -> None:
        """Give up the terminal: nothing is read from or written to it any more, and the parent ends."""
        if self._channel is None:
            return
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        os.close(nowhere)
        os.setsid()
        channel, self._channel = self._channel, None
        with suppress(OSError):  # a parent that was killed waits for no word
            os.write(channel, _LEFT)
        os.close(channel)


def run_in_child(work: Callable[[Leave], int]) -> int:
    """Run `work` in a child process and return its exit code, or 0 as soon as it has left the terminal.

    In the child this returns what `work` returned. Call it before there are threads or an event loop.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        return work(Leave(writing))
    os.close(writing)
    return _wait_for(child, reading)


def _wait_for(child: int, reading: int) -> int:
    # Keys concern the child, which gets their signals itself. SIGTERM comes to us alone, and so does SIGHUP where no
    # shell passes it on to everybody, and SIGUSR1, the kill switch.
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP):
        signal.signal(number, signal.SIG_IGN)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, number)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, pass_on)
    word = os.read(reading, len(_LEFT))
    if word == _LEFT:
        _say(f"the engine goes on as process {child}: `seraphim-tui` attaches to it, `kill {child}` stops it")
        return 0
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return code
    _say(f"the engine was ended by signal {signal.Signals(-code).name}; start again to restore and reconcile")
    return 128 - code


def _say(text: str) -> None:
    # Past Python's own buffer: what a lost terminal does not take would fail again at exit, as exit code 120.
    with suppress(OSError):
        os.write(STANDARD_ERROR, f"{text}\n".encode())
