"""A program under a pseudo-terminal; what it sends is kept with its time and looked at afterwards."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import pyte

READ_BYTES: Final = 1 << 16


class Chunk(NamedTuple):
    at_s: float  # by CLOCK_MONOTONIC
    data: bytes


class PseudoTerminal:
    """Runs a command; a thread reads whatever it sends, at once."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.chunks: list[Chunk] = []
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        plain = {name: value for name, value in environment.items() if name not in {"COLUMNS", "LINES"}}
        self.started_s = self.ended_s = time.monotonic()
        self.process = subprocess.Popen(
            list(command), stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**plain, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        )  # fmt: skip
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                select.select([self._master], [], [], 1.0)
                data = os.read(self._master, READ_BYTES)
            except OSError:  # nobody has the other end any more: the process has ended, to the moment
                self.ended_s = time.monotonic()
                return
            self.chunks.append(Chunk(time.monotonic(), data))

    def press(self, keys: bytes) -> float:
        """Send keys; return when."""
        at_s = time.monotonic()
        os.write(self._master, keys)
        return at_s

    def sent_between(self, first_s: float, last_s: float) -> int:
        return sum(len(chunk.data) for chunk in self.chunks if first_s <= chunk.at_s < last_s)

    def wait(self, timeout_s: float) -> int:
        code = self.process.wait(timeout_s)
        self._reader.join(1.0)
        os.close(self._master)
        return code

    def text(self) -> str:
        """Return what is on the screen at the end, for a run that went wrong."""
        screen = pyte.Screen(self.columns, self.rows)
        stream = pyte.ByteStream(screen)
        for chunk in list(self.chunks):
            stream.feed(chunk.data)
        return "\n".join(line.rstrip() for line in screen.display)

    def when_sent(self, text: bytes) -> float | None:
        """Return when some text was sent whole."""
        sent = b""
        for chunk in list(self.chunks):
            sent += chunk.data
            if text in sent:
                return chunk.at_s
        return None

    def when(self, is_shown: Callable[[pyte.Screen], bool]) -> float | None:
        """Return when the screen first was so."""
        screen = pyte.Screen(self.columns, self.rows)
        stream = pyte.ByteStream(screen)
        for chunk in list(self.chunks):
            stream.feed(chunk.data)
            if is_shown(screen):
                return chunk.at_s
        return None

    def answers(self, pressed_s: Sequence[float], row_of: Callable[[pyte.Screen], int]) -> list[float]:
        """Return for each key, of which each moves a cursor down by a row, after how many seconds it was there."""
        screen = pyte.Screen(self.columns, self.rows)
        stream = pyte.ByteStream(screen)
        first: int | None = None
        found: list[float] = []
        for chunk in list(self.chunks):
            if first is None and chunk.at_s >= pressed_s[0]:
                first = row_of(screen)
            stream.feed(chunk.data)
            if first is None:
                continue
            for at_s in pressed_s[len(found) : max(0, row_of(screen) - first)]:
                found.append(chunk.at_s - at_s)
        return found
