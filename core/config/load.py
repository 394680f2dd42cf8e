"""Read the configuration: a TOML file, the environment over it, defaults below; every problem said at once."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import cast, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from core.config.alerts import HIDDEN, may_be_shown
from core.config.config import Config
from core.config.cross_checks import cross_check
from core.config.environment import Table
from core.config.first_run import default_strategies, default_venues
from core.config.problem import ConfigError, Key, Problem, dotted, show
from core.config.schema import find, kind_of, tables_of
from core.config.source import Places, read_tables
from core.config.venues import VenueConfig


def load_config(path: Path, environment: Mapping[str, str] | None = None) -> Config:
    """Load the configuration of `path`; where there is no such file, the built-in defaults.

    Parameters
    ----------
    environment
        Variables to take overrides from, by default those of this process.

    Raises
    ------
    ConfigError
        With one line a problem: file and line, key, value, and what is allowed.
    """
    tables, places = _read_tables(path, environment)
    try:
        config = Config.model_validate(tables)
    except ValidationError as error:
        problems = [*_problems(error, places), *_misfits(tables, places)]
        raise ConfigError(_in_order(problems)) from None
    if problems := list(_misfits(tables, places)):
        raise ConfigError(problems)
    return config


def places_of(path: Path, environment: Mapping[str, str] | None = None) -> Places:
    """Say where the keys of a configuration that loads were set, for who checks more of it."""
    return _read_tables(path, environment)[1]


def _read_tables(path: Path, environment: Mapping[str, str] | None) -> tuple[Table, Places]:
    return read_tables(path, environment, _with_first_run)


def _with_first_run(tables: Table) -> Table:
    """Fill in the first run's venues and strategies; strategies only beside its own venues, which they trade at."""
    if "venues" in tables:
        return {"strategies": {}, **tables}
    return {"venues": _raw(default_venues()), "strategies": _raw(default_strategies()), **tables}


def _raw(tables: Mapping[str, BaseModel]) -> Table:
    return {name: table.model_dump(exclude_unset=True) for name, table in tables.items()}


def _misfits(tables: Table, places: Places) -> Iterator[Problem]:
    for key, value, fits in cross_check(tables):
        yield Problem(places.of(key), dotted(key), None if value is None else show(value), fits)


def _problems(error: ValidationError, places: Places) -> Iterator[Problem]:
    for details in error.errors(include_url=False):
        key, value, fits = _explain(details)
        value = value if value is None or may_be_shown(key) else HIDDEN
        yield Problem(places.of(key), dotted(key), None if value is None else show(value), fits)


def _explain(details: ErrorDetails) -> tuple[Key, object, str]:
    """Return key, value found (None where there is none to show) and what is allowed."""
    found = find(Config, details["loc"])
    value = cast("object", details["input"])
    match details["type"]:
        case "extra_forbidden":
            return found.key, value, _unknown_key(found.key[-1], found.table)
        case "missing":
            return found.key, None, f"is missing; must be {found.allowed}"
        case "union_tag_invalid" | "union_tag_not_found":
            kind = cast("Table", value).get("kind") if isinstance(value, dict) else None
            return (*found.key, "kind"), kind, "must be one of " + ", ".join(show(name) for name in _venue_kinds())
        case "string_pattern_mismatch" if "[key]" in details["loc"]:
            return found.key, None, "a name has small letters, digits, - and _ only, at most 32"
        case "string_pattern_mismatch":
            return found.key, value, 'must be SYMBOL@venue, e.g. "BTC/USDT:USDT@sim-a"'
        case "too_short":
            return found.key, None, "must not be empty"
        case "value_error" if not details["msg"].endswith("not a number"):
            return found.key, None if isinstance(value, dict) else value, details["msg"].removeprefix("Value error, ")
        case _:
            return found.key, value, f"must be {found.allowed}"


def _unknown_key(name: str, table: type[BaseModel]) -> str:
    known = list(table.model_fields)
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"unknown key; did you mean {close[0]!r}?" if close else f"unknown key; known here: {', '.join(known)}"


def _venue_kinds() -> list[str]:
    return [kind_of(member) for member in tables_of(get_args(VenueConfig)[0])]


def _in_order(problems: list[Problem]) -> list[Problem]:
    """Sort by line; keep the first problem of a value, for a union complains once for each of its members."""
    first: dict[tuple[str, str, str | None], Problem] = {}
    for problem in problems:
        first.setdefault((problem.where, problem.key, problem.value), problem)
    return sorted(first.values(), key=_line)


def _line(problem: Problem) -> int:
    _, _, line = problem.where.rpartition(":")
    return int(line) if line.isdigit() else 0
