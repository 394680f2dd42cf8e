"""A peer in a locked environment and a process of its own, asked in JSON lines."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from bench.result import BenchError

PEERS: Final = Path(__file__).parent / "peers"


class Peer:
    """The worker of ``bench/peers/<folder>``; a context manager that ends the process."""

    def __init__(self, folder: str, name: str) -> None:
        self.name = name
        project = PEERS / folder
        uv = os.environ.get("UV") or shutil.which("uv")
        if uv is None:
            raise BenchError("uv is not on the PATH; it makes the environments of the peers")
        # the environment of ours must not leak into the peer's
        environment = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH"}}
        made = subprocess.run(
            [uv, "sync", "--quiet", "--locked", "--project", str(project)],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode:
            raise BenchError(f"the environment of {name} ({project}) could not be made: {made.stderr.strip()}")
        self._process = subprocess.Popen(
            [uv, "run", "--quiet", "--no-sync", "--project", str(project), "python", str(project / "worker.py")],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()  # the worker ends with its input
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Send one question and wait for its answer; raise BenchError where the worker ended instead."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise BenchError(f"the worker of {self.name} ended with code {self._process.wait()}")
        return json.loads(line)
