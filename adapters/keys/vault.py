"""The vault: all keys in one encrypted file, for machines without a keyring."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from adapters.keys.entry import read_entry, write_entry
from adapters.keys.key_name import KeyName, parse_name
from adapters.keys.private_file import exclusive, read_private_file, replace_private_file
from adapters.keys.stores import StoreKind, name_of
from adapters.keys.vault_format import (
    MAX_VAULT_BYTES,
    Cost,
    DamagedVaultError,
    Derivation,
    Header,
    SealedVault,
    VaultKey,
    WrongPassphraseError,
    derive_key,
    new_header,
    open_sealed,
    read_sealed,
    seal,
)
from adapters.keys.vault_unlocking import VaultUnlocking
from core.ports.keys import KeyStoreError
from core.types.credentials import Credentials, Secret

_Entries = dict[KeyName, Secret]
_RECOVERY: Final = "put a copy of it back, or remove it and add the keys anew"


class Vault:
    """A WritableStore in one file. Each call reads the file anew: other processes change it too.

    Parameters
    ----------
    path
        The file; made with the first key.
    unlocking
        What opens it; asked once.
    cost
        What one guess of the passphrase of a new vault costs.
    """

    kind = StoreKind.VAULT

    def __init__(self, path: Path, unlocking: VaultUnlocking, cost: Cost | None = None) -> None:
        self._path = path
        self._unlocking = unlocking
        self._cost = cost or Cost()
        self._opened: tuple[bytes, VaultKey] | None = None  # with the salt it was derived with
        self._prepared: tuple[Header, VaultKey] | None = None  # of a vault that is not there yet

    @property
    def place(self) -> str:
        return str(self._path)

    @property
    def strength(self) -> str:
        header = self._sealed_header()
        derivation = self._unlocking.new_derivation() if header is None else header.derivation
        if derivation is Derivation.KEY_FILE:
            return f"AES-256-GCM; who can read it and the key file {self._unlocking.key_file} has the keys"
        cost = self._cost if header is None else header.cost
        memory = f"{cost.memory_kib // 1024} MiB, {cost.passes} passes"
        return f"AES-256-GCM, its key from your passphrase by argon2id ({memory}): as strong as the passphrase"

    def exists(self) -> bool:
        return self._path.exists() or self._path.is_symlink()

    def unlock(self) -> None:
        """Ask for what opens the vault, or a new one; raise KeyStoreError where it does not."""
        sealed = self._read_sealed()
        if sealed is not None:
            self._open(sealed)
        elif self._prepared is None:
            header = new_header(self._unlocking.new_derivation(), self._cost)
            secret = self._unlocking.secret(header.derivation, self._path, is_new=True)
            self._prepared = header, derive_key(header, secret)

    def read(self, name: KeyName) -> Credentials | None:
        entry = self._entries().get(name)
        return None if entry is None else read_entry(name, entry, self.place)

    def names(self) -> list[KeyName]:
        return sorted(self._entries())

    def put(self, credentials: Credentials) -> None:
        self.unlock()  # before the lock: a person may think for as long as they like
        entry = write_entry(credentials)

        def change(entries: _Entries) -> bool:
            entries[name_of(credentials)] = entry
            return True

        self._change(change)

    def remove(self, name: KeyName) -> bool:
        if not self.exists():
            return False
        self.unlock()
        return self._change(lambda entries: entries.pop(name, None) is not None)

    def _change(self, change: Callable[[_Entries], bool]) -> bool:
        """Carry a change out against what the file holds now; return whether there was one."""
        with exclusive(self._path):
            sealed = self._read_sealed()
            if sealed is None:
                if self._prepared is None:
                    raise KeyStoreError(f"{self._path}: has gone away meanwhile; nothing was written")
                (header, key), entries = self._prepared, {}
            else:
                header, (key, entries) = sealed.header, self._open(sealed)
            if not change(entries):
                return False
            sealed_anew = seal(header, key, _encode(entries))
            if len(sealed_anew) > MAX_VAULT_BYTES:
                raise KeyStoreError(f"{self._path}: is full: a vault has at most {MAX_VAULT_BYTES} bytes")
            replace_private_file(self._path, sealed_anew)
            self._opened = header.salt, key
            return True

    def _entries(self) -> _Entries:
        sealed = self._read_sealed()
        return {} if sealed is None else self._open(sealed)[1]

    def _open(self, sealed: SealedVault) -> tuple[VaultKey, _Entries]:
        key = self._key_for(sealed.header)
        try:
            content = open_sealed(sealed, key)
        except WrongPassphraseError:
            what = "passphrase" if sealed.header.derivation is Derivation.PASSPHRASE else "key file"
            raise WrongPassphraseError(f"{self._path}: the {what} does not open it; the file itself is whole") from None
        except DamagedVaultError as error:
            raise self._damaged(error) from None
        self._opened = sealed.header.salt, key
        return key, _decode(content, self._path)

    def _key_for(self, header: Header) -> VaultKey:
        if self._opened is not None and self._opened[0] == header.salt:
            return self._opened[1]
        secret = self._unlocking.secret(header.derivation, self._path, is_new=False)
        return derive_key(header, secret)

    def _sealed_header(self) -> Header | None:
        sealed = self._read_sealed()
        return None if sealed is None else sealed.header

    def _read_sealed(self) -> SealedVault | None:
        data = read_private_file(self._path, MAX_VAULT_BYTES)
        if data is None:
            return None
        try:
            return read_sealed(data)
        except DamagedVaultError as error:
            raise self._damaged(error) from None

    def _damaged(self, error: DamagedVaultError) -> DamagedVaultError:
        return DamagedVaultError(f"{self._path}: the vault is damaged: {error}; {_RECOVERY}")


def _encode(entries: _Entries) -> bytes:
    return msgspec.json.encode({str(name): entry.reveal() for name, entry in sorted(entries.items())})


def _decode(content: bytes, path: Path) -> _Entries:
    entries: _Entries = {}
    for text, entry in msgspec.json.decode(content, type=dict[str, str]).items():
        name = parse_name(text)
        if name is None:  # left out, it would be lost with the next change
            raise DamagedVaultError(f"{path}: the vault holds {text!r}, which is no VENUE/ACCOUNT")
        entries[name] = Secret(entry)
    return entries
