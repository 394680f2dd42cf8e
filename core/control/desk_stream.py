"""The desk as a stream: one snapshot, then only the sections that changed.

A section is a field of `DeskSnapshot`, or, where a field holds many things of one kind, one of those: a path is
``("positions",)``, ``("books", "BTC/USDT@sim-a")``, ``("tapes", "BTC/USDT@sim-a")``, ``("timelines", "job-s12ab-1")``
or ``("monitoring", "market")``. Of a tape that went on only the new prints are sent. Numbers stay exact: sections are
decoded from their JSON text into their own types, money never passes through a float.
"""

import copy
from functools import cache
from typing import Any, Final

import msgspec

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

    Sections to replace as ``[path, value]``, paths to remove, and new prints as ``[tape, prints, length]``: they go
    before the tape's own, of which the oldest fall off.
    """

    sequence: int
    set: list[tuple[SectionPath, msgspec.Raw]]
    removed: list[SectionPath]
    printed: list[tuple[str, list[PrintView], int]] = []


class DeskStreamError(ValueError):
    """A frame that does not fit the state: out of sequence or of an unknown form."""


def split(snapshot: DeskSnapshot) -> Sections:
    """Return the JSON of every section."""
    sections: Sections = {}
    for name in DeskSnapshot.__struct_fields__:
        value = getattr(snapshot, name)
        if name in _KEYED:
            sections.update({(name, key): _encoder.encode(each) for key, each in value.items()})
        elif name == _MONITORING:
            for field in _MONITORING_FIELDS.values():
                sections[name, field.encode_name] = _encoder.encode(getattr(value, field.name))
        else:
            sections[(name,)] = _encoder.encode(value)
    return sections


class DeskFramer:
    """Make the frames for one client; it knows what that client has."""

    def __init__(self) -> None:
        self._sent: Sections | None = None
        self._tapes: dict[str, list[PrintView]] = {}  # as sent
        self._sequence = 0

    def start_over(self) -> None:
        """Make the next frame a whole snapshot; what the client has is not kept meanwhile."""
        self._sent = None

    def frame(self, snapshot: DeskSnapshot, gap_ms: int = 0) -> bytes:
        """Return the next frame; an empty delta is a frame too and tells that the engine lives."""
        self._sequence += 1
        sections, sent, tapes = split(snapshot), self._sent, self._tapes
        self._sent, self._tapes = sections, snapshot.tapes
        if sent is None:
            return _encoder.encode(SnapshotFrame(self._sequence, msgspec.Raw(_encoder.encode(snapshot)), gap_ms))
        changed: list[tuple[SectionPath, msgspec.Raw]] = []
        printed: list[tuple[str, list[PrintView], int]] = []
        for path, text in sections.items():
            if sent.get(path) == text:
                continue
            new = _new_prints(tapes.get(path[1], []), snapshot.tapes[path[1]]) if path[0] == _TAPES else None
            if new is None:
                changed.append((path, msgspec.Raw(text)))
            else:
                printed.append((path[1], new, len(snapshot.tapes[path[1]])))
        removed = [path for path in sent if path not in sections]
        return _encoder.encode(DeltaFrame(self._sequence, changed, removed, printed))


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

    def apply(self, frame: bytes | str) -> DeskSnapshot:
        """Return the state after a frame.

        Raises
        ------
        DeskStreamError
            For a frame that cannot be read or does not follow the last one; the state is then to be asked anew.
        """
        try:
            message: SnapshotFrame | DeltaFrame = _decoder(SnapshotFrame | DeltaFrame).decode(frame)
            snapshot: DeskSnapshot = (
                _decoder(DeskSnapshot).decode(message.state)
                if isinstance(message, SnapshotFrame)
                else self._after(message)
            )
        except msgspec.DecodeError as error:
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
            _put(snapshot, path, text)
        for tape, prints, length in delta.printed:
            snapshot.tapes[tape] = [*prints, *snapshot.tapes.get(tape, [])][:length]
        for path in delta.removed:
            if len(path) != 2 or path[0] not in _KEYED:
                raise DeskStreamError(f"section {'/'.join(path)} cannot be removed")
            getattr(snapshot, path[0]).pop(path[1], None)
        return snapshot


_MONITORING_FIELDS: Final = {field.encode_name: field for field in msgspec.structs.fields(MonitoringState)}
_FIELD_TYPES: Final = {
    field.name: field.type for field in msgspec.structs.fields(DeskSnapshot) if field.name not in {*_KEYED, _MONITORING}
}


@cache
def _decoder(kind: Any) -> "msgspec.json.Decoder[Any]":
    """Return the decoder of a section, made when the first of its kind comes: none has before a first picture."""
    return msgspec.json.Decoder(kind)


def _put(snapshot: DeskSnapshot, path: SectionPath, text: msgspec.Raw) -> None:
    match path:
        case (name,) if name in _FIELD_TYPES:
            setattr(snapshot, name, _decoder(_FIELD_TYPES[name]).decode(text))
        case ("books", key):
            snapshot.books[key] = _decoder(BookView).decode(text)
        case ("tapes", key):
            snapshot.tapes[key] = _decoder(list[PrintView]).decode(text)
        case ("timelines", key):
            snapshot.timelines[key] = _decoder(TimelineView).decode(text)
        case ("monitoring", name) if name in _MONITORING_FIELDS:
            field = _MONITORING_FIELDS[name]
            setattr(snapshot.monitoring, field.name, _decoder(field.type).decode(text))
        case _:
            raise DeskStreamError(f"section {'/'.join(path)} is not known to this version")
