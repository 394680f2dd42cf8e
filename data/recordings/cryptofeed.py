"""Sessions recorded by cryptofeed: a stream file with the REST files of the same run beside it.

``X.ws.N.0``: a line ``wss://… <-> <unix seconds>``, then ``<unix seconds>: <message>`` lines, and what was sent as
``wss://… <- <unix seconds>: <message>``.
``X.http.N.0`` and ``X.0``: ``<url> -> <unix seconds>: <body>`` lines.
"""

import heapq
from collections.abc import Iterable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import Final

from data.recordings.lines import read_lines
from data.recordings.message import Channel, RecordedMessage, RecordingError, TornTail

_SHOWN_BYTES: Final = 60
_NS_PER_S: Final = 1_000_000_000
_NS_DECIMALS: Final = 9
_OPENED: Final = b" <-> "
_SENT: Final = b" <- "
_ANSWERED: Final = b" -> "


def is_session(line: bytes) -> bool:
    """Tell whether a first line looks like the stream file of a session."""
    return line.startswith((b"ws://", b"wss://")) and _OPENED in line


def is_rest_file(line: bytes) -> bool:
    return line.startswith(b"http") and _ANSWERED in line


def read_session(path: Path, lines: Iterable[tuple[int, bytes]], torn_tail: TornTail) -> Iterator[RecordedMessage]:
    """Yield stream and REST messages merged by receive time; raise RecordingError where the form is broken."""
    sources = [_read_stream(path, lines)]
    sources += [_read_rest(beside, read_lines(beside, torn_tail)) for beside in rest_files_of(path)]
    return heapq.merge(*sources, key=attrgetter("received_ns"))


def rest_files_of(path: Path) -> list[Path]:
    """Return the REST files recorded with a stream file: ``X.0`` (rules) and ``X.http.*`` (answers)."""
    session, marker, _ = path.name.partition(".ws.")
    if not marker:
        return []
    candidates = [path.with_name(f"{session}.0"), *sorted(path.parent.glob(f"{session}.http.*"))]
    return [candidate for candidate in candidates if candidate.is_file()]


def seconds_to_ns(text: bytes) -> int:
    """Convert decimal unix seconds to integer nanoseconds exactly; raise ValueError for anything else."""
    whole, _, fraction = text.partition(b".")
    if not whole.isdigit() or (fraction and not fraction.isdigit()) or len(fraction) > _NS_DECIMALS:
        raise ValueError(f"{text!r} are not unix seconds")
    return int(whole) * _NS_PER_S + int(fraction.ljust(_NS_DECIMALS, b"0"))


def _read_stream(path: Path, lines: Iterable[tuple[int, bytes]]) -> Iterator[RecordedMessage]:
    url = ""
    last_ns = 0
    for number, line in lines:
        if not line or (line.startswith(b"ws") and _SENT in line):
            continue
        if line.startswith(b"ws"):
            address, _, stamp = line.partition(_OPENED)
            url = address.decode("ascii", "replace")
            message = RecordedMessage(_stamp(path, number, stamp), Channel.CONNECTED, url, b"")
        else:
            stamp, _, payload = line.partition(b": ")
            _check_json(path, number, payload)
            message = RecordedMessage(_stamp(path, number, stamp), Channel.STREAM, url, payload)
        last_ns = _check_order(path, number, message.received_ns, last_ns)
        yield message


def _read_rest(path: Path, lines: Iterable[tuple[int, bytes]]) -> Iterator[RecordedMessage]:
    last_ns = 0
    for number, line in lines:
        if not line or line.startswith(b"configuration: "):
            continue
        address, arrow, answer = line.partition(_ANSWERED)
        if not arrow:
            raise RecordingError(
                path, number, f"expected '<url> -> <unix seconds>: <body>', found {line[:_SHOWN_BYTES]!r}"
            )
        stamp, _, payload = answer.partition(b": ")
        _check_json(path, number, payload)
        received_ns = _stamp(path, number, stamp)
        last_ns = _check_order(path, number, received_ns, last_ns)
        yield RecordedMessage(received_ns, Channel.REST, address.decode("ascii", "replace"), payload)


def _stamp(path: Path, number: int, text: bytes) -> int:
    try:
        return seconds_to_ns(text)
    except ValueError as error:
        raise RecordingError(path, number, f"expected unix seconds, found {text[:_SHOWN_BYTES]!r}") from error


def _check_json(path: Path, number: int, payload: bytes) -> None:
    if not (payload.startswith((b"{", b"[")) and payload.endswith((b"}", b"]"))):
        raise RecordingError(path, number, f"expected '<unix seconds>: <JSON>', found {payload[:_SHOWN_BYTES]!r}")


def _check_order(path: Path, number: int, received_ns: int, last_ns: int) -> int:
    if received_ns < last_ns:
        raise RecordingError(
            path, number, f"receive time {received_ns} ns is before {last_ns} ns, expected rising times"
        )
    return received_ns
