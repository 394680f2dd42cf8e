"""Keys as the terminal library names them, as a trader writes them, and which of them a terminal can send."""

import re
import unicodedata
from typing import Final

_RENAMED: Final = {
    "solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at", "hyphen_minus": "minus",
    "plus_sign": "plus", "low_line": "underscore",
}  # fmt: skip
_ARROWS: Final = {"up": "↑", "down": "↓", "left": "←", "right": "→"}
_WORDS: Final = {"escape": "esc", "pageup": "page up", "pagedown": "page down"}
_NAMED: Final = frozenset(
    {"up", "down", "left", "right", "pageup", "pagedown", "home", "end", "insert", "delete", "enter", "tab", "escape",
     "space", "backspace", *(f"f{number}" for number in range(1, 25))}
)  # fmt: skip
_WITH_SHIFT: Final = frozenset({"up", "down", "left", "right", "tab", "home", "end", "pageup", "pagedown"})
_WITH_CONTROL: Final = frozenset({"up", "down", "left", "right", "home", "end", "pageup", "pagedown"})
# What a terminal cannot tell apart: it sends one byte for both.
_SAME_BYTE: Final = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+j": "enter", "ctrl+h": "backspace"}
ALLOWED: Final = "one character, f1 to f24, ctrl+letter, an arrow or page key, shift+arrow or ctrl+arrow"


def key_name(text: str) -> str:
    """Return the library's name of a key as a trader writes it: ``?``, ``^k``, ``ctrl+k``, ``shift+up``.

    Raises
    ------
    ValueError
        Where no terminal can send it, or not as a key of its own; the text says what is allowed.
    """
    name = text if len(text) == 1 else text.strip().lower()
    name = f"ctrl+{name[1:]}" if len(name) == 2 and name[0] == "^" else name
    if len(name) == 1 and name.isprintable():
        return _of_character(name)
    if name in _SAME_BYTE:
        raise ValueError(f"a terminal sends the same for it as for {_SAME_BYTE[name]}")
    prefix, _, rest = name.rpartition("+")
    known = {"": _NAMED, "shift": _WITH_SHIFT, "ctrl": _WITH_CONTROL}.get(prefix, frozenset())
    if rest in known or re.fullmatch(r"ctrl\+[a-z]", name):
        return name
    raise ValueError(f"must be {ALLOWED}")


def _of_character(character: str) -> str:
    if character.isalnum():
        return character
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return _RENAMED.get(name, name)


def is_free_in_text(key: str) -> bool:
    """Tell whether a key neither types nor moves anything in a text field or a dialog."""
    return re.fullmatch(r"ctrl\+[a-z]|f\d+", key) is not None


def key_text(key: str) -> str:
    """Return a key so that `key_name` reads it."""
    return _shown(key)


def key_label(key: str) -> str:
    """Return a key as a trader writes it: ctrl+k → ^k."""
    prefix, _, rest = key.rpartition("+")
    shown = _ARROWS.get(rest) or _WORDS.get(rest) or _shown(rest)
    return {"": "", "ctrl": "^", "shift": "shift "}.get(prefix, f"{prefix} ") + shown


def _shown(key: str) -> str:
    return _CHARACTERS.get(key, key)


_CHARACTERS: Final = {_of_character(character): character for character in map(chr, range(33, 127))}
