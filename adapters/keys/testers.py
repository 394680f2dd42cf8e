"""Asking a venue what a key may do; each venue's adapter brings its own question."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final, Protocol, cast

from core.ports.keys import KeyRight, KeyRights
from core.types.credentials import Credentials


class KeyTester(Protocol):
    async def __call__(self, credentials: Credentials) -> KeyRights:
        """Ask the venue; raise where it does not answer or does not know the key."""
        ...


TESTERS: Final[Mapping[str, str]] = {}
"""Venue → ``module:function`` of its KeyTester, loaded when it is asked for."""


def tester_of(venue: str) -> KeyTester | None:
    """Return who asks a venue, None where there is no test for it yet."""
    place = TESTERS.get(venue)
    if place is None:
        return None
    module, _, function = place.partition(":")
    return cast("KeyTester", getattr(import_module(module), function))


def may_withdraw(rights: KeyRights) -> bool:
    """Tell whether a venue says that a key could move money away; what is not known is not held against it."""
    return rights.rights is not None and KeyRight.WITHDRAW in rights.rights
