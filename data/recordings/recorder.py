"""Record what a feed receives, as ``<receive ns> <venue message>`` lines in one zstd file."""

from pathlib import Path
from types import TracebackType
from typing import Final

import zstandard

from data.recordings.stamped import written

_FLUSH_BYTES: Final = 1024 * 1024


class Recorder:
    """Writes a recording that stays readable after a crash up to its last flushed block.

    Receive times must not fall; a message received "before" its predecessor (a stepped clock) is written with the
    predecessor's time, because readers refuse a recording whose time runs backwards.
    """

    def __init__(self, path: Path, *, level: int = 3) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.messages = 0
        self._file = path.open("xb")
        self._compressor = zstandard.ZstdCompressor(level=level).compressobj()
        self._unflushed_bytes = 0
        self._last_ns = 0

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def stream_message(self, received_ns: int, payload: bytes) -> None:
        """Write a websocket message."""
        self._write(received_ns, written(payload))

    def rest_answer(self, received_ns: int, url: str, body: bytes) -> None:
        """Write a REST answer with the address it came from."""
        self._write(received_ns, url.encode("ascii") + b" " + body)

    def connected(self, received_ns: int, url: str) -> None:
        """Write that a websocket was opened."""
        self._write(received_ns, url.encode("ascii"))

    def flush(self) -> None:
        """Hand everything written so far to the operating system as whole zstd blocks."""
        self._file.write(self._compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))
        self._file.flush()
        self._unflushed_bytes = 0

    def close(self) -> None:
        if self._file.closed:
            return
        self._file.write(self._compressor.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH))
        self._file.close()

    def _write(self, received_ns: int, text: bytes) -> None:
        self._last_ns = max(self._last_ns, received_ns)
        # a raw newline may stand between the tokens of JSON, never inside one
        line = b"%d %s\n" % (self._last_ns, text.replace(b"\n", b" ") if b"\n" in text else text)
        self._file.write(self._compressor.compress(line))
        self.messages += 1
        self._unflushed_bytes += len(line)
        if self._unflushed_bytes >= _FLUSH_BYTES:
            self.flush()
