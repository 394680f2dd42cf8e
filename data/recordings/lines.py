"""Numbered lines of a plain, gzip or zstd file, read in bounded memory."""

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

import zstandard

from data.recordings.message import RecordingError, TornTail

Progress = Callable[[int, int], None]

_CHUNK_BYTES: Final = 256 * 1024
_MAX_LINE_BYTES: Final = 64 * 1024 * 1024
_GZIP_MAGIC: Final = b"\x1f\x8b"
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_GZIP_WBITS: Final = 31


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


class _Stored:
    """Passes plain bytes through."""

    eof = False
    unused_data = b""

    def decompress(self, data: bytes, /) -> bytes:
        return data


def read_lines(path: Path, torn_tail: TornTail, progress: Progress | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield ``(line number from 1, line without its newline)``.

    Parameters
    ----------
    progress
        Called with ``(bytes read, bytes in the file)`` after each chunk of the file.

    Raises
    ------
    RecordingError
        The file is missing, empty, not decompressible, or ends inside a line or a compressed
        frame and `torn_tail` is REFUSE.
    """
    number = 0
    pending = b""
    chunks = _Chunks(path, progress)
    for chunk in chunks:
        whole, newline, rest = (pending + chunk).rpartition(b"\n")
        pending = rest
        if len(pending) > _MAX_LINE_BYTES:
            raise RecordingError(path, number + 1, f"a line longer than {_MAX_LINE_BYTES} bytes; is this a recording?")
        if not newline:
            continue
        for line in whole.split(b"\n"):
            number += 1
            yield number, line
    _check_end(path, number, pending, chunks.truncation, torn_tail)
    if pending and torn_tail is TornTail.REFUSE:
        yield number + 1, pending


def _check_end(path: Path, number: int, pending: bytes, truncation: str | None, torn_tail: TornTail) -> None:
    if truncation is not None and torn_tail is TornTail.REFUSE:
        raise RecordingError(path, number + 1, truncation)
    if number == 0 and not pending:
        raise RecordingError(path, None, "the recording is empty, expected at least one line")


class _Chunks:
    """Iterate over decompressed chunks; `truncation` says afterwards why the file ended too early."""

    def __init__(self, path: Path, progress: Progress | None) -> None:
        self._path = path
        self._progress = progress
        self.truncation: str | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            total = self._path.stat().st_size
            with self._path.open("rb") as file:
                yield from self._decompressed(iter(lambda: file.read(_CHUNK_BYTES), b""), total)
        except OSError as error:
            raise RecordingError(self._path, None, f"cannot be read: {error.strerror}") from error

    def _decompressed(self, chunks: Iterator[bytes], total: int) -> Iterator[bytes]:
        decompressor: _Decompressor | None = None
        kind, make = "", _Stored
        read = 0
        for chunk in chunks:
            if read == 0:
                kind, make = _form_of(chunk)
            read += len(chunk)
            data = chunk
            while data:
                decompressor = decompressor or make()
                try:
                    out = decompressor.decompress(data)
                except (zlib.error, zstandard.ZstdError) as error:
                    raise RecordingError(self._path, None, f"the {kind} data is damaged ({error})") from error
                if out:
                    yield out
                data = b""
                if decompressor.eof:
                    data, decompressor = decompressor.unused_data, None
            if self._progress is not None:
                self._progress(read, total)
        if kind and decompressor is not None:
            self.truncation = f"the {kind} data ends in the middle of a frame: the file is truncated"


def _form_of(head: bytes) -> tuple[str, Callable[[], _Decompressor]]:
    if head.startswith(_GZIP_MAGIC):
        return "gzip", lambda: zlib.decompressobj(_GZIP_WBITS)
    if head.startswith(_ZSTD_MAGIC):
        return "zstd", lambda: zstandard.ZstdDecompressor().decompressobj()
    return "", _Stored
