"""The engine's log: one JSON object a line, rotated, without secrets, written off the loop."""

import contextlib
import json
import logging
import os
from io import TextIOWrapper
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from core.io.redaction import redact, redact_value

MAX_FILE_BYTES: Final = 10 << 20
KEPT_FILES: Final = 5
_MAX_WAITING: Final = 10_000
_PRIVATE_MODE: Final = 0o600
_PLAIN_FIELDS: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "topic"}


class JsonLines(logging.Formatter):
    """Write a record as ``{"at_ns", "level", "topic", "text", …}``; what was passed as `extra` follows."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at_ns": int(record.created * 1e6) * 1_000,
            "level": record.levelname.lower(),
            "topic": record.__dict__.get("topic", record.name),
            "text": redact(record.getMessage()),
        }
        for name, value in record.__dict__.items():
            if name not in _PLAIN_FIELDS:
                line[name] = redact_value(name, value)
        if record.exc_info:
            line["error"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class _PrivateRotatingFile(RotatingFileHandler):
    """A rotating file of mode 0600. A disk that takes no more costs lines, counted, and nothing else."""

    def __init__(self, path: Path, max_bytes: int, kept_files: int) -> None:
        self.lost_lines = 0
        super().__init__(path, maxBytes=max_bytes, backupCount=kept_files, encoding="utf-8")

    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding="utf-8", opener=_open_private)

    def close(self) -> None:
        with contextlib.suppress(OSError):  # what is still buffered was counted when it was written
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - named by logging
        del record
        self.lost_lines += 1


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, _PRIVATE_MODE)


class _NeverWaiting(QueueHandler):
    """Hand records over; drop and count them where the writer cannot follow."""

    def __init__(self, waiting: SimpleQueue[logging.LogRecord]) -> None:
        self.lost_lines = 0
        self._waiting = waiting
        super().__init__(waiting)

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record  # same process: nothing to pickle, and the traceback is still wanted

    def enqueue(self, record: logging.LogRecord) -> None:
        # The queue itself is without a limit: the listener's own word to stop must always fit.
        if self._waiting.qsize() < _MAX_WAITING:
            self._waiting.put_nowait(record)
        else:
            self.lost_lines += 1


class LogFile:
    """The root logger's way into a file, from `start` to `stop`.

    Parameters
    ----------
    path
        The log file; its folder must exist.
    level
        The lowest level written, e.g. ``logging.INFO``.
    max_bytes
        Size at which the file is rotated.
    kept_files
        Rotated files kept.
    """

    def __init__(
        self, path: Path, level: int = logging.INFO, *, max_bytes: int = MAX_FILE_BYTES, kept_files: int = KEPT_FILES
    ) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._kept_files = kept_files
        self._level = level
        self._handler: _NeverWaiting | None = None
        self._file: _PrivateRotatingFile | None = None

    @property
    def lost_lines(self) -> int:
        """Count lines that a full disk or a slow one has cost."""
        return sum(part.lost_lines for part in (self._handler, self._file) if part is not None)

    def start(self) -> None:
        """Begin to write; raise OSError naming the file where it cannot be opened."""
        self._file = _PrivateRotatingFile(self._path, self._max_bytes, self._kept_files)
        self._file.setFormatter(JsonLines())
        waiting: SimpleQueue[logging.LogRecord] = SimpleQueue()
        self._handler = _NeverWaiting(waiting)
        self._listener = QueueListener(waiting, self._file)
        self._listener.start()
        root = logging.getLogger()
        self._previous_level = root.level
        root.setLevel(self._level)
        root.addHandler(self._handler)

    def stop(self) -> None:
        """Write what waits and close the file; nothing where it is closed."""
        root = logging.getLogger()
        if self._file is None or self._handler not in root.handlers:
            return
        root.removeHandler(self._handler)
        root.setLevel(self._previous_level)
        self._listener.stop()
        self._file.close()
