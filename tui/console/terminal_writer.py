"""Writes to the terminal without ever making the engine wait for it.

A terminal can stop reading: a suspended SSH client, a lost link, ctrl-S. The engine shares the loop with the console,
so a write that waits would stop trading silently. What a stalled terminal does not take is dropped; when it reads
again the screen is painted anew.
"""

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import IO, Final

from tui.console.own_traffic import Sent

MAX_WAITING_CHARACTERS: Final = 512 * 1024
LEAVING_PATIENCE_S: Final = 0.5


class TerminalWriter(threading.Thread):
    """A thread and the file-like object in front of it, as the Textual driver wants one.

    Parameters
    ----------
    file
        The terminal.
    on_recovery
        Called from the thread when a stalled terminal has taken everything again and must be repainted.
    on_loss
        Called from the thread when there is no terminal any more.
    """

    def __init__(self, file: IO[str], on_recovery: Callable[[], None], on_loss: Callable[[], None]) -> None:
        super().__init__(daemon=True, name="terminal-writer")
        self._file = file
        self._on_recovery = on_recovery
        self._on_loss = on_loss
        self._waiting: deque[str] = deque()
        self._waiting_characters = 0
        self._changed = threading.Condition()
        self._is_stalled = False
        self._is_gone = False
        self._is_stopping = False
        self._byte_count = 0
        self._dropped_count = 0

    @property
    def sent(self) -> Sent:
        """Return how much the terminal took so far, and how many pieces it did not."""
        return Sent(self._byte_count, self._dropped_count)

    def write(self, text: str) -> None:
        """Queue text; drop it, and all that waits, where the terminal has stopped reading."""
        with self._changed:
            if self._is_gone or self._is_stalled:
                self._dropped_count += 1
                return
            self._waiting.append(text)
            self._waiting_characters += len(text)
            if self._waiting_characters > MAX_WAITING_CHARACTERS:
                self._is_stalled = True
                self._dropped_count += len(self._waiting)
                self._drop()
            self._changed.notify()

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def flush(self) -> None:
        """Do nothing: the thread flushes."""

    def stop(self) -> None:
        """Write what waits, if the terminal takes it within a moment, and end."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        self.join(LEAVING_PATIENCE_S)

    def run(self) -> None:
        while (text := self._take()) is not None:
            try:
                self._file.write(text)
                self._file.flush()
                self._byte_count += len(text.encode(errors="replace"))
            except BlockingIOError:  # whoever shares the terminal has it not wait: a part of the text is lost
                if not self._can_have_it_wait():
                    self._give_up()
                    return
                with self._changed:
                    self._dropped_count += 1
                    self._is_stalled = True
            except (OSError, ValueError):  # the terminal is gone, or its file closed
                self._give_up()
                return
            self._recover()

    def _take(self) -> str | None:
        with self._changed:
            while not (self._waiting or self._is_stalled):  # stalled with nothing to write: paint anew at once
                if self._is_stopping:
                    return None
                self._changed.wait()
            text = "".join(self._waiting)
            self._drop()
            return text

    def _can_have_it_wait(self) -> bool:
        """Have a full terminal hold up this thread again, as it is meant to; tell whether that worked."""
        try:
            os.set_blocking(self._file.fileno(), True)
        except OSError:
            return False
        return True

    def _give_up(self) -> None:
        with self._changed:
            self._is_gone = True
            self._drop()
        self._on_loss()

    def _recover(self) -> None:
        with self._changed:
            recovered, self._is_stalled = self._is_stalled, False
        if recovered:
            self._on_recovery()

    def _drop(self) -> None:
        self._waiting.clear()
        self._waiting_characters = 0
