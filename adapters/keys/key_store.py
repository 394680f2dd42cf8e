"""All places of keys as one: looked at in a fixed order, written to the first that takes it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from adapters.keys.fields import fields_of
from adapters.keys.key_name import KeyName
from adapters.keys.os_keyring import NoKeyringError, OsKeyring
from adapters.keys.stores import Store, StoredKey, StoreKind, Trouble, WritableStore, name_of
from adapters.keys.systemd_credentials import SystemdCredentials, credential_name
from adapters.keys.vault import Vault
from core.io.redaction import remember_secret
from core.ports.keys import KeyStoreError
from core.types.credentials import MAIN_ACCOUNT, Credentials


class Listing(NamedTuple):
    keys: list[StoredKey]
    troubles: list[Trouble]


class KeyStore:
    """A KeySource over systemd credentials, the OS keyring and the vault, in this order.

    Parameters
    ----------
    systemd
        None where this process was handed no credentials.
    open_keyring
        Finds the keyring, called once and only when it is needed; None where it must not be used.
    vault
        The vault, be it there yet or not.
    """

    def __init__(
        self, *, systemd: SystemdCredentials | None, open_keyring: Callable[[], OsKeyring] | None, vault: Vault
    ) -> None:
        self._systemd = systemd
        self._open_keyring = open_keyring
        self._vault = vault
        self._keyring: OsKeyring | KeyStoreError | None = None

    def read(self, venue: str, account: str = MAIN_ACCOUNT) -> Credentials | None:
        """Return the key from the first place that has it, None where none has; its secrets are masked in logs."""
        found = self.find(KeyName(venue, account))
        return None if found is None else found.credentials

    def find(self, name: KeyName) -> StoredKey | None:
        """Return the key with its place; raise KeyStoreError where a place that may have it cannot be opened."""
        for store in self._readable():
            credentials = store.read(name)
            if credentials is not None:
                remember_key(credentials)
                return StoredKey(store.kind, store.place, credentials)
        keyring = self._found_keyring()
        if self._is_out_of_reach(keyring):
            raise KeyStoreError(f"there may be a key of {name} in a keyring that cannot be used: {keyring}")
        return None

    def target(self, name: KeyName, kind: StoreKind | None = None) -> WritableStore:
        """Return the place a key is to be put in, opened; raise KeyStoreError where another would be read first."""
        self._refuse_what_systemd_has(name)
        keyring = self._found_keyring()
        if kind is StoreKind.KEYRING and not isinstance(keyring, OsKeyring):
            raise keyring
        if isinstance(keyring, OsKeyring):
            if kind is not StoreKind.VAULT:
                return keyring
            if keyring.read(name) is not None:
                raise KeyStoreError(
                    f"{keyring.place}: has a key of {name}, which is read before the vault's; remove it"
                )
        self._vault.unlock()
        return self._vault

    def put(self, credentials: Credentials, target: WritableStore) -> None:
        """Keep a key and read it back; raise KeyStoreError where it does not come back as it was."""
        target.put(credentials)
        if self.read(credentials.venue, credentials.account) != credentials:
            raise KeyStoreError(f"{target.place}: the key of {name_of(credentials)} did not come back as it was put")

    def remove(self, name: KeyName) -> list[WritableStore]:
        """Remove a key from every place that has it; return these.

        Raises KeyStoreError, nothing removed, where a place that may have it cannot be opened or written.
        """
        self._refuse_what_systemd_has(name)
        keyring = self._found_keyring()
        if self._is_out_of_reach(keyring):
            raise KeyStoreError(f"there may be a key of {name} in a keyring that cannot be used: {keyring}")
        if self._vault.exists():
            self._vault.unlock()
        stores: list[WritableStore] = [keyring] if isinstance(keyring, OsKeyring) else []
        return [store for store in (*stores, self._vault) if store.remove(name)]

    def listing(self) -> Listing:
        """Return every key of every place, and the places that cannot be looked into."""
        keys: list[StoredKey] = []
        troubles: list[Trouble] = []
        for store in self._readable():
            try:
                names = store.names()
            except KeyStoreError as error:
                troubles.append(Trouble(store.kind, str(error)))
                continue
            for name in names:
                try:
                    credentials = store.read(name)
                except KeyStoreError as error:
                    troubles.append(Trouble(store.kind, str(error)))
                else:
                    if credentials is not None:
                        remember_key(credentials)
                        keys.append(StoredKey(store.kind, store.place, credentials))
        keyring = self._found_keyring()
        if self._is_out_of_reach(keyring):
            troubles.append(Trouble(StoreKind.KEYRING, str(keyring)))
        return Listing(keys, troubles)

    def _refuse_what_systemd_has(self, name: KeyName) -> None:
        if self._systemd is not None and self._systemd.read(name) is not None:
            raise KeyStoreError(
                f"{self._systemd.place}: systemd hands over {credential_name(name)}, which is read before"
                " any other key; change it there"
            )

    @staticmethod
    def _is_out_of_reach(keyring: OsKeyring | KeyStoreError) -> bool:
        """Tell a keyring that does not answer from one, and from none."""
        return isinstance(keyring, KeyStoreError) and not isinstance(keyring, NoKeyringError)

    def _readable(self) -> Iterator[Store]:
        if self._systemd is not None:
            yield self._systemd
        keyring = self._found_keyring()
        if isinstance(keyring, OsKeyring):
            yield keyring
        yield self._vault

    def _found_keyring(self) -> OsKeyring | KeyStoreError:
        if self._keyring is None:
            self._keyring = self._look_for_keyring()
        return self._keyring

    def _look_for_keyring(self) -> OsKeyring | KeyStoreError:
        if self._open_keyring is None:
            return NoKeyringError("the OS keyring is switched off: keys.use_os_keyring = false")
        try:
            return self._open_keyring()
        except KeyStoreError as error:
            return error


def remember_key(credentials: Credentials) -> None:
    """Have the secret parts of a key masked in whatever this process logs."""
    for field in fields_of(credentials.venue):
        if field.is_secret and field.name in credentials.fields:
            remember_secret(credentials.reveal(field.name))
