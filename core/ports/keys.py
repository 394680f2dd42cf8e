"""Where keys come from; no other module knows where they are kept."""

from enum import StrEnum
from typing import Protocol

import msgspec

from core.types.credentials import Credentials


class KeyRight(StrEnum):
    READ = "read"
    TRADE = "trade"
    WITHDRAW = "withdraw"


class KeyRights(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue says a key may do; None where the venue does not tell."""

    rights: frozenset[KeyRight] | None
    detail: str = ""


class KeySource(Protocol):
    """Reads keys; blocking, from any thread."""

    def read(self, venue: str, account: str) -> Credentials | None:
        """Return the key, None where there is none; raise KeyStoreError where the store cannot be opened."""
        ...


class KeyStoreError(Exception):
    """A key store cannot be used; the text says why and what to do, and holds no part of a key."""
