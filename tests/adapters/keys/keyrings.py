"""Keyrings as the `keyring` package knows them, well-behaved and not."""

import threading
from typing import ClassVar

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

HERE = __name__


class MemoryKeyring(KeyringBackend):
    priority = 1
    kept: ClassVar[dict[tuple[str, str], str]] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("no such password")


class LockedKeyring(MemoryKeyring):
    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked(f"could not keep {password}")


class ForgetfulKeyring(MemoryKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        found = super().get_password(service, username)
        return None if found is None else found.upper() + "?"


class AbsentKeyring(MemoryKeyring):
    @property
    def priority(self) -> float:
        raise RuntimeError("not on this machine")


AbsentKeyring.viable = False


class SilentKeyring(MemoryKeyring):
    """Answers until `is_silent`, and never from then on."""

    is_silent: ClassVar[bool] = False
    asked: ClassVar[int] = 0

    def get_password(self, service: str, username: str) -> str | None:
        type(self).asked += 1
        if self.is_silent:
            threading.Event().wait()
        return super().get_password(service, username)


class TurncoatKeyring(MemoryKeyring):
    """Passes the probe and fails with the password in the error's text when a key is put."""

    def set_password(self, service: str, username: str, password: str) -> None:
        if service == "seraphim":
            raise ValueError(f"bad item {password}")
        super().set_password(service, username, password)
