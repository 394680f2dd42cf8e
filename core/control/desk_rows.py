"""Which sections of the desk are lists of rows, and how they become rows and are made of them again.

A list of structs is one row each; so is a mapping of them, by one key or by two, whose keys are the same on both ends.
A struct that stands alone is one row. A chart is a row for each bar, with the values of its studies at that bar.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain
from operator import is_
from typing import Any, Final, NamedTuple, get_args, get_origin

import msgspec

from core.control.row_changes import Copied, Edit, RowMaker, RowText, edits_between
from core.state.desk import BarView, ChartView

_encode: Final = msgspec.json.Encoder(decimal_format="number").encode
_raw_rows: Final = msgspec.json.Decoder(list[msgspec.Raw])
_as_tuple: Final = msgspec.structs.astuple

Unfolded = tuple[object, Sequence[Any]] | None


class TextRows:
    """The rows of a section as they were when it was sent."""

    __slots__ = ("_texts", "head", "text")

    def __init__(self, head: object, text: bytes) -> None:
        self.head = head  # what must be the same for rows to be told by what changed of them
        self.text = text  # of all rows
        self._texts: list[RowText] | None = None

    def edits_since(self, before: "SentRows | bytes | None") -> list[Edit] | None:
        """Return what changed, nothing where nothing did; None where the section is to be sent whole."""
        if not isinstance(before, TextRows) or before.head != self.head:
            return None
        if before.text == self.text:
            return []
        old, new = before.texts, self.texts
        return edits_between(old, new, old.__getitem__, new.__getitem__) if new else None

    @property
    def texts(self) -> list[RowText]:
        if self._texts is None:
            self._texts = [bytes(text) for text in _raw_rows.decode(self.text)]
        return self._texts


class LastingRows:
    """The rows of a section, none of which ever changes: those that are still there need not be looked at."""

    __slots__ = ("_texts", "head", "rows")

    def __init__(self, head: object, rows: Sequence[Any]) -> None:
        self.head = head
        self.rows = rows
        self._texts: dict[int, RowText] = {}  # by the identity of rows that had to be looked at

    def edits_since(self, before: "SentRows | bytes | None") -> list[Edit] | None:
        """Return what changed, nothing where nothing did; None where the section is to be sent whole."""
        if not isinstance(before, LastingRows) or before.head != self.head:
            return None
        if len(before.rows) == len(self.rows) and all(map(is_, before.rows, self.rows)):
            self._texts = before._texts
            return []
        if not self.rows:
            return None
        edits = self._found_since(before)
        return [] if edits == [Copied(0, len(before.rows))] else edits

    def _found_since(self, before: "LastingRows") -> list[Edit]:
        old, new = list(map(id, before.rows)), list(map(id, self.rows))
        both = {*old} & {*new}
        return edits_between(
            [each if each in both else before.text_at(place) for place, each in enumerate(old)],
            [each if each in both else self.text_at(place) for place, each in enumerate(new)],
            before.text_at,
            self.text_at,
        )

    def text_at(self, place: int) -> RowText:
        row = self.rows[place]
        text = self._texts.get(id(row))
        if text is None:
            text = self._texts[id(row)] = _encode(_as_tuple(row))
        return text


SentRows = TextRows | LastingRows


class RowForm(NamedTuple):
    """How a section becomes rows, and how rows become a section again beside the older one."""

    row: type[msgspec.Struct]
    unfold: Callable[[Any], Unfolded]
    fold: Callable[[Any, list[Any]], Any]

    def rows(self, value: Any) -> SentRows | None:
        """Return a section's rows; None for a section that has none."""
        unfolded = self.unfold(value)
        if unfolded is None:
            return None
        head, rows = unfolded
        if self.row is BarView:
            return TextRows(head, _encode(rows))
        if self.row.__struct_config__.frozen:
            return LastingRows(head, rows)
        return TextRows(head, _encode(list(map(_as_tuple, rows))))

    def maker(self) -> RowMaker:
        return _maker(self.row)


class _StructMaker(NamedTuple):
    kind: type[msgspec.Struct]
    fields: tuple[tuple[str, "msgspec.json.Decoder[Any]"], ...]

    def put(self, fields: Sequence[msgspec.Raw]) -> Any:
        found = zip(self.fields, fields, strict=True)
        return self.kind(**{name: decoder.decode(text) for (name, decoder), text in found})

    def patched(self, row: Any, values: Sequence[tuple[int, msgspec.Raw]]) -> Any:
        changed = {self.fields[place][0]: self.fields[place][1].decode(text) for place, text in values}
        return msgspec.structs.replace(row, **changed)


