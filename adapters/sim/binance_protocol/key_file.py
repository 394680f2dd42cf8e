"""API keys of a rehearsal's accounts: invented from the seed, or kept in a file."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from adapters.sim.binance_protocol.accounts import Account, SpotWallet, UsdmWallet, make_keys
from adapters.sim.binance_protocol.config import RehearsalConfig


class KeyFileError(ValueError):
    """The file of keys cannot be used; the text says why and holds nothing of it."""


class ApiKey(msgspec.Struct, frozen=True):
    key: str
    secret: str


def make_accounts(config: RehearsalConfig, keys: dict[str, ApiKey]) -> list[Account]:
    """Open an account a key, all with the balances of the configuration."""
    return [
        Account(name, number, pair.key, pair.secret, SpotWallet(config.spot_balances), UsdmWallet(config.usdm_balance))
        for number, (name, pair) in enumerate(keys.items(), start=1)
    ]


def invent_keys(names: Sequence[str], seed: int) -> dict[str, ApiKey]:
    return {name: ApiKey(*make_keys(name, seed)) for name in names}


def keys_from(path: Path, names: Sequence[str], seed: int) -> dict[str, ApiKey]:
    """Read keys by account name; a file that is not there is written, for its owner alone.

    Raises
    ------
    KeyFileError
        The file cannot be read or written, or is no JSON of names with a key and a secret each.
    """
    try:
        if path.exists():
            keys = msgspec.json.decode(path.read_bytes(), type=dict[str, ApiKey])
        else:
            keys = invent_keys(names, seed)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(keys)) + b"\n")
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise KeyFileError(f'{path}: must be JSON such as {{"NAME": {{"key": "…", "secret": "…"}}}}') from None
    if not keys or any(len(pair.key) != 64 or not pair.key.isalnum() or not pair.secret for pair in keys.values()):
        raise KeyFileError(f"{path}: every account needs a key of 64 letters and digits, and a secret")
    if len({pair.key for pair in keys.values()}) < len(keys):
        raise KeyFileError(f"{path}: two accounts have the same key")
    return keys
