"""The highest number that may have been used with a key, on the disk before it is used."""

import os
from pathlib import Path


class NonceError(Exception):
    """No number can be given that the venue would take and that was never used; the text says why."""


class NonceFile:
    """A file with one whole number, replaced whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> int:
        """Return the number, 0 without a file; raise NonceError for one that cannot be read."""
        try:
            text = self.path.read_text("ascii").strip()
        except FileNotFoundError:
            return 0
        except (OSError, UnicodeDecodeError) as error:
            raise NonceError(f"{self.path} cannot be read: {error}") from None
        if not text.isdigit():
            raise NonceError(f"{self.path} holds {text[:40]!r}, allowed is a whole number")
        return int(text)

    def write(self, number: int) -> None:
        """Put a number in the place of the old one and have it on the disk; raise NonceError where that fails."""
        beside = self.path.with_name(f"{self.path.name}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("w", encoding="ascii") as file:
                file.write(f"{number}\n")
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
            _sync_folder(self.path.parent)
        except OSError as error:
            raise NonceError(f"{self.path} cannot be written: {error}") from None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
