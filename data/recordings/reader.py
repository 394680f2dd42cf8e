"""Read a recording in whatever form it has."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from data.recordings.cryptofeed import is_rest_file, is_session, read_session
from data.recordings.lines import Progress, read_lines
from data.recordings.message import RecordedMessage, RecordingError, TornTail
from data.recordings.stamped import is_stamped, read_stamped

_SHOWN_BYTES: Final = 60


def read_recording(
    path: Path, *, torn_tail: TornTail = TornTail.REFUSE, progress: Progress | None = None
) -> Iterator[RecordedMessage]:
    """Yield the messages of a recording in receive order.

    The form (``<receive ns> <message>`` lines or a cryptofeed session) and the compression (none, gzip,
    zstd) are told from the content.

    Raises
    ------
    RecordingError
        Anything that makes the recording unreadable, with file, line and what was expected; raised when the
        iteration reaches it.
    """
    lines = read_lines(path, torn_tail, progress)
    first = next(lines, None)
    if first is None:
        raise RecordingError(path, None, "the recording has no whole line, expected at least one")
    all_lines = chain((first,), lines)
    head = first[1]
    if is_stamped(head):
        return read_stamped(path, all_lines)
    if is_session(head):
        return read_session(path, all_lines, torn_tail)
    if is_rest_file(head):
        raise RecordingError(path, 1, "this is the REST file of a session, give its stream file (named X.ws.N.0)")
    raise RecordingError(
        path,
        1,
        f"expected '<receive ns> <venue message>' or 'wss://… <-> <unix seconds>', found {head[:_SHOWN_BYTES]!r}",
    )
