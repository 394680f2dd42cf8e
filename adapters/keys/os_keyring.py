"""The keyring of the operating system, only in the forms that encrypt and only where it answers."""

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, TypeVar

import msgspec

from adapters.keys.entry import read_entry, write_entry
from adapters.keys.key_name import KeyName, parse_name
from adapters.keys.patient_call import TooLongError, call_within
from adapters.keys.private_file import exclusive
from adapters.keys.stores import StoreKind, name_of
from core.ports.keys import KeyStoreError
from core.types.credentials import Credentials, Secret

T = TypeVar("T")

ALLOWED: Final = (
    ("keyring.backends.SecretService", "Keyring"),  # GNOME Keyring, KeePassXC, KWallet from version 6 on
    ("keyring.backends.kwallet", "DBusKeyring"),
    ("keyring.backends.libsecret", "Keyring"),
    ("keyring.backends.macOS", "Keyring"),
)
"""Named one by one and best first: what plug-ins offer may keep keys in the clear, as keyrings.alt does."""
SERVICE: Final = "seraphim"
_INDEX: Final = "index"  # no key is called so: keys have a slash
_PROBE: Final = "seraphim-probe"


class Backend(Protocol):
    """What is used of a ``keyring.backend.KeyringBackend``, which is not typed."""

    @property
    def name(self) -> str: ...

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


class NoKeyringError(KeyStoreError):
    """There is no keyring here that keys may be kept in."""


class _ProbeError(Exception):
    """A keyring does not give back what it was given."""


class OsKeyring:
    """A WritableStore in the keyring. A keyring cannot list its entries, so one entry names the others.

    Parameters
    ----------
    backend
        One that has answered; `find_keyring` makes sure of it.
    timeout_s
        Longest wait for one answer; a locked keyring waits for its password meanwhile.
    guard
        A file whose lock keeps other processes from changing the list of entries at the same time.
    """

    kind = StoreKind.KEYRING
    strength = "encrypted by the keyring under your login password; while it is unlocked your own programs can read it"

    def __init__(self, backend: Backend, timeout_s: float, guard: Path) -> None:
        self._backend = backend
        self._timeout_s = timeout_s
        self._guard = guard
        self._silence: str | None = None

    @property
    def place(self) -> str:
        return f"{self._backend.name}, service {SERVICE}"

    def read(self, name: KeyName) -> Credentials | None:
        entry = self._get(str(name))
        return None if entry is None else read_entry(name, entry, f"{self.place}, {name}")

    def names(self) -> list[KeyName]:
        return sorted(name for name in self._index() if self._get(str(name)) is not None)

    def put(self, credentials: Credentials) -> None:
        name, entry = name_of(credentials), write_entry(credentials)
        with exclusive(self._guard):
            # First the list: a name without a key is passed over, a key without a name would not be listed.
            if name not in (names := self._index()):
                self._write_index([*names, name])
            self._set(str(name), entry)

    def remove(self, name: KeyName) -> bool:
        with exclusive(self._guard):
            is_there = self._get(str(name)) is not None
            if is_there:
                self._answer(lambda: self._backend.delete_password(SERVICE, str(name)))
            if name in (names := self._index()):
                self._write_index([other for other in names if other != name])
            return is_there

    def _index(self) -> list[KeyName]:
        index = self._get(_INDEX)
        try:
            texts = [] if index is None else msgspec.json.decode(index.reveal(), type=list[str])
        except msgspec.DecodeError:
            raise KeyStoreError(f"{self.place}: the entry {_INDEX!r} is no list of names; remove it") from None
        names = [parse_name(text) for text in texts]
        return [name for name in names if name is not None]

    def _write_index(self, names: Sequence[KeyName]) -> None:
        self._set(_INDEX, Secret(msgspec.json.encode([str(name) for name in names]).decode()))

    def _get(self, entry: str) -> Secret | None:
        def ask() -> Secret | None:
            found = self._backend.get_password(SERVICE, entry)
            return None if found is None else Secret(found)

        return self._answer(ask)

    def _set(self, entry: str, text: Secret) -> None:
        self._answer(lambda: self._backend.set_password(SERVICE, entry, text.reveal()))

    def _answer(self, call: Callable[[], T]) -> T:
        if self._silence is not None:  # each further question would leave a thread behind
            raise KeyStoreError(self._silence)
        try:
            return call_within(self._timeout_s, call)
        except TooLongError as error:
            problem = self._silence = f"{self.place}: {error}; is it locked, and waits for its password?"
        except Exception as error:  # libraries below the keyring raise their own; their text may hold what was sent
            problem = f"{self.place}: {_failure(error)}"
        raise KeyStoreError(problem)


def find_keyring(timeout_s: float, guard: Path, allowed: Sequence[tuple[str, str]] = ALLOWED) -> OsKeyring:
    """Return the first allowed keyring that keeps, gives back and removes a throwaway entry.

    Raises
    ------
    NoKeyringError
        Where this machine or session has none.
    KeyStoreError
        Where there is one that does not answer, naming it and why.
    """
    problem: str | None = None
    for module, name in allowed:
        where = f"OS keyring {module.rpartition('.')[2]}"
        try:
            backend = call_within(timeout_s, lambda module=module, name=name: _probed(module, name))
        except TooLongError as error:
            problem = problem or f"{where}: {error}; is it locked, and waits for its password?"
        except Exception as error:  # as above
            problem = problem or f"{where}: {_failure(error)}"
        else:
            if backend is not None:
                return OsKeyring(backend, timeout_s, guard)
    if problem is not None:
        raise KeyStoreError(problem)
    raise NoKeyringError("there is no OS keyring here that encrypts (Secret Service, KWallet, macOS Keychain)")


def _failure(error: Exception) -> str:
    """Say what went wrong by the name of the error, as its text is not ours to trust."""
    if isinstance(error, _ProbeError):
        return str(error)
    known = {
        "KeyringLocked": "it is locked and was not unlocked",
        "PasswordSetError": "it did not take the entry",
        "InitError": "it could not be opened",
    }
    return known.get(type(error).__name__, f"it failed ({type(error).__name__})")


def _probed(module: str, name: str) -> Backend | None:
    """Return a backend that has passed the probe, None where it is not of this machine; raise what it raises."""
    backend_class = getattr(import_module(module), name)
    if not backend_class.viable:
        return None
    backend: Backend = backend_class()
    entry, text = f"{os.getpid()}-{os.urandom(4).hex()}", os.urandom(8).hex()
    backend.set_password(_PROBE, entry, text)
    try:
        found = backend.get_password(_PROBE, entry)
    finally:
        backend.delete_password(_PROBE, entry)
    if found != text:
        raise _ProbeError("the probe came back changed")
    return backend
