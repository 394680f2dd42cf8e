"""A console that was stopped, while something else had the terminal, sets it anew when it goes on."""

import os
import signal
import sys
import termios
from pathlib import Path

from tests.terminal.terminal import Terminal

START_S = 60.0
ATTACHED = (sys.executable, "-c", "from tui.launch import main; main()", "--attach")
MODES = {
    "alternate screen": b"\x1b[?1049h",
    "no cursor": b"\x1b[?25l",
    "mouse": b"\x1b[?1000h",
    "mouse with letters": b"\x1b[?1006h",
    "focus": b"\x1b[?1004h",
    "keyboard": b"\x1b[=25;1u",
    "bracketed paste": b"\x1b[?2004h",
    "no wrapping": b"\x1b[?7l",
}
OTHERS_LAST_WORDS = b"\x1b[?1000l\x1b[?1006l\x1b[?2004l\x1b[?1004l\x1b[<u\x1b[?7h\x1b[?1049l\x1b[?25h$ vi\r\n$ "


def test_after_another_program_every_mode_is_set_again_and_everything_is_painted(tmp_path: Path) -> None:
    terminal = Terminal(ATTACHED, {**os.environ, "SERAPHIM_HOME": str(tmp_path / "h")}, 80, 24)
    try:
        shown = terminal.wait_for(lambda text: "CONNECTING" in text and "help" in text, START_S)
        raw = termios.tcgetattr(terminal._master)
        os.kill(terminal.pid, signal.SIGSTOP)
        os.waitpid(terminal.pid, os.WUNTRACED)
        terminal.garble()
        terminal._stream.feed(OTHERS_LAST_WORDS)
        cooked = [*raw]
        cooked[3] |= termios.ECHO | termios.ICANON | termios.ISIG
        termios.tcsetattr(terminal._master, termios.TCSANOW, cooked)
        before = len(terminal.received)

        os.kill(terminal.pid, signal.SIGCONT)

        terminal.wait_for(lambda text: "#" not in text and "CONNECTING" in text and "$ vi" not in text, START_S)
        sent = bytes(terminal.received[before:])
        assert [name for name, mode in MODES.items() if mode not in sent] == []
        assert sent.index(MODES["alternate screen"]) < sent.index(b"CONNECTING")
        assert termios.tcgetattr(terminal._master)[3] == raw[3]
        assert shown.splitlines()[-1] == terminal.text().splitlines()[-1]
    finally:
        os.kill(terminal.pid, signal.SIGKILL)
        terminal.wait_for_exit(START_S)
