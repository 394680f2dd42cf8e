"""Keys of an account at a venue, in a form that does not slip into texts."""

from collections.abc import Mapping
from typing import Final, NoReturn

import msgspec

HIDDEN: Final = "***"
MAIN_ACCOUNT: Final = "main"


class Secret:
    """A text that shows itself only where `reveal` is called; no encoder, log or traceback sees more than stars."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, form: str) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


class KeyField(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a venue's key, as a person is asked for it."""

    name: str  # e.g. api_key, secret, passphrase, private_key
    prompt: str  # as the venue's own pages call it
    is_secret: bool = True  # False: may be shown, e.g. the address of an account


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """All parts of one key by the names of the venue's key fields."""

    venue: str
    account: str = MAIN_ACCOUNT
    fields: Mapping[str, Secret]

    def reveal(self, name: str) -> str:
        """Return one part in the clear; raise KeyError for a part the key does not have."""
        return self.fields[name].reveal()
