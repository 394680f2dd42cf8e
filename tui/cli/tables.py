"""Tables and numbers for people. Rich is imported where a table is printed, never before."""

import io
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Final, NamedTuple

from tui.cli.output import say
from tui.present import numbers

DASH: Final = "-"
UNLIMITED: Final = 10_000


class Column(NamedTuple):
    """A column: heading, the row's key and how its value is written."""

    heading: str
    key: str
    kind: str = "text"  # text, number, average, money, score, time, duration, age


def print_table(title: str, columns: Sequence[Column], rows: Iterable[Mapping[str, object]], *, empty: str) -> None:
    """Print rows as a table, or the sentence `empty` where there are none."""
    from rich import box  # noqa: PLC0415 - heavy, and not needed with --json
    from rich.console import Console  # noqa: PLC0415 - not for --json
    from rich.table import Table  # noqa: PLC0415 - not for --json
    from rich.text import Text  # noqa: PLC0415 - not for --json

    from tui.present.cells import safe  # noqa: PLC0415 - loads Rich

    lines = [[safe(cell(row.get(column.key), column.kind)) for column in columns] for row in rows]
    if not lines:
        say(empty)
        return
    table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column.heading, justify="left" if column.kind in {"text", "time"} else "right", no_wrap=True)
    for line in lines:
        table.add_row(*(Text(text) for text in line))
    # Never squeezed to the terminal: a cut number is a wrong number.
    console = Console(file=io.StringIO(), width=UNLIMITED, force_terminal=sys.stdout.isatty(), highlight=False)
    width = console.measure(table).maximum
    if sys.stdout.isatty() and width > shutil.get_terminal_size().columns:
        say(_records(columns, lines))
        return
    with console.capture() as captured:
        console.print(table)
    say("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")))


def _records(columns: Sequence[Column], lines: Iterable[Sequence[str]]) -> str:
    """Write each row as a block of lines, for terminals too narrow for the table."""
    indent = max(len(column.heading) for column in columns)
    blocks = (
        "\n".join(f"{column.heading:>{indent}}  {text}" for column, text in zip(columns, line, strict=True))
        for line in lines
    )
    return "\n" + "\n\n".join(blocks)


def cell(value: object, kind: str) -> str:
    """Write one value; a missing one is a dash, never a zero."""
    if value is None or value == "":
        return DASH
    match kind:
        case "money":
            return f"{_decimal(value):,.2f}"
        case "number":
            return f"{_decimal(value):,f}"
        case "average":
            return numbers.average(_decimal(value))
        case "score":
            return f"{_decimal(value).quantize(Decimal('0.01'), rounding=ROUND_FLOOR)}"
        case "time":
            return utc_text(int(str(value)))
        case "duration":
            return numbers.duration(float(_decimal(value)))
        case "age":
            return f"{_decimal(value):.1f} s"
        case _:
            return str(value)


def utc_text(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _decimal(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))
