"""Overrides from the environment: ``SERAPHIM_RISK__DAILY_LOSS_USD=300``, nested by two underscores."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from core.config.problem import Key

PREFIX: Final = "SERAPHIM_"
SEPARATOR: Final = "__"

Table = dict[str, object]


def overrides(environment: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return variable name → parts of its key, sorted by name. Names without two underscores are not overrides."""
    return {
        name: tuple(part.lower() for part in name.removeprefix(PREFIX).split(SEPARATOR))
        for name in sorted(environment)
        if name.startswith(PREFIX) and SEPARATOR in name.removeprefix(PREFIX)
    }


def apply_overrides(table: Table, environment: Mapping[str, str]) -> dict[Key, str]:
    """Write the overrides into `table`; return key → name of the variable that set it."""
    sources: dict[Key, str] = {}
    for name, parts in overrides(environment).items():
        here: Table = table
        key: Key = ()
        for part in parts[:-1]:
            found = _existing(here, part)
            key += (found,)
            below = here.get(found)
            if not isinstance(below, dict):
                below = here[found] = {}
            here = below  # pyright: ignore[reportUnknownVariableType] - any TOML table
        last = _existing(here, parts[-1])
        here[last] = read_value(environment[name])
        sources[(*key, last)] = name
    return sources


def read_value(text: str) -> object:
    """Read a value as TOML writes it; what is no TOML value is a text, so that texts need no quotes."""
    stripped = text.strip()
    if stripped.lower() in {"true", "false"}:
        return stripped.lower() == "true"
    try:
        return tomllib.loads(f"value = {stripped}", parse_float=Decimal)["value"]
    except tomllib.TOMLDecodeError:
        return text


def _existing(table: Table, part: str) -> str:
    """Match a name of the user's choice: shells allow no ``-`` in variables, so ``sim_a`` finds ``sim-a``."""
    if part in table:
        return part
    plain = part.replace("-", "_")
    return next((name for name in table if name.lower().replace("-", "_") == plain), part)
