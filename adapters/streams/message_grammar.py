"""The shape of a venue's book message, and the program that the compiled reader runs for it.

A grammar says what a message has to be made of; whatever has another shape, a key more included, is not understood and
left to the reader of typed messages. Fields of an `Object` may stand in any order, those of a `Record` (the levels, of
which there are many) only in the one given.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from adapters.streams import message_layout as codes
from core.book.book import Ints
from core.book.layout import BATCH_HEADER_SIZE

_WORD: Final = 8
_LARGEST: Final = 10**18
_FRAME_SIZE: Final = 2


class Text(msgspec.Struct, frozen=True):
    """Exactly this text."""

    value: str


class AnyText(msgspec.Struct, frozen=True):
    """Some text that nobody needs."""


class AnyCount(msgspec.Struct, frozen=True):
    """Some whole number that nobody needs."""


class Integer(msgspec.Struct, frozen=True):
    """A whole number to be noted, perhaps written as a text."""

    note: int
    largest: int = _LARGEST
    is_text: bool = False


class Time(msgspec.Struct, frozen=True):
    """A moment as `adapters.streams.iso_time` reads it, noted in nanoseconds."""

    note: int = codes.VENUE_NS


class Steps(msgspec.Struct, frozen=True):
    """The price (TICKS) or the size (LOTS) of a level; not a text only where JSON has numbers (JSON_DECIMAL)."""

    of: int
    form: int = codes.ANY_DECIMAL


class SideName(msgspec.Struct, frozen=True):
    """The side of a level: bid or offer."""


class Record(msgspec.Struct, frozen=True):
    """An object whose fields stand in this order."""

    fields: Mapping[str, "Node"]


class Row(msgspec.Struct, frozen=True):
    """A list of exactly these."""

    nodes: Sequence["Node"]


class Levels(msgspec.Struct, frozen=True):
    """The levels of one side, or of both where each names its own; they may have to lead away from the touch."""

    side: int
    level: Record | Row
    is_ordered: bool = False


class Object(msgspec.Struct, frozen=True):
    """An object whose fields stand in any order, each once; all but the optional ones have to be there."""

    fields: Mapping[str, "Node"]
    optional: frozenset[str] = frozenset()


Node = Text | AnyText | AnyCount | Integer | Time | Steps | SideName | Record | Row | Levels | Object


def can_be_text(value: str) -> bool:
    """Tell whether a text stands in JSON as it is."""
    return value.isascii() and value.isprintable() and not {'"', "\\"} & set(value)


def program_of(message: Object, *, is_uncrossed: bool = False) -> Ints:
    """Return the instructions that read such a message; `is_uncrossed`: with its best bid below its best ask."""
    program = _Program()
    program.node(message)
    program.instruction(codes.END, int(is_uncrossed))
    return program.finished()


class _Program:
    """Writes instructions; a literal belongs to the instruction before it."""

    def __init__(self) -> None:
        self._integers: list[int] = []
        self._literal = b""
        self._literal_of: int | None = None
        self._objects = 0

    def finished(self) -> Ints:
        self._close_literal()
        return np.array(self._integers, np.int64)

    def instruction(self, code: int, first: int = 0, second: int = 0) -> int:
        """Begin an instruction and return its place."""
        self._close_literal()
        place = self._literal_of = len(self._integers)
        self._integers += (code, first, second, 0, 0)
        return place

    def literal(self, text: bytes) -> None:
        if self._literal_of is None:
            self.instruction(codes.LITERAL)
        self._literal += text

    def node(self, node: Node) -> None:
        if isinstance(node, Text):
            self.literal(f'"{node.value}"'.encode())
        elif isinstance(node, AnyCount):
            self.instruction(codes.SKIP_COUNT)
        elif isinstance(node, Record):
            self._listed("{", ((f'"{key}":', value) for key, value in node.fields.items()), "}")
        elif isinstance(node, Row):
            self._listed("[", (("", value) for value in node.nodes), "]")
        elif isinstance(node, Levels):
            self._levels(node)
        elif isinstance(node, Object):
            self._object(node)
        else:
            self._scalar(node)

    def _scalar(self, node: AnyText | Integer | Time | Steps | SideName) -> None:
        quote = b'"'
        if isinstance(node, Integer):
            code = (codes.INTEGER, node.note, node.largest)
            quote = quote if node.is_text else b""
        elif isinstance(node, Steps):
            code = (codes.NUMBER, node.of, node.form)
            quote = b"" if node.form == codes.JSON_DECIMAL else quote
        elif isinstance(node, Time):
            code = (codes.TIME, node.note)
        else:
            code = (codes.SIDE_NAME if isinstance(node, SideName) else codes.SKIP_TEXT,)
        self.literal(quote)
        self.instruction(*code)
        self.literal(quote)

    def _listed(self, opening: str, parts: Iterable[tuple[str, Node]], closing: str) -> None:
        for number, (key, value) in enumerate(parts):
            self.literal(f"{',' if number else opening}{key}".encode())
            self.node(value)
        self.literal(closing.encode())

    def _levels(self, node: Levels) -> None:
        begin = self.instruction(codes.LEVELS, node.side)
        self.node(node.level)
        self._integers[begin + 2] = self.instruction(codes.LEVEL_END, begin, int(node.is_ordered))

    def _object(self, node: Object) -> None:
        begin = self.instruction(codes.FIELDS, len(node.fields))
        self._literal_of = None
        self._integers[begin + 2] = sum(1 << n for n, key in enumerate(node.fields) if key not in node.optional)
        self._integers[begin + 3] = codes.FRAMES + _FRAME_SIZE * self._objects
        self._objects += 1
        assert codes.FRAMES + _FRAME_SIZE * self._objects <= BATCH_HEADER_SIZE, "too many objects in a grammar"
        places = len(self._integers)
        self._integers += [0] * len(node.fields)
        ends: list[int] = []
        for number, (key, value) in enumerate(node.fields.items()):
            self._integers[places + number] = self.instruction(codes.LITERAL)
            self.literal(f'"{key}":'.encode())
            self.node(value)
            ends.append(self.instruction(codes.FIELD_END, begin))
        behind = self.instruction(codes.LITERAL)
        for end in ends:
            self._integers[end + 2] = behind

    def _close_literal(self) -> None:
        """Put what was collected behind its instruction, eight bytes and their mask at a time."""
        if self._literal_of is None:
            return
        text, place = self._literal, self._literal_of
        self._integers[place + 3] = len(text)
        self._integers[place + 4] = -(-len(text) // _WORD)
        for start in range(0, len(text), _WORD):
            part = text[start : start + _WORD]
            for word in (part, b"\xff" * len(part)):
                self._integers.append(int.from_bytes(word.ljust(_WORD, b"\0"), "little", signed=True))
        self._literal, self._literal_of = b"", None
