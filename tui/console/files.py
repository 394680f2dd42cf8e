"""Where a console keeps what is its own."""

from pathlib import Path
from typing import NamedTuple

from core.paths import Paths
from tui.console.memory import MemoryFile


class ConsoleFiles(NamedTuple):
    memory: MemoryFile
    exports_dir: Path

    @classmethod
    def of(cls, paths: Paths) -> "ConsoleFiles":
        return cls(MemoryFile(paths.state_dir / "console.json"), paths.data_dir / "exports")
