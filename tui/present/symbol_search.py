"""Find instruments by a part of their name, fast enough for every key typed among many thousands."""

import heapq
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

_SIGNS: Final = re.compile(r"[^a-z0-9]")
_PARTS: Final = re.compile(r"[/:]")


class _Entry(NamedTuple):
    place: int  # in the engine's order, which breaks ties
    name: str  # SYMBOL@venue
    base: str
    symbol: str  # letters and digits alone, small
    venue: str
    text: str  # symbol and venue


class SymbolIndex:
    """Names ``SYMBOL@venue``, prepared once for all searches."""

    def __init__(self, names: Iterable[str]) -> None:
        self._entries = [_entry(place, name) for place, name in enumerate(names)]

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, typed: str, limit: int) -> list[str]:
        """Return the best `limit` names for words that are all in them, in any order: ``eth sim-b``, ``btcusdt``.

        A word counts most as the base asset, then at the beginning, then inside; one that is nowhere may have other
        characters between its own (``bsd`` finds BTC/USDT).
        """
        words = [word for part in typed.lower().split() if (word := _SIGNS.sub("", part))]
        found = self._entries
        for word in words:
            inside = [entry for entry in found if word in entry.text]
            found = inside or _spread_out(word, found)
        best = heapq.nsmallest(limit, found, key=lambda entry: _rank(entry, words)) if words else found[:limit]
        return [entry.name for entry in best]


def _entry(place: int, name: str) -> _Entry:
    symbol, _, venue = name.lower().rpartition("@")
    compact, compact_venue = _SIGNS.sub("", symbol), _SIGNS.sub("", venue)
    base = _SIGNS.sub("", _PARTS.split(symbol, maxsplit=1)[0])
    return _Entry(place, name, base, compact, compact_venue, f"{compact} {compact_venue}")


def _spread_out(word: str, entries: list[_Entry]) -> list[_Entry]:
    pattern = re.compile(".*?".join(map(re.escape, word)))
    return [entry for entry in entries if pattern.search(entry.text)]


def _rank(entry: _Entry, words: list[str]) -> tuple[int, int, int]:
    """Rank by how well the words fit, then shorter base assets first, then the engine's order."""
    return sum(_misfit(entry, word) for word in words), len(entry.base), entry.place


def _misfit(entry: _Entry, word: str) -> int:
    if word == entry.base:
        return 0
    if entry.symbol.startswith(word):
        return 1
    if entry.venue.startswith(word):
        return 2
    return 3 if word in entry.symbol else 4
