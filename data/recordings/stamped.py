"""Recordings of one message a line: ``<receive ns> <venue message>``.

A REST answer is written with its address, ``<receive ns> <url> <body>``, and the opening of a websocket as
``<receive ns> <url>``. A body without an address is told by its first key. A websocket message that is not one whole
JSON object or array by its ends is written as a JSON text, one character a byte: what cannot be read must not make the
rest of the recording unreadable.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from data.recordings.message import Channel, RecordedMessage, RecordingError

_FORM: Final = "expected '<receive ns> <venue message>'"
_SHOWN_BYTES: Final = 60
_NS_DIGITS: Final = 19  # UTC nanoseconds from 2001 to 2286
_URL_STARTS: Final = (b"http", b"ws")
_PONG: Final = b"pong"  # the whole of a message where a venue answers pings in plain text
_BARE_SNAPSHOT: Final = b'{"lastUpdateId"'
_QUOTE: Final = b'"'


def is_stamped(line: bytes) -> bool:
    """Tell whether a first line looks like this form."""
    stamp, space, _ = line.partition(b" ")
    return bool(space) and stamp.isdigit()


def read_stamped(path: Path, lines: Iterable[tuple[int, bytes]]) -> Iterator[RecordedMessage]:
    """Yield the messages in file order; raise RecordingError at the first line that breaks the form."""
    last_ns = 0
    for number, line in lines:
        if not line:
            continue
        stamp, _, text = line.partition(b" ")
        if len(stamp) != _NS_DIGITS or not stamp.isdigit() or not text:
            raise RecordingError(path, number, f"{_FORM}, found {line[:_SHOWN_BYTES]!r}")
        received_ns = int(stamp)
        if received_ns < last_ns:
            raise RecordingError(path, number, f"receive time {received_ns} is before {last_ns}, expected rising times")
        last_ns = received_ns
        yield _message(path, number, received_ns, text)


def written(payload: bytes) -> bytes:
    """Return how a websocket message stands in a recording."""
    is_plain = payload.startswith((b"{", b"[")) and payload.endswith((b"}", b"]"))
    return payload if is_plain or payload == _PONG else msgspec.json.encode(payload.decode("latin-1"))


def _message(path: Path, number: int, received_ns: int, text: bytes) -> RecordedMessage:
    if text.startswith((b"{", b"[")):
        if text[-1:] not in (b"}", b"]"):
            raise RecordingError(
                path, number, f"the message is cut off, expected a closing brace: {text[-_SHOWN_BYTES:]!r}"
            )
        channel = Channel.REST if text.startswith(_BARE_SNAPSHOT) else Channel.STREAM
        return RecordedMessage(received_ns, channel, None, text)
    if text == _PONG:
        return RecordedMessage(received_ns, Channel.STREAM, None, text)
    if text.startswith(_QUOTE):
        return RecordedMessage(received_ns, Channel.STREAM, None, _quoted(path, number, text))
    if not text.startswith(_URL_STARTS):
        raise RecordingError(path, number, f"{_FORM}, found the message {text[:_SHOWN_BYTES]!r}")
    url, _, payload = text.partition(b" ")
    channel = Channel.REST if payload else Channel.CONNECTED
    return RecordedMessage(received_ns, channel, url.decode("ascii", "replace"), payload)


def _quoted(path: Path, number: int, text: bytes) -> bytes:
    try:
        return msgspec.json.decode(text, type=str).encode("latin-1")
    except (msgspec.DecodeError, UnicodeError):
        raise RecordingError(
            path, number, f"the text is cut off, expected a closing quotation mark: {text[-_SHOWN_BYTES:]!r}"
        ) from None
