"""What a configuration is read from: a TOML file with the environment over it, and where each key was set."""

import os
import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final

from core.config.environment import Table, apply_overrides
from core.config.locate import key_lines, line_of
from core.config.problem import ConfigError, Key, Problem

MAX_FILE_BYTES: Final = 1_000_000


class Places:
    """Where each key was set."""

    def __init__(self, path: Path, lines: Mapping[Key, int], sources: Mapping[Key, str]) -> None:
        self._path = path
        self._lines = lines
        self._sources = sources

    def of(self, key: Key) -> str:
        """Return the file with the line, or the environment variable, that set a key or what is around it."""
        for length in range(len(key), 0, -1):
            if name := self._sources.get(key[:length]):
                return f"environment variable {name}"
        if (line := line_of(key, self._lines)) is not None:
            return f"{self._path}:{line}"
        inside = (name for set_key, name in self._sources.items() if set_key[: len(key)] == key)
        name = next(inside, None)
        return str(self._path) if name is None else f"environment variable {name}"


def read_tables(
    path: Path, environment: Mapping[str, str] | None, fill: Callable[[Table], Table] = lambda tables: tables
) -> tuple[Table, Places]:
    """Read the tables as they are written, nothing checked; those of no file where there is none.

    Parameters
    ----------
    environment
        Variables to take overrides from, by default those of this process.
    fill
        What is added to the file's tables before the environment is laid over them.

    Raises
    ------
    ConfigError
        For a file that cannot be read or is not TOML.
    """
    text = _read(path)
    tables = fill(_parse(path, text))
    sources = apply_overrides(tables, os.environ if environment is None else environment)
    return tables, Places(path, key_lines(text), sources)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise _whole_file(path, f"the file is larger than {MAX_FILE_BYTES} bytes")
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise _whole_file(path, f"byte {error.start} is not UTF-8; the file must be TOML in UTF-8") from None
    except OSError as error:
        raise _whole_file(path, f"the file cannot be read: {error.strerror}") from None


def _parse(path: Path, text: str) -> Table:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise _whole_file(path, f"not TOML: {error}") from None


def _whole_file(path: Path, cause: str) -> ConfigError:
    return ConfigError([Problem(str(path), "", None, cause)])
