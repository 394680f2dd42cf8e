"""A folder for `PATH` with a stand-in for `ssh`."""

import json
import sys
from pathlib import Path
from typing import Any

FAKE = Path(__file__).with_name("fake_ssh.py")


class SshFolder:
    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        program = path / "ssh"
        program.write_text(f"#!{sys.executable} -IS\n{FAKE.read_text()}")
        program.chmod(0o700)

    def answer(self, value: Any) -> None:
        """Make every remote command print this."""
        (self.path / "answer").write_text(value if isinstance(value, str) else json.dumps(value))

    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.path / "calls").read_text().splitlines()]

    def take_down(self) -> None:
        """Let no connection succeed from here on."""
        (self.path / "down").touch()

    def bring_up(self) -> None:
        (self.path / "down").unlink()
