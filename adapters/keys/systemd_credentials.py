"""Keys that systemd decrypts for a unit: one file a key in the folder it hands over, read-only."""

from pathlib import Path
from typing import Final

from adapters.keys.entry import MAX_ENTRY_BYTES, read_entry
from adapters.keys.key_name import KeyName, parse_name
from adapters.keys.stores import StoreKind
from core.paths import describe
from core.ports.keys import KeyStoreError
from core.types.credentials import Credentials, Secret

FOLDER_VARIABLE: Final = "CREDENTIALS_DIRECTORY"
_PREFIX: Final = "seraphim-key."


class SystemdCredentials:
    """A Store in ``$CREDENTIALS_DIRECTORY``. Owner and mode are systemd's to set; they differ with its version."""

    kind = StoreKind.SYSTEMD

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def place(self) -> str:
        return str(self._folder)

    def read(self, name: KeyName) -> Credentials | None:
        path = self._folder / credential_name(name)
        text = _read(path)
        return None if text is None else read_entry(name, text, str(path))

    def names(self) -> list[KeyName]:
        try:
            files = sorted(file.name for file in self._folder.iterdir() if file.name.startswith(_PREFIX))
        except OSError as error:
            raise KeyStoreError(f"{self._folder} ({FOLDER_VARIABLE}): cannot be read: {describe(error)}") from None
        found: list[KeyName] = []
        for file in files:
            name = parse_name(file.removeprefix(_PREFIX), separator=".")
            if name is None:
                raise KeyStoreError(f"{self._folder / file}: must be called {_PREFIX}VENUE.ACCOUNT")
            found.append(name)
        return found


def credential_name(name: KeyName) -> str:
    """Return what the credential of a key is called, in the unit and as a file."""
    return f"{_PREFIX}{name.venue}.{name.account}"


def _read(path: Path) -> Secret | None:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_ENTRY_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeyStoreError(f"{path}: cannot be read: {describe(error)}") from None
    if len(content) > MAX_ENTRY_BYTES:
        raise KeyStoreError(f"{path}: is larger than {MAX_ENTRY_BYTES} bytes")
    return Secret(content.decode(errors="replace"))
