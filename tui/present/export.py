"""What a pane shows as exact rows for a spreadsheet: no rounding, no cut text."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec

from tui.present.cells import safe

_FORMULA: Final = ("=", "+", "-", "@")
_NS: Final = "_ns"


class Export(msgspec.Struct, frozen=True):
    """Rows under their columns, as text."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def as_csv(self) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return text.getvalue()

    def as_tabs(self) -> str:
        return "".join("\t".join(row) + "\n" for row in (self.columns, *self.rows))


def export_of(name: str, items: Iterable[msgspec.Struct], columns: Sequence[str]) -> Export:
    """Take fields of records, times as UTC: a column `at_ns` becomes `at_utc`."""
    return rows_of(name, columns, [[getattr(item, column) for column in columns] for item in items])


def rows_of(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Export:
    titles = tuple(f"{column.removesuffix(_NS)}_utc" if column.endswith(_NS) else column for column in columns)
    return Export(name, titles, [tuple(map(_cell, columns, row)) for row in rows])


def _cell(column: str, value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case int() if column.endswith(_NS):
            return utc_text(value)
        case int() | float():
            return repr(value)
        case _:
            text = safe(str(value))
            # A spreadsheet would compute what begins so, and such a text may come from a venue.
            return f"'{text}" if text.startswith(_FORMULA) else text


def utc_text(at_ns: int) -> str:
    """Write nanoseconds since 1970 as a UTC time, exactly."""
    seconds, nanoseconds = divmod(at_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"
