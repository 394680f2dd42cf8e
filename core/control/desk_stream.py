"""The desk as a stream: one snapshot, then only the sections that changed.

A section is a field of `DeskSnapshot`, or, where a field holds many things of one kind, one of those: a path is
``("positions",)``, ``("books", "BTC/USDT@sim-a")`` or ``("monitoring", "market")``. Numbers stay exact: sections are
decoded from their JSON text into their own types, money never passes through a float.
"""

import copy
from typing import Any, Final

import msgspec

from core.state.desk import BookView, DeskRequest, DeskSnapshot
from core.state.monitoring import MonitoringState

MIN_INTERVAL_MS: Final = 50
MAX_INTERVAL_MS: Final = 5_000
DEFAULT_INTERVAL_MS: Final = 100

SectionPath = tuple[str, ...]
Sections = dict[SectionPath, bytes]

_BOOKS: Final = "books"
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


class DeltaFrame(msgspec.Struct, frozen=True, tag="delta", tag_field="type"):
    """Sections to replace as ``[path, value]`` and paths to remove; applies to the frame one sequence before."""

    sequence: int
    set: list[tuple[SectionPath, msgspec.Raw]]
    removed: list[SectionPath]


_frames: "msgspec.json.Decoder[SnapshotFrame | DeltaFrame]" = msgspec.json.Decoder(SnapshotFrame | DeltaFrame)
_snapshots = msgspec.json.Decoder(DeskSnapshot)


class DeskStreamError(ValueError):
    """A frame that does not fit the state: out of sequence or of an unknown form."""


def split(snapshot: DeskSnapshot) -> Sections:
    """Return the JSON of every section."""
    sections: Sections = {}
    for name in DeskSnapshot.__struct_fields__:
        value = getattr(snapshot, name)
        if name == _BOOKS:
            sections.update({(name, key): _encoder.encode(book) for key, book in value.items()})
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
        self._sequence = 0

    def start_over(self) -> None:
        """Make the next frame a whole snapshot; what the client has is not kept meanwhile."""
        self._sent = None

    def frame(self, snapshot: DeskSnapshot, gap_ms: int = 0) -> bytes:
        """Return the next frame; an empty delta is a frame too and tells that the engine lives."""
        self._sequence += 1
        sections, sent = split(snapshot), self._sent
        self._sent = sections
        if sent is None:
            return _encoder.encode(SnapshotFrame(self._sequence, msgspec.Raw(_encoder.encode(snapshot)), gap_ms))
        changed = [(path, msgspec.Raw(text)) for path, text in sections.items() if sent.get(path) != text]
        removed = [path for path in sent if path not in sections]
        return _encoder.encode(DeltaFrame(self._sequence, changed, removed))


class DeskMirror:
    """The client's end: apply frames, give a new `DeskSnapshot` after each; older ones never change."""

    def __init__(self) -> None:
        self._snapshot: DeskSnapshot | None = None
        self._sequence = 0
        self.gap_ms = 0  # before the newest frame

    def apply(self, frame: bytes | str) -> DeskSnapshot:
        """Return the state after a frame.

        Raises
        ------
        DeskStreamError
            For a frame that cannot be read or does not follow the last one; the state is then to be asked anew.
        """
        try:
            message = _frames.decode(frame)
            if isinstance(message, SnapshotFrame):
                self._snapshot = _snapshots.decode(message.state)
            else:
                self._snapshot = self._after(message)
        except msgspec.DecodeError as error:
            raise DeskStreamError(f"a frame of the stream cannot be read: {error}") from error
        self._sequence = message.sequence
        self.gap_ms = message.gap_ms if isinstance(message, SnapshotFrame) else 0
        return self._snapshot

    def _after(self, delta: DeltaFrame) -> DeskSnapshot:
        if self._snapshot is None or delta.sequence != self._sequence + 1:
            raise DeskStreamError(f"frame {delta.sequence} does not follow frame {self._sequence}")
        snapshot = copy.copy(self._snapshot)
        snapshot.books = dict(snapshot.books)
        snapshot.monitoring = copy.copy(snapshot.monitoring)
        for path, text in delta.set:
            _put(snapshot, path, text)
        for path in delta.removed:
            if len(path) != 2 or path[0] != _BOOKS:
                raise DeskStreamError(f"section {'/'.join(path)} cannot be removed")
            snapshot.books.pop(path[1], None)
        return snapshot


_MONITORING_FIELDS: Final = {field.encode_name: field for field in msgspec.structs.fields(MonitoringState)}
_book_decoder = msgspec.json.Decoder(BookView)
_monitoring_decoders: dict[str, "msgspec.json.Decoder[Any]"] = {
    name: msgspec.json.Decoder(field.type) for name, field in _MONITORING_FIELDS.items()
}
_field_decoders: dict[str, "msgspec.json.Decoder[Any]"] = {
    field.name: msgspec.json.Decoder(field.type)
    for field in msgspec.structs.fields(DeskSnapshot)
    if field.name not in {_BOOKS, _MONITORING}
}


def _put(snapshot: DeskSnapshot, path: SectionPath, text: msgspec.Raw) -> None:
    match path:
        case (name,) if name in _field_decoders:
            setattr(snapshot, name, _field_decoders[name].decode(text))
        case ("books", key):
            snapshot.books[key] = _book_decoder.decode(text)
        case ("monitoring", name) if name in _monitoring_decoders:
            setattr(snapshot.monitoring, _MONITORING_FIELDS[name].name, _monitoring_decoders[name].decode(text))
        case _:
            raise DeskStreamError(f"section {'/'.join(path)} is not known to this version")
