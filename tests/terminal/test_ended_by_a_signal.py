"""An attached console that is asked to end gives the terminal back, takes its ssh along and says so."""

import os
import signal
import sys
import tempfile
import termios
from pathlib import Path

import pytest

from tests.attach.ssh_folder import SshFolder
from tests.terminal.terminal import Terminal

START_S = 30.0
CONSOLE = (sys.executable, "-c", "from tui.launch import main; main()", "--attach", "ssh://desk")


@pytest.fixture
def ssh(tmp_path: Path) -> SshFolder:
    return SshFolder(tmp_path / "bin")


def console_on_a_terminal(ssh: SshFolder, home: Path, temporary: Path) -> Terminal:
    path = f"{ssh.path}:{os.environ['PATH']}"
    environment = {**os.environ, "SERAPHIM_HOME": str(home), "PATH": path, "TMPDIR": str(temporary)}
    return Terminal(CONSOLE, environment, 80, 24)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_console_that_is_terminated_gives_the_terminal_back_and_ends_its_ssh(ssh: SshFolder, tmp_path: Path):
    ssh.answer({"paths": {"socket": str(tmp_path / "none.sock")}})
    with tempfile.TemporaryDirectory() as temporary:
        terminal = console_on_a_terminal(ssh, tmp_path / "h", Path(temporary))
        try:
            terminal.wait_for(lambda text: "CONNECTING" in text or "LINK LOST" in text, START_S)
            os.kill(terminal.pid, signal.SIGTERM)
            code = terminal.wait_for_exit(START_S)
        except BaseException:
            os.kill(terminal.pid, signal.SIGKILL)
            raise
        assert code == 0
        assert b"\x1b[?1049l" in terminal.received
        assert b"\x1b[?1000l" in terminal.received
        modes = terminal.local_modes()
        assert modes & termios.ECHO
        assert modes & termios.ICANON
        assert "ended by SIGTERM; the engine goes on" in terminal.text()
        assert not is_running(ssh.calls()[-1]["pid"])
        assert list(Path(temporary).iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_one_that_is_ended_while_ssh_still_logs_in_takes_it_along(
    ssh: SshFolder, tmp_path: Path, number: signal.Signals
):
    os.mkfifo(ssh.path / "answer")  # nobody ever writes it
    with tempfile.TemporaryDirectory() as temporary:
        terminal = console_on_a_terminal(ssh, tmp_path / "h", Path(temporary))
        try:
            terminal.wait_for(lambda _: (ssh.path / "calls").exists() and bool(ssh.calls()), START_S)
            os.kill(terminal.pid, number)
            code = terminal.wait_for_exit(START_S)
        except BaseException:
            os.kill(terminal.pid, signal.SIGKILL)
            raise
        assert code == 0
        assert ("ended by SIGTERM" in terminal.text()) is (number is signal.SIGTERM)
        assert "Traceback" not in terminal.text()
        assert not is_running(ssh.calls()[-1]["pid"])
        assert list(Path(temporary).iterdir()) == []
