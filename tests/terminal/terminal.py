"""A program under a real pseudo-terminal, and the screen it paints."""

import fcntl
import os
import pty
import select
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence

import pyte

READ_BYTES = 1 << 16


class Terminal:
    """Run a program under a pty of a given size; `screen` is what a person would see."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], columns: int, rows: int) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._is_closed = False
        self.received = bytearray()  # everything the terminal was ever sent
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            # A size in the environment would count for more than the terminal's own.
            plain = {name: value for name, value in environment.items() if name not in {"COLUMNS", "LINES"}}
            os.execvpe(command[0], list(command), {**plain, "TERM": "xterm-256color"})
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def garble(self) -> None:
        """Show what some other program wrote."""
        columns, rows = self.screen.columns, self.screen.lines
        self._stream.feed(b"".join(b"\x1b[%d;1H%s" % (row + 1, b"#" * columns) for row in range(rows)))

    def send(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def local_modes(self) -> int:
        """Return whether it echoes, reads by lines, and more, as the last program left it."""
        return int(termios.tcgetattr(self._master)[3])

    def text(self) -> str:
        return "\n".join(self.screen.display)

    def wait_for(self, condition: Callable[[str], bool], timeout_s: float) -> str:
        """Read what is painted until the screen satisfies `condition`; raise AssertionError with the screen else."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if condition(self.text()):
                return self.text()
            if not self._read(0.2):
                break
        raise AssertionError(f"the screen never came to that within {timeout_s} s:\n{self.text()}")

    def _read(self, wait_s: float) -> bool:
        readable, _, _ = select.select([self._master], [], [], wait_s)
        if not readable:
            return True
        try:
            painted = os.read(self._master, READ_BYTES)
        except OSError:  # the program has ended
            return False
        self.received += painted
        self._stream.feed(painted)
        return bool(painted)

    def close(self) -> None:
        """Close the terminal, as a lost connection does; the program gets SIGHUP."""
        self._is_closed = True
        os.close(self._master)

    def wait_for_exit(self, timeout_s: float) -> int:
        """Return the exit code; raise AssertionError where the program goes on."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while not self._is_closed and select.select([self._master], [], [], 0)[0] and self._read(0):
                    pass  # its last words may not have been read yet
                return os.waitstatus_to_exitcode(status)
            if not self._is_closed:
                self._read(0.1)
        raise AssertionError(f"the program goes on after {timeout_s} s:\n{self.text()}")
