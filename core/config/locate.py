"""Find the line of a key in a TOML text: the parser says what is in a file, not where. Reads headers and keys only."""

import re
from collections.abc import Mapping
from typing import Final

from core.config.problem import Key

_PART: Final = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_KEY: Final = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER: Final = re.compile(rf"^\s*\[\[?\s*({_KEY})\s*\]\]?\s*(?:#.*)?$")
_ASSIGNMENT: Final = re.compile(rf"^\s*({_KEY})\s*=")
_SINGLE: Final = re.compile(_PART)
_QUOTES: Final = ('"""', "'''")


def key_lines(text: str) -> dict[Key, int]:
    """Map each table and key that is written on a line of its own to the line's number, from 1."""
    lines: dict[Key, int] = {}
    table: Key = ()
    inside: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if inside is not None:
            inside = None if inside in line else inside
            continue
        if header := _HEADER.match(line):
            table = _parts(header[1])
            lines.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            lines.setdefault(table + _parts(assignment[1]), number)
            inside = next((quote for quote in _QUOTES if line.count(quote) % 2), None)
    return lines


def line_of(key: Key, lines: Mapping[Key, int]) -> int | None:
    """Return the line of a key, or of the nearest table around it: an inline table has one line for all its keys."""
    for length in range(len(key), 0, -1):
        if (line := lines.get(key[:length])) is not None:
            return line
    return None


def _parts(text: str) -> Key:
    return tuple(part.strip("\"'") for part in _SINGLE.findall(text))
