"""One thing wrong with a configuration, and all of them together as an error."""

from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from typing import cast

import msgspec

Key = tuple[str, ...]
MAX_SHOWN_CHARACTERS = 60


class Problem(msgspec.Struct, frozen=True):
    """`where` is a file with its line or an environment variable; `value` is the text found there."""

    where: str
    key: str
    value: str | None
    allowed: str

    def __str__(self) -> str:
        found = "" if self.value is None else f" = {self.value}"
        return f"{self.where}: {self.key}{found}: {self.allowed}" if self.key else f"{self.where}: {self.allowed}"


class ConfigError(Exception):
    """The configuration cannot be used; the text has one line for each problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def dotted(key: Key) -> str:
    """Write a key as TOML would: ``risk.daily_loss_usd``, quoted where a part is not a bare key."""
    return ".".join(part if part and all(c.isalnum() or c in "-_" for c in part) else f'"{part}"' for part in key)


def show(value: object, limit: int | None = MAX_SHOWN_CHARACTERS) -> str:
    """Write a value as a TOML file would have it, cut to a line's length unless `limit` is None."""
    match value:
        case bool():
            text = str(value).lower()
        case Enum():
            text = f'"{value.value}"'
        case str():
            text = f'"{value}"'
        case int() | float() | Decimal():
            text = str(value)
        case dict():
            text = "a table"
        case list() | tuple():
            text = "[" + ", ".join(show(item, None) for item in cast("list[object]", value)) + "]"
        case _:
            text = repr(value)
    text = text.replace("\n", "\\n")
    return text if limit is None or len(text) <= limit else text[: limit - 1] + "…"
