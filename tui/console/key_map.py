"""Which key does what: the registry's keys, with those the trader set in their place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, NamedTuple

from tui.console.actions import ACTIONS, BY_NAME, Action
from tui.console.key_names import is_free_in_text, key_label, key_name

if TYPE_CHECKING:
    from textual import events


_PLACE: Final = re.compile(r"\{([a-z0-9-]+)\}")


class KeyFault(NamedTuple):
    """What is wrong with the keys of one action, and what is allowed."""

    action: str
    value: str
    allowed: str


class KeyMap:
    """Keys by action and actions by key; every action of the registry has its place in it, some without a key."""

    def __init__(self, own: Mapping[str, Sequence[str]] | None = None) -> None:
        """Take the registry's keys, and for the actions in `own` those instead. They are right: see `key_faults`."""
        self._keys = {action.name: action.keys for action in ACTIONS}
        taken = {key_name(key) for keys in (own or {}).values() for key in keys}
        for name, keys in self._keys.items():
            self._keys[name] = tuple(key for key in keys if key not in taken)
        for name, keys in (own or {}).items():
            self._keys[name] = tuple(key_name(key) for key in keys)
        self._by_key = {key: BY_NAME[name] for name, keys in self._keys.items() for key in keys}

    def keys_of(self, action: Action) -> tuple[str, ...]:
        return self._keys[action.name]

    def label(self, action: Action) -> str:
        """Return the first key of an action as a trader writes it; nothing where it has none."""
        return key_label(self._keys[action.name][0]) if self._keys[action.name] else ""

    def labels(self, action: Action) -> str:
        return " ".join(key_label(key) for key in self._keys[action.name])

    def filled(self, text: str) -> str:
        """Return a text with `{action}` as the key that the action has, whatever the trader has given it."""
        return _PLACE.sub(lambda place: self._named(place[1], place[0]), text)

    def _named(self, name: str, otherwise: str) -> str:
        if name not in BY_NAME:
            return otherwise
        return self.label(BY_NAME[name]) or f"the command `{BY_NAME[name].label}`"

    def action_of(self, key: "events.Key", *, everywhere: bool) -> Action | None:
        """Return what a key does, by any of the names the library has for it."""
        found = next((self._by_key[name] for name in (key.key, *key.aliases) if name in self._by_key), None)
        return found if found is not None and found.everywhere is everywhere else None


USUAL_KEYS: Final = KeyMap()


def key_faults(own: Mapping[str, Sequence[str]]) -> Iterator[KeyFault]:
    """Say what is wrong with keys that a trader set: unknown actions and keys, two for one key, a halt without any."""
    holders: dict[str, str] = {}
    for name, keys in own.items():
        if name not in BY_NAME:
            near = get_close_matches(name, BY_NAME, n=3, cutoff=0.4) or list(BY_NAME)[:3]
            yield KeyFault(name, ", ".join(keys), f"no such action; near are {', '.join(near)}; `?` lists the keys")
            continue
        yield from _faults_of(BY_NAME[name], keys, holders)
    for action in ACTIONS:
        if action.everywhere and action.name not in own and set(action.keys) <= holders.keys():
            taker = holders[action.keys[0]]
            yield KeyFault(
                taker, key_label(action.keys[0]), f"is the only key of {action.name}: give that another one first"
            )


def _faults_of(action: Action, keys: Sequence[str], holders: dict[str, str]) -> Iterator[KeyFault]:
    if action.everywhere and not keys:
        yield KeyFault(action.name, "", "must keep a key: it is what makes trading safe at once")
    for key in keys:
        try:
            name = key_name(key)
        except ValueError as error:
            yield KeyFault(action.name, key, str(error))
            continue
        if action.everywhere and not is_free_in_text(name):
            yield KeyFault(action.name, key, "must be ctrl+letter or f1 to f24: it works in text fields too")
        other = holders.setdefault(name, action.name)
        if other != action.name:
            yield KeyFault(action.name, key, f"is the key of {other} already")
