"""What a key is kept under: a venue and an account of it."""

import re
from typing import Final, NamedTuple

from core.types.credentials import MAIN_ACCOUNT

# Part of file names of credentials and of entries of keyrings, so kept plain; no dot, which parts them there.
_PLAIN: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


class KeyRefusedError(Exception):
    """A key or its name has not the form it must have; the text says what is allowed and never shows a part."""


class KeyName(NamedTuple):
    venue: str
    account: str = MAIN_ACCOUNT

    def __str__(self) -> str:
        return f"{self.venue}/{self.account}"


def key_name(venue: str, account: str = MAIN_ACCOUNT) -> KeyName:
    """Make a name; raise KeyRefusedError for one that no store could keep."""
    for what, text in (("venue", venue), ("account", account)):
        if not _PLAIN.fullmatch(text):
            raise KeyRefusedError(f"{what} {text!r} must be small letters, digits, - and _ only, at most 32")
    return KeyName(venue, account)


def parse_name(text: str, separator: str = "/") -> KeyName | None:
    """Read a name as a store has written it; None where it is none."""
    parts = text.split(separator)
    return KeyName(*parts) if len(parts) == 2 and all(_PLAIN.fullmatch(part) for part in parts) else None
