"""What changed between two lists of rows, told by pieces of the older list. A row is the JSON array of its fields.

Rows need no names: what stands somewhere else is found by its text, and a row that changed in part is told by those of
its fields that differ from the row whose place it has taken. The result is the newer list whatever was found.
"""

from collections.abc import Callable, Hashable, Sequence
from operator import eq
from typing import Any, Protocol

import msgspec

RowText = bytes


class Copied(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """Rows that stand as they were, from a place in the older list on."""

    first: int
    count: int


class Put(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A row as a whole."""

    fields: list[msgspec.Raw]


class Patched(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """The row at a place in the older list, with other values in the fields whose bits are set in `mask`."""

    base: int
    mask: int
    values: list[msgspec.Raw]


Edit = Copied | Put | Patched

_fields = msgspec.json.Decoder(list[msgspec.Raw])


class RowChangeError(ValueError):
    """Edits that do not fit the list they are applied to."""


class RowMaker(Protocol):
    """Makes the rows of one list from their fields."""

    def put(self, fields: Sequence[msgspec.Raw]) -> Any:
        """Return a new row."""
        ...

    def patched(self, row: Any, values: Sequence[tuple[int, msgspec.Raw]]) -> Any:
        """Return a row with other values at these places of its fields; the old one stays as it is."""
        ...


def edits_between(
    old: Sequence[Hashable],
    new: Sequence[Hashable],
    old_text: Callable[[int], RowText],
    new_text: Callable[[int], RowText],
) -> list[Edit]:
    """Return how the newer list is made of the older one.

    Parameters
    ----------
    old, new
        What stands for each row: equal where the rows' texts are, and nowhere else.
    old_text, new_text
        The text of the row at a place; asked for rows that are not found.
    """
    head = _count_same(old, new)
    tail = _count_same(old[head:][::-1], new[head:][::-1])
    edits: list[Edit] = [Copied(0, head)] if head else []
    end = len(old) - tail
    where = {old[place]: place for place in range(head, end)}
    base = head  # the older row whose place the next one has
    for here in range(head, len(new) - tail):
        place = base if base < end and old[base] == new[here] else where.get(new[here])
        if place is not None:
            edits.append(Copied(place, 1))
            base = place + 1
            continue
        edits.append(
            _told_by(base, old_text(base), new_text(here)) if base < end else Put(_fields.decode(new_text(here)))
        )
        base += 1
    return _joined([*edits, Copied(end, tail)] if tail else edits)


def _count_same(old: Sequence[Hashable], new: Sequence[Hashable]) -> int:
    """Return how many rows both begin with."""
    most = min(len(old), len(new))
    return next((place for place, same in enumerate(map(eq, old, new)) if not same), most)


def _joined(edits: Sequence[Edit]) -> list[Edit]:
    """Make one of copies that go on each other."""
    joined: list[Edit] = []
    for edit in edits:
        last = joined[-1] if joined else None
        if isinstance(edit, Copied) and isinstance(last, Copied) and last.first + last.count == edit.first:
            joined[-1] = Copied(last.first, last.count + edit.count)
        else:
            joined.append(edit)
    return joined


def _told_by(base: int, old: RowText, new: RowText) -> Put | Patched:
    """Return the fields that differ, or all of them where hardly one is as it was."""
    before, fields = _fields.decode(old), _fields.decode(new)
    if len(before) != len(fields):
        return Put(fields)
    mask, bit = 0, 1
    values: list[msgspec.Raw] = []
    for was, field in zip(before, fields, strict=True):
        if field != was:
            mask |= bit
            values.append(field)
        bit <<= 1
    return Patched(base, mask, values) if len(values) + 1 < len(fields) else Put(fields)


def edited(old: Sequence[Any], edits: Sequence[Edit], maker: RowMaker) -> list[Any]:
    """Return the newer list; rows that did not change are the older list's own.

    Raises
    ------
    RowChangeError
        Where a piece is told of rows that the older list has not.
    """
    rows: list[Any] = []
    for edit in edits:
        match edit:
            case Copied(first, count):
                if not 0 <= first < first + count <= len(old):
                    raise RowChangeError(f"rows {first} to {first + count} of {len(old)} are to be kept")
                rows += old[first : first + count]
            case Put(fields):
                rows.append(maker.put(fields))
            case Patched(base, mask, values):
                places = [place for place in range(mask.bit_length()) if mask >> place & 1]
                if not 0 <= base < len(old) or mask < 0 or len(places) != len(values):
                    raise RowChangeError(f"row {base} of {len(old)} is to have {len(values)} other fields")
                rows.append(maker.patched(old[base], list(zip(places, values, strict=True))))
    return rows
