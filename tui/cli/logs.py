"""`seraphim logs`: the log file, with or without a running engine; --follow goes on across rotation and restarts."""

import json as json_format
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal, cast

import typer

from core.control.verbs import LOGS
from core.paths import Paths, describe
from tui.cli import engine
from tui.cli.exits import CommandError, ExitCode
from tui.cli.output import Json, say, say_json

POLL_S: Final = 0.25
LEVELS: Final = ("debug", "info", "warning", "error", "critical")
EXAMPLES: Final = "Examples: seraphim logs --lines 20 · seraphim logs --follow --level warning"

Level = Literal["debug", "info", "warning", "error"]
Entry = dict[str, object]


def register(app: typer.Typer) -> None:
    app.command(LOGS.name, help=f"{LOGS.help}\n\nWith --json and --follow: one JSON document a line.\n\n{EXAMPLES}")(
        logs
    )


def logs(
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, max=100_000, help="Newest lines to show.")] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come in; end with ctrl+c.")] = False,
    level: Annotated[Level, typer.Option("--level", help="Least level shown.")] = "debug",
    json: Json = False,
) -> None:
    path = Paths.from_environment().log_file
    tail = _FileTail(path) if follow or path.exists() else _EngineTail(path)
    newest = deque((entry for entry in tail.read() if _is_shown(entry, level)), maxlen=lines)
    if json and not follow:
        say_json({"file": str(path), "lines": list(newest)})
        return
    write: Callable[[Entry], bool] = _say_line if json else _say_text
    heard = all(write(entry) for entry in newest)
    while follow and heard:
        time.sleep(POLL_S)
        heard = all(write(entry) for entry in tail.read() if _is_shown(entry, level))


class _EngineTail:
    """Reads the lines a running engine holds, for where it has no file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Iterator[Entry]:
        try:
            yield from engine.rows(engine.read("/api/logs"), "log")
        except CommandError as error:
            missing = f"there is no log yet ({self._path}); an engine writes it once it has run"
            raise CommandError(ExitCode.FAILED, f"{missing}; {error}") from None


class _FileTail:
    """Reads whole lines as they are appended; starts over with the new file when the log was rotated."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode: int | None = None
        self._offset = 0
        self._torn = b""

    def read(self) -> Iterator[Entry]:
        try:
            with self._path.open("rb") as file:
                yield from self._read(file.fileno())
        except FileNotFoundError:
            return
        except OSError as error:
            raise CommandError(ExitCode.FAILED, f"{self._path} cannot be read: {describe(error)}") from None

    def _read(self, descriptor: int) -> Iterator[Entry]:
        found = os.fstat(descriptor)
        if found.st_ino != self._inode or found.st_size < self._offset:
            self._inode, self._offset, self._torn = found.st_ino, 0, b""
        os.lseek(descriptor, self._offset, os.SEEK_SET)
        while block := os.read(descriptor, 1 << 20):
            self._offset += len(block)
            *whole, self._torn = (self._torn + block).split(b"\n")
            yield from (_entry(line.decode("utf-8", "replace")) for line in whole if line.strip())


def _entry(line: str) -> Entry:
    try:
        found = json_format.loads(line)
    except ValueError:
        return {"text": line}
    return cast("Entry", found) if isinstance(found, dict) else {"text": line}


def _is_shown(entry: Entry, level: Level) -> bool:
    """Tell whether a line is shown; one without a known level always is."""
    found = str(entry.get("level", "")).lower()
    return found not in LEVELS or LEVELS.index(found) >= LEVELS.index(level)


def _say_line(entry: Entry) -> bool:
    return say(json_format.dumps(entry, ensure_ascii=False))


def _say_text(entry: Entry) -> bool:
    text = entry.get("text") or entry.get("message") or ""
    return say(" ".join(part for part in (_time(entry), str(entry.get("level", "")), _topic(entry), str(text)) if part))


def _time(entry: Entry) -> str:
    at_ns = entry.get("at_ns")
    if isinstance(at_ns, int):
        return datetime.fromtimestamp(at_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    return str(entry.get("time", ""))


def _topic(entry: Entry) -> str:
    return str(entry.get("topic") or entry.get("logger") or "")
