"""From configuration and environment to the store of keys."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from adapters.keys.key_store import KeyStore
from adapters.keys.os_keyring import find_keyring
from adapters.keys.systemd_credentials import FOLDER_VARIABLE, SystemdCredentials
from adapters.keys.vault import Vault
from adapters.keys.vault_unlocking import (
    KEY_FILE_VARIABLE,
    PASSPHRASE_FD_VARIABLE,
    AskPassphrase,
    VaultUnlocking,
    passphrase_fd,
)
from core.config.keys import KeysConfig
from core.config.problem import ConfigError, Problem, show
from core.paths import Paths

KEYRING_TIMEOUT_S: Final = 10.0


def key_store(
    paths: Paths,
    config: KeysConfig,
    environment: Mapping[str, str] = os.environ,
    *,
    ask: AskPassphrase | None = None,
    keyring_timeout_s: float = KEYRING_TIMEOUT_S,
) -> KeyStore:
    """Make the store; nothing is opened before a key is asked for.

    Parameters
    ----------
    ask
        Asks for the vault's passphrase at the terminal; None where nobody is there.
    keyring_timeout_s
        Longest wait for one answer of the OS keyring.

    Raises
    ------
    ConfigError
        Where the key file is not named by an absolute path.
    KeyStoreError
        Where the environment names no file descriptor though it says so.
    """
    folder = environment.get(FOLDER_VARIABLE)
    credentials_folder = Path(folder) if folder else None
    unlocking = VaultUnlocking(
        key_file=_key_file(config, environment),
        credentials_folder=credentials_folder,
        passphrase_fd=passphrase_fd(environment.get(PASSPHRASE_FD_VARIABLE)),
        ask=ask,
    )
    return KeyStore(
        systemd=None if credentials_folder is None else SystemdCredentials(credentials_folder),
        open_keyring=partial(find_keyring, keyring_timeout_s, paths.key_vault) if config.use_os_keyring else None,
        vault=Vault(paths.key_vault, unlocking),
    )


def _key_file(config: KeysConfig, environment: Mapping[str, str]) -> Path | None:
    named = environment.get(KEY_FILE_VARIABLE)
    where, text = (f"environment variable {KEY_FILE_VARIABLE}", named) if named else ("[keys]", config.vault_key_file)
    if text is None:
        return None
    path = Path(os.path.expanduser(text))  # noqa: PTH111 - the method raises where a home is not known
    if not path.is_absolute():
        raise ConfigError([Problem(where, "keys.vault_key_file", show(text), "must be an absolute path")])
    return path
