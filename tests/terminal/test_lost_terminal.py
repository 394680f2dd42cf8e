"""A console whose terminal is gone leaves, also where nobody sends it the hang-up."""

import os
import signal
import sys
from pathlib import Path

from tests.terminal.terminal import Terminal

START_S = 30.0
DEAF_CONSOLE = (
    "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); from tui.launch import main; main()"  # as under nohup
)


def test_an_attached_console_that_ignores_the_hang_up_leaves_with_its_terminal(tmp_path: Path):
    terminal = Terminal(
        (sys.executable, "-c", DEAF_CONSOLE, "--attach"), {**os.environ, "SERAPHIM_HOME": str(tmp_path / "h")}, 80, 24
    )
    try:
        terminal.wait_for(lambda text: "CONNECTING" in text, START_S)
        terminal.close()
        assert terminal.wait_for_exit(START_S) == 0
    except BaseException:
        os.kill(terminal.pid, signal.SIGKILL)
        raise
