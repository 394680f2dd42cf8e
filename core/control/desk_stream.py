"""The desk as a stream: one snapshot, then only the sections that changed.

A section is a field of `DeskSnapshot`, or, where a field holds many things of one kind, one of those: a path is
``("positions",)``, ``("books", "BTC/USDT@sim-a")``, ``("tapes", "BTC/USDT@sim-a")``, ``("timelines", "job-s12ab-1")``
or ``("monitoring", "market")``. Of a tape that went on only the new prints are sent, and to a client that knows the
same rows (`ROWS_KNOWN`) of a list of rows only what changed of it. Numbers stay exact: sections are decoded from their
JSON text into their own types, money never passes through a float.
"""

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any, Final
from zlib import crc32

import msgspec

from core.control.desk_rows import RowForm, SentRows, form_of
from core.control.row_changes import Edit, Put, edited
from core.state.desk import BookView, DeskRequest, DeskSnapshot, PrintView, TimelineView
from core.state.monitoring import MonitoringState

MIN_INTERVAL_MS: Final = 50
MAX_INTERVAL_MS: Final = 5_000
DEFAULT_INTERVAL_MS: Final = 100

SectionPath = tuple[str, ...]
Sections = dict[SectionPath, bytes]

_BOOKS: Final = "books"
_TAPES: Final = "tapes"
_TIMELINES: Final = "timelines"
_KEYED: Final = frozenset({_BOOKS, _TAPES, _TIMELINES})  # fields of which each key is a section
_MONITORING: Final = "monitoring"
_EDITION: Final = 1  # of the form in which edits of rows are sent
_encoder = msgspec.json.Encoder(decimal_format="number")


