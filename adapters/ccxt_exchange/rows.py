"""Parts of what ccxt returns, read with suspicion: any of them may be missing, None or of another type."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from adapters.ccxt_exchange.exact_number import MalformedError, exact
from core.types.order import Side

Row = Mapping[str, Any]
NS_PER_MS: Final = 1_000_000
_MOST_MS: Final = 1 << 43  # in the year 2248


def row_of(value: object, what: str) -> Row:
    if not isinstance(value, Mapping):
        raise MalformedError(f"{what} is a {type(value).__name__}, no table")
    return cast("Row", value)


def rows_of(value: object, what: str) -> list[Row]:
    if not isinstance(value, list | tuple):
        raise MalformedError(f"{what} is a {type(value).__name__}, no list")
    return [row_of(each, what) for each in cast("Iterable[object]", value)]


def part(row: Row, name: str) -> Row:
    """Return a nested table, an empty one where it is missing."""
    found = row.get(name)
    return cast("Row", found) if isinstance(found, Mapping) else {}


def text(row: Row, name: str) -> str | None:
    """Return a text, None where there is none; numbers that name something become texts."""
    found = row.get(name)
    if found is None or found == "" or isinstance(found, bool):
        return None
    return str(found) if isinstance(found, str | int) else None


def demanded_text(row: Row, name: str, what: str) -> str:
    found = text(row, name)
    if found is None:
        raise MalformedError(f"{what} has no {name}")
    return found


def moment_ns(row: Row, name: str = "timestamp") -> int | None:
    """Return a moment that ccxt gives in milliseconds."""
    found = row.get(name)
    if found is None:
        return None
    number = exact(found, name)
    if not 0 < number < _MOST_MS:
        raise MalformedError(f"{name} is {number}, no moment")
    return int(number) * NS_PER_MS


def side_of(row: Row, what: str) -> Side:
    found = row.get("side")
    if found not in ("buy", "sell"):
        raise MalformedError(f"{what} has side {str(found)[:20]!r}")
    return Side.BUY if found == "buy" else Side.SELL
