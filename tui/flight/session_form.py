"""The file of a recorded session: a first line, a header, then blocks that are each whole or not there.

    SERAPHIM-SESSION 1 and a line feed,
    then, again and again: length of the head, length of the body, CRC-32 of either (16 bytes, little endian),
    the head (msgpack), the body (msgpack in a zstd frame of its own)

The first block has the session's header for a head and no body. A block is appended with one write, so a crash leaves
at most one that is cut, at the end.
"""

import os
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec
import zstandard

from core.paths import describe
from tui.flight.entries import FORM, BlockHead, Entry, SessionHeader

SUFFIX: Final = ".session"
_MAGIC: Final = b"SERAPHIM-SESSION "
_LENGTHS: Final = struct.Struct("<IIII")
_MOST_BYTES: Final = 64 * 1024 * 1024  # of a head or a body: more is no length but damage
_LEVEL: Final = 3
_encoder: Final = msgspec.msgpack.Encoder()
_headers: Final = msgspec.msgpack.Decoder(SessionHeader)
_heads: Final = msgspec.msgpack.Decoder(BlockHead)
_bodies: Final = msgspec.msgpack.Decoder(list[Entry])
_FIRST_LINE_MOST_BYTES: Final = 64
_UNPACKER: Final = zstandard.ZstdDecompressor()


class SessionFileError(Exception):
    """A file that is no recorded session, or one that cannot be read; the text names it and says why."""


class BlockPlace(NamedTuple):
    head: BlockHead
    offset: int  # of the body
    length: int
    checksum: int


class Session(NamedTuple):
    """A recorded session without its bodies."""

    path: Path
    header: SessionHeader
    blocks: list[BlockPlace]
    bytes: int
    cut: str  # what is wrong with the end, empty where nothing is

    @property
    def has_end(self) -> bool:
        return bool(self.blocks) and self.blocks[-1].head.is_end

    @property
    def last_ns(self) -> int:
        return self.blocks[-1].head.last_ns if self.blocks else 0

    @property
    def mode(self) -> str:
        return next((block.head.mode for block in reversed(self.blocks) if block.head.mode), "")


def first_bytes(header: SessionHeader) -> bytes:
    return b"%s%d\n" % (_MAGIC, FORM) + _framed(_encoder.encode(header), b"")


def block_bytes(head: BlockHead, entries: list[Entry]) -> bytes:
    packed = zstandard.ZstdCompressor(level=_LEVEL).compress(_encoder.encode(entries))
    return _framed(_encoder.encode(head), packed)


def _framed(head: bytes, body: bytes) -> bytes:
    return _LENGTHS.pack(len(head), len(body), zlib.crc32(head), zlib.crc32(body)) + head + body


def read_session(path: Path) -> Session:
    """Read the header and the heads of all whole blocks.

    Raises
    ------
    SessionFileError
        Where the file cannot be opened, is none of this form, or has not even a whole header.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            _refuse_other_forms(path, file.readline(_FIRST_LINE_MOST_BYTES))
            found, cut = _read_blocks(file, size)
    except OSError as error:
        raise SessionFileError(f"{path}: {describe(error)}") from None
    if not found:
        raise SessionFileError(f"{path}: the recording was cut before its header was whole")
    try:
        header = _headers.decode(found[0].head)
        blocks = [BlockPlace(_heads.decode(each.head), *each[1:]) for each in found[1:]]
    except msgspec.DecodeError as error:
        raise SessionFileError(f"{path} is damaged, or was written by another version: {error}") from None
    return Session(path, header, blocks, size, cut)


def read_entries(path: Path, place: BlockPlace) -> list[Entry]:
    """Unpack one block; raise SessionFileError where it is damaged."""
    try:
        with path.open("rb") as file:
            file.seek(place.offset)
            packed = file.read(place.length)
    except OSError as error:
        raise SessionFileError(f"{path}: {describe(error)}") from None
    if zlib.crc32(packed) != place.checksum:
        raise SessionFileError(f"{path} is damaged at byte {place.offset}")
    try:
        return _bodies.decode(_UNPACKER.decompress(packed, max_output_size=_MOST_BYTES))
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise SessionFileError(f"{path} is damaged at byte {place.offset}: {error}") from None


def _refuse_other_forms(path: Path, line: bytes) -> None:
    form = line.removeprefix(_MAGIC).strip()
    if not line.startswith(_MAGIC) or not line.endswith(b"\n") or not form.isdigit():
        raise SessionFileError(f"{path} is no recorded session; `seraphim sessions` lists them")
    if int(form) != FORM:
        raise SessionFileError(f"{path} is of form {int(form)}; this program reads form {FORM}")


class _Found(NamedTuple):
    head: bytes
    offset: int
    length: int
    checksum: int


def _read_blocks(file: BinaryIO, size: int) -> tuple[list[_Found], str]:
    """Return every whole block, and what is wrong with the end."""
    found: list[_Found] = []
    while (at := file.tell()) < size:
        lengths = file.read(_LENGTHS.size)
        if len(lengths) < _LENGTHS.size:
            return found, _cut_text(size - at)
        head_length, body_length, head_checksum, body_checksum = _LENGTHS.unpack(lengths)
        end = at + _LENGTHS.size + head_length + body_length
        if max(head_length, body_length) > _MOST_BYTES or end > size:
            return found, _cut_text(size - at)
        head = file.read(head_length)
        if zlib.crc32(head) != head_checksum:
            return found, _cut_text(size - at)
        found.append(_Found(head, file.tell(), body_length, body_checksum))
        file.seek(end)
    return found, ""


def _cut_text(left: int) -> str:
    return f"the end is cut: {left} bytes after the last whole block cannot be read"
