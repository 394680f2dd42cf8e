"""What opens the vault: a passphrase, from whichever place has one, or a key file."""

import os
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Final

from adapters.keys.hidden_bytes import HiddenBytes
from adapters.keys.private_file import read_private_file
from adapters.keys.vault_format import Derivation
from core.ports.keys import KeyStoreError
from core.types.credentials import Secret

PASSPHRASE_CREDENTIAL: Final = "seraphim-vault-passphrase"  # noqa: S105 - the name of it
KEY_FILE_VARIABLE: Final = "SERAPHIM_VAULT_KEY_FILE"
PASSPHRASE_FD_VARIABLE: Final = "SERAPHIM_VAULT_PASSPHRASE_FD"  # noqa: S105 - the name of a number
LEAST_PASSPHRASE_CHARACTERS: Final = 12
KEY_FILE_BYTES: Final = 32
_MAX_PASSPHRASE_BYTES: Final = 4096

AskPassphrase = Callable[[str], Secret]
"""Ask a person for a passphrase, given the prompt; may raise what ends the command."""


class VaultUnlocking:
    """Finds the secret that opens a vault, or makes a new one.

    Parameters
    ----------
    key_file
        A file of 32 random bytes, of this user alone; a new vault is made with it where it is given.
    credentials_folder
        The folder of systemd credentials, one of which may be the passphrase.
    passphrase_fd
        A descriptor the passphrase can be read from, once; it is closed then.
    ask
        Asks at the terminal; None where nobody is there.
    """

    def __init__(
        self,
        *,
        key_file: Path | None = None,
        credentials_folder: Path | None = None,
        passphrase_fd: int | None = None,
        ask: AskPassphrase | None = None,
    ) -> None:
        self.key_file = key_file
        self._credentials_folder = credentials_folder
        self._passphrase_fd = passphrase_fd
        self._ask = ask
        self._read_passphrase: Secret | None = None

    def new_derivation(self) -> Derivation:
        return Derivation.PASSPHRASE if self.key_file is None else Derivation.KEY_FILE

    def secret(self, derivation: Derivation, vault: Path, *, is_new: bool) -> HiddenBytes:
        """Return the passphrase, or what is in the key file; raise KeyStoreError where it is not to be had."""
        if derivation is Derivation.KEY_FILE:
            return self._key_file_content(vault)
        if self.key_file is not None:
            raise KeyStoreError(
                f"{vault}: opens with a passphrase, but a key file is named ({self.key_file});"
                f" unset {KEY_FILE_VARIABLE} and keys.vault_key_file"
            )
        passphrase = self._passphrase(vault, is_new=is_new)
        if is_new and len(passphrase.reveal()) < LEAST_PASSPHRASE_CHARACTERS:
            raise KeyStoreError(f"{vault}: a new passphrase must have {LEAST_PASSPHRASE_CHARACTERS} characters or more")
        return HiddenBytes(passphrase.reveal().encode())

    def _key_file_content(self, vault: Path) -> HiddenBytes:
        if self.key_file is None:
            raise KeyStoreError(
                f"{vault}: opens with a key file; name it in {KEY_FILE_VARIABLE} or keys.vault_key_file"
            )
        content = read_private_file(self.key_file, _MAX_PASSPHRASE_BYTES)
        if content is None:
            raise KeyStoreError(f"{self.key_file}: there is no such key file")
        if len(content) != KEY_FILE_BYTES:
            raise KeyStoreError(
                f"{self.key_file}: a key file holds {KEY_FILE_BYTES} random bytes, this {len(content)};"
                f" (umask 077; head -c {KEY_FILE_BYTES} /dev/urandom > FILE) makes one"
            )
        return HiddenBytes(content)

    def _passphrase(self, vault: Path, *, is_new: bool) -> Secret:
        found = self._credential() or self._from_descriptor()
        if found is not None:
            return found
        if self._ask is None:
            raise KeyStoreError(
                f"{vault}: needs its passphrase and nobody can be asked: hand it over as the systemd credential"
                f" {PASSPHRASE_CREDENTIAL}, or on a file descriptor named in {PASSPHRASE_FD_VARIABLE},"
                f" or keep keys under a key file named in {KEY_FILE_VARIABLE}"
            )
        if not is_new:
            return _normal(self._ask(f"Passphrase of {vault}: "))
        first = _normal(self._ask(f"New passphrase for {vault}, {LEAST_PASSPHRASE_CHARACTERS} characters or more: "))
        if _normal(self._ask("The same once more: ")) != first:
            raise KeyStoreError(f"{vault}: the two passphrases differ; nothing was written")
        return first

    def _credential(self) -> Secret | None:
        if self._credentials_folder is None:
            return None
        path = self._credentials_folder / PASSPHRASE_CREDENTIAL
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeyStoreError(f"{path}: cannot be read: {error.strerror}") from None
        return _text(content, str(path))

    def _from_descriptor(self) -> Secret | None:
        """Read the descriptor the first time, for a pipe gives its content only once."""
        if self._read_passphrase is None and self._passphrase_fd is not None:
            where = f"file descriptor {self._passphrase_fd} ({PASSPHRASE_FD_VARIABLE})"
            try:
                with os.fdopen(self._passphrase_fd, "rb") as pipe:
                    content = pipe.read(_MAX_PASSPHRASE_BYTES + 1)
            except OSError as error:
                raise KeyStoreError(f"{where}: cannot be read: {error.strerror}") from None
            self._read_passphrase = _text(content, where)
        return self._read_passphrase


def passphrase_fd(text: str | None) -> int | None:
    """Read the number of a descriptor as the environment names it."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) > 2):
        raise KeyStoreError(
            f"environment variable {PASSPHRASE_FD_VARIABLE} must be the number of an open file descriptor, 3 or more;"
            " the passphrase itself belongs into no variable"
        )
    return int(text)


def _text(content: bytes, where: str) -> Secret:
    problem = f"is longer than {_MAX_PASSPHRASE_BYTES} bytes" if len(content) > _MAX_PASSPHRASE_BYTES else None
    text = Secret("")
    try:
        text = _normal(Secret(content.decode().removesuffix("\n").removesuffix("\r")))
    except UnicodeDecodeError:
        problem = "is not UTF-8"
    if problem is None and not text.reveal():
        problem = "is empty"
    if problem is not None:
        raise KeyStoreError(f"{where}: the passphrase {problem}")
    return text


def _normal(text: Secret) -> Secret:
    """Write letters with accents one way: keyboards and systems differ in it."""
    return Secret(unicodedata.normalize("NFC", text.reveal()))