class StreamRequest(DeskRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client of the stream sends, at any time: what it wants to see and how often."""

    interval_ms: int = DEFAULT_INTERVAL_MS
    who: str = ""  # as in the commands that are given there


class SnapshotFrame(msgspec.Struct, frozen=True, tag="snapshot", tag_field="type"):
    """The whole state; `gap_ms` says for how long before it the client was sent nothing, because it read nothing."""

    sequence: int
    state: msgspec.Raw
    gap_ms: int = 0


class DeltaFrame(msgspec.Struct, frozen=True, tag="delta", tag_field="type", omit_defaults=True):
    """What changed since the frame one sequence before.

    Sections to replace as ``[path, value]``, paths to remove, new prints as ``[tape, prints, length]``: they go before
    the tape's own, of which the oldest fall off; and sections of which rows changed as ``[path, edits]``.
    """

    sequence: int
    set: list[tuple[SectionPath, msgspec.Raw]]
    removed: list[SectionPath]
    printed: list[tuple[str, list[PrintView], int]] = []
    edited: list[tuple[SectionPath, list[Edit]]] = []


class DeskStreamError(ValueError):
    """A frame that does not fit the state: out of sequence or of an unknown form."""


def split(snapshot: DeskSnapshot) -> Sections:
    """Return the JSON of every section."""
    return {path: _encoder.encode(value) for path, value in _sections(snapshot)}


def _sections(snapshot: DeskSnapshot) -> Iterator[tuple[SectionPath, Any]]:
    for name in DeskSnapshot.__struct_fields__:
        value = getattr(snapshot, name)
        if name in _KEYED:
            for key, each in value.items():
                yield (name, key), each
        elif name == _MONITORING:
            for field in _MONITORING_FIELDS.values():
                yield (name, field.encode_name), getattr(value, field.name)
        else:
            yield (name,), value


class DeskFramer:
    """Make the frames for one client; it knows what that client has.

    Parameters
    ----------
    by_rows
        Whether the client knows the same rows (`ROWS_KNOWN`); else sections are sent whole.
    """

    def __init__(self, *, by_rows: bool = False) -> None:
        self._is_by_rows = by_rows
        self._sent: dict[SectionPath, SentRows | bytes] | None = None
        self._tapes: dict[str, list[PrintView]] = {}  # as sent
        self._sequence = 0

    def start_over(self) -> None:
        """Make the next frame a whole snapshot; what the client has is not kept meanwhile."""
        self._sent, self._tapes = None, {}

    def frame(self, snapshot: DeskSnapshot, gap_ms: int = 0) -> bytes:
        """Return the next frame; an empty delta is a frame too and tells that the engine lives."""
        self._sequence += 1
        sent, now = self._sent, {path: self._as_sent(path, value) for path, value in _sections(snapshot)}
        if sent is None:
            frame = _encoder.encode(SnapshotFrame(self._sequence, msgspec.Raw(_encoder.encode(snapshot)), gap_ms))
        else:
            delta = DeltaFrame(self._sequence, [], [path for path in sent if path not in now], [], [])
            for path, value in _sections(snapshot):
                self._tell(delta, path, value, sent.get(path), now[path])
            frame = _encoder.encode(delta)
        self._sent, self._tapes = now, snapshot.tapes
        return frame

    def _as_sent(self, path: SectionPath, value: Any) -> SentRows | bytes:
        form = _form(_kind_path(path)) if self._is_by_rows else None
        rows = None if form is None else form.rows(value)
        return _encoder.encode(value) if rows is None else rows

    def _tell(
        self, delta: DeltaFrame, path: SectionPath, value: Any, before: SentRows | bytes | None, now: SentRows | bytes
    ) -> None:
        """Put into a frame what changed of a section."""
        if not isinstance(now, bytes):
            edits = now.edits_since(before)
            if edits is None or (edits and all(isinstance(edit, Put) for edit in edits)):
                delta.set.append((path, msgspec.Raw(_encoder.encode(value))))
            elif edits:
                delta.edited.append((path, edits))
            return
        if now == before:
            return
        new = _new_prints(self._tapes.get(path[1], []), value) if path[0] == _TAPES else None
        if new is None:
            delta.set.append((path, msgspec.Raw(now)))
        else:
            delta.printed.append((path[1], new, len(value)))


def _new_prints(old: list[PrintView], now: list[PrintView]) -> list[PrintView] | None:
    """Return the prints that make the old tape the present one, None where that takes more."""
    if not old:
        return None
    count = next((n for n, each in enumerate(now) if each.number <= old[0].number), len(now))
    return now[:count] if now[count:] == old[: len(now) - count] else None


class DeskMirror:
    """The client's end: apply frames, give a new `DeskSnapshot` after each; older ones never change."""

    def __init__(self) -> None:
        self._snapshot: DeskSnapshot | None = None
        self._sequence = 0
        self.gap_ms = 0  # before the newest frame
        self.is_anew = False  # the newest frame was the whole state
        self.knows_less = False  # the newest frame has sections that this version does not know, and passed over

    def apply(self, frame: bytes | str) -> DeskSnapshot:
        """Return the state after a frame.

        Raises
        ------
        DeskStreamError
            For a frame that cannot be read or does not follow the last one; the state is then to be asked anew.
        """
        self.knows_less = False
        try:
            message: SnapshotFrame | DeltaFrame = _decoder(SnapshotFrame | DeltaFrame).decode(frame)
            snapshot: DeskSnapshot = (
                _decoder(DeskSnapshot).decode(message.state)
                if isinstance(message, SnapshotFrame)
                else self._after(message)
            )
        except DeskStreamError:
            raise
        except (msgspec.DecodeError, ValueError, LookupError) as error:
            raise DeskStreamError(f"a frame of the stream cannot be read: {error}") from error
        self._sequence, self.is_anew = message.sequence, isinstance(message, SnapshotFrame)
        self.gap_ms = message.gap_ms if isinstance(message, SnapshotFrame) else 0
        self._snapshot = snapshot
        return snapshot

    def _after(self, delta: DeltaFrame) -> DeskSnapshot:
        if self._snapshot is None or delta.sequence != self._sequence + 1:
            raise DeskStreamError(f"frame {delta.sequence} does not follow frame {self._sequence}")
        snapshot = copy.copy(self._snapshot)
        snapshot.books, snapshot.tapes = dict(snapshot.books), dict(snapshot.tapes)
        snapshot.timelines = dict(snapshot.timelines)
        snapshot.monitoring = copy.copy(snapshot.monitoring)
        for path, text in delta.set:
            if self._knows(path):
                _put(snapshot, path, _decoder(_KINDS[_kind_path(path)]).decode(text))
        for path, edits in delta.edited:
            if self._knows(path):
                _put(snapshot, path, _edited(snapshot, path, edits))
        for tape, prints, length in delta.printed:
            snapshot.tapes[tape] = [*prints, *snapshot.tapes.get(tape, [])][:length]
        for path in filter(self._knows, delta.removed):
            if path[0] not in _KEYED:
                raise DeskStreamError(f"section {'/'.join(path)} cannot be removed")
            getattr(snapshot, path[0]).pop(path[1], None)
        return snapshot

    def _knows(self, path: SectionPath) -> bool:
        """Tell whether a section is one of this version's; a newer engine has others beside them."""
        is_known = _kind_path(path) in _KINDS
        if is_known and len(path) == 1 and path[0] in _KEYED:
            raise DeskStreamError(f"section {path[0]} has no key")
        self.knows_less = self.knows_less or not is_known
        return is_known


_MONITORING_FIELDS: Final = {field.encode_name: field for field in msgspec.structs.fields(MonitoringState)}
_KINDS: Final[dict[SectionPath, Any]] = {
    **{(field.name,): field.type for field in msgspec.structs.fields(DeskSnapshot) if field.name != _MONITORING},
    **{(_MONITORING, name): field.type for name, field in _MONITORING_FIELDS.items()},
    (_BOOKS,): BookView,
    (_TAPES,): list[PrintView],
    (_TIMELINES,): TimelineView,
}
"""What a section is, by its path; of those that have a key each, by the path without it."""


@cache
def _decoder(kind: Any) -> "msgspec.json.Decoder[Any]":
    """Return the decoder of a section, made when the first of its kind comes: none has before a first picture."""
    return msgspec.json.Decoder(kind)


def _kind_path(path: SectionPath) -> SectionPath:
    """Return what names a section's kind: its path, without the key where many are of one kind."""
    return path[:1] if len(path) == 2 and path[0] in _KEYED else path


@cache
def _form(kind_path: SectionPath) -> RowForm | None:
    return None if kind_path[0] == _TAPES else form_of(_KINDS[kind_path])


def _edited(snapshot: DeskSnapshot, path: SectionPath, edits: list[Edit]) -> Any:
    """Return a section with some rows changed."""
    form = _form(_kind_path(path))
    old = None if form is None else _get(snapshot, path)
    unfolded = None if form is None or old is None else form.unfold(old)
    if form is None or unfolded is None:
        raise DeskStreamError(f"section {'/'.join(path)} has no rows that could change")
    return form.fold(old, edited(unfolded[1], edits, form.maker()))


def _get(snapshot: DeskSnapshot, path: SectionPath) -> Any:
    """Return a section that is known; None where it is not there."""
    match path:
        case ("monitoring", name):
            return getattr(snapshot.monitoring, _MONITORING_FIELDS[name].name)
        case (field, key):
            return getattr(snapshot, field).get(key)
        case _:
            return getattr(snapshot, path[0])


def _put(snapshot: DeskSnapshot, path: SectionPath, value: Any) -> None:
    match path:
        case ("monitoring", name):
            setattr(snapshot.monitoring, _MONITORING_FIELDS[name].name, value)
        case (field, key):
            getattr(snapshot, field)[key] = value
        case _:
            setattr(snapshot, path[0], value)


def _rows_known() -> str:
    forms = {path: _form(path) for path in _KINDS}
    told = ((*path, *form.row.__struct_fields__) for path, form in forms.items() if form is not None)
    return f"{_EDITION}.{crc32(repr([_EDITION, *told]).encode()):08x}"


ROWS_KNOWN: Final = _rows_known()
"""Names the rows of this version, whose fields are told by their places: another version's may have others."""