class _ChartMaker(NamedTuple):
    """Makes a bar and the values beside it."""

    bar: "msgspec.json.Decoder[BarView]"
    value: "msgspec.json.Decoder[float | None]"

    def put(self, fields: Sequence[msgspec.Raw]) -> Any:
        return tuple(self._read(place, text) for place, text in enumerate(fields))

    def patched(self, row: Any, values: Sequence[tuple[int, msgspec.Raw]]) -> Any:
        fields = list(row)
        for place, text in values:
            fields[place] = self._read(place, text)
        return tuple(fields)

    def _read(self, place: int, text: msgspec.Raw) -> Any:
        return self.value.decode(text) if place else self.bar.decode(text)


@cache
def _maker(row: type[msgspec.Struct]) -> RowMaker:
    """Return what makes rows of a type, made when the first is needed: none has to be before a first picture."""
    if row is BarView:
        return _ChartMaker(msgspec.json.Decoder(BarView), msgspec.json.Decoder(float | None))
    return _StructMaker(
        row, tuple((field.name, msgspec.json.Decoder(field.type)) for field in msgspec.structs.fields(row))
    )


def form_of(kind: Any) -> RowForm | None:
    """Return the rows of a section of some type, None for one that has none."""
    if kind == ChartView | None:
        return RowForm(BarView, _barred, _chart_again)
    if _is_struct(kind):
        return RowForm(kind, _alone, _one_again)
    match get_origin(kind), get_args(kind):
        case (_, (row,)) if get_origin(kind) is list and _is_struct(row):
            return RowForm(row, _listed, _list_again)
        case (_, (_, row)) if get_origin(kind) is dict and _is_struct(row):
            return RowForm(row, _mapped, _mapping_again)
        case (_, (_, inner)) if get_origin(kind) is dict and get_origin(inner) is dict:
            row = get_args(inner)[1]
            return RowForm(row, _mapped_twice, _mapping_twice_again) if _is_struct(row) else None
        case _:
            return None


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _alone(value: Any) -> Unfolded:
    return None, [value]


def _one_again(_old: Any, rows: list[Any]) -> Any:
    (row,) = rows
    return row


def _listed(value: list[Any]) -> Unfolded:
    return None, list(value)


def _list_again(_old: Any, rows: list[Any]) -> list[Any]:
    return rows


def _mapped(value: dict[str, Any]) -> Unfolded:
    return tuple(value), list(value.values())


def _mapping_again(old: dict[str, Any], rows: list[Any]) -> dict[str, Any]:
    return dict(zip(old, rows, strict=True))


def _mapped_twice(value: dict[str, dict[str, Any]]) -> Unfolded:
    keys = tuple((key, *inner) for key, inner in value.items())
    return keys, list(chain.from_iterable(inner.values() for inner in value.values()))


def _mapping_twice_again(old: dict[str, dict[str, Any]], rows: list[Any]) -> dict[str, dict[str, Any]]:
    if len(rows) != sum(map(len, old.values())):
        raise ValueError("there is not a row for each name")
    left = iter(rows)
    return {key: {name: next(left) for name in inner} for key, inner in old.items()}


def _barred(chart: ChartView | None) -> Unfolded:
    if chart is None:
        return None
    columns = [line.values for study in chart.studies for line in study.lines]
    if any(len(column) != len(chart.bars) for column in columns):
        return None
    head = _encode(_with_columns(chart, [], [[] for _ in columns]))
    return head, list(zip(chart.bars, *columns, strict=True))


def _chart_again(old: ChartView, rows: list[Any]) -> ChartView:
    bars, *columns = map(list, zip(*rows, strict=True))
    return _with_columns(old, bars, columns)


def _with_columns(chart: ChartView, bars: list[BarView], columns: Iterable[list[float | None]]) -> ChartView:
    left = iter(columns)
    return msgspec.structs.replace(
        chart,
        bars=bars,
        studies=[
            msgspec.structs.replace(
                study, lines=[msgspec.structs.replace(line, values=next(left)) for line in study.lines]
            )
            for study in chart.studies
        ],
    )
