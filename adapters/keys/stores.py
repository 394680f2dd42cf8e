"""What a place that keeps keys offers, and how a key in it is told of."""

from enum import StrEnum
from typing import NamedTuple, Protocol

from adapters.keys.key_name import KeyName
from core.types.credentials import Credentials


class StoreKind(StrEnum):
    SYSTEMD = "systemd"
    KEYRING = "keyring"
    VAULT = "vault"


class Store(Protocol):
    """Keeps keys; every call blocks and raises KeyStoreError where the place cannot be used."""

    @property
    def kind(self) -> StoreKind: ...

    @property
    def place(self) -> str:
        """Say where, e.g. the path of a file."""
        ...

    def read(self, name: KeyName) -> Credentials | None: ...

    def names(self) -> list[KeyName]: ...


class WritableStore(Store, Protocol):
    @property
    def strength(self) -> str:
        """Say what protects the keys there."""
        ...

    def put(self, credentials: Credentials) -> None: ...

    def remove(self, name: KeyName) -> bool:
        """Remove a key; False where there is none."""
        ...


class StoredKey(NamedTuple):
    store: StoreKind
    place: str
    credentials: Credentials


class Trouble(NamedTuple):
    """A place that could not be looked into."""

    store: StoreKind
    text: str


def name_of(credentials: Credentials) -> KeyName:
    return KeyName(credentials.venue, credentials.account)
