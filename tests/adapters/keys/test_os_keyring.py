"""The OS keyring: only what is allowed and answers, and nothing that waits for it forever."""

from pathlib import Path

import pytest

from adapters.keys.key_name import KeyName
from adapters.keys.os_keyring import ALLOWED, NoKeyringError, OsKeyring, find_keyring
from core.ports.keys import KeyStoreError
from core.types.credentials import Secret
from tests.adapters.keys.keyrings import HERE, ForgetfulKeyring, MemoryKeyring, SilentKeyring
from tests.adapters.keys.marker import MARKER, marked_key, told_by

LONG_S, SHORT_S = 60.0, 0.05
NAME = KeyName("binance")


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    MemoryKeyring.kept.clear()
    monkeypatch.setattr(SilentKeyring, "is_silent", False)
    monkeypatch.setattr(SilentKeyring, "asked", 0)


def found(tmp_path: Path, *names: str, timeout_s: float = LONG_S) -> OsKeyring:
    return find_keyring(timeout_s, tmp_path / "keys.vault", [(HERE, name) for name in names])


def test_keys_are_kept_listed_and_removed(tmp_path: Path) -> None:
    keyring = found(tmp_path, "MemoryKeyring")
    second = marked_key("okx", "second")
    assert (keyring.names(), keyring.read(NAME)) == ([], None)
    keyring.put(marked_key())
    keyring.put(second)
    keyring.put(marked_key(secret="another-secret"))
    again = found(tmp_path, "MemoryKeyring")
    assert again.names() == [NAME, KeyName("okx", "second")]
    assert again.read(NAME) == marked_key(secret="another-secret")
    assert again.remove(NAME)
    assert not again.remove(NAME)
    assert again.names() == [KeyName("okx", "second")]


def test_a_key_that_somebody_removed_with_another_program_is_not_listed(tmp_path: Path) -> None:
    keyring = found(tmp_path, "MemoryKeyring")
    keyring.put(marked_key())
    del MemoryKeyring.kept["seraphim", "binance/main"]
    assert keyring.names() == []
    assert not keyring.remove(NAME)
    assert MemoryKeyring.kept == {("seraphim", "index"): "[]"}


def test_an_interrupted_put_leaves_no_key_that_is_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = found(tmp_path, "MemoryKeyring")
    whole = OsKeyring._set

    def interrupted(self: OsKeyring, entry: str, text: Secret) -> None:
        whole(self, entry, text)
        raise KeyboardInterrupt

    monkeypatch.setattr(OsKeyring, "_set", interrupted)
    with pytest.raises(KeyboardInterrupt):
        keyring.put(marked_key())
    assert (keyring.read(NAME) is not None) == (NAME in keyring.names())
    assert MemoryKeyring.kept


def test_the_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    found(tmp_path, "MemoryKeyring")
    assert MemoryKeyring.kept == {}
    with pytest.raises(KeyStoreError, match="the probe came back changed"):
        found(tmp_path, "ForgetfulKeyring")
    assert ForgetfulKeyring.kept == {}


def test_the_first_that_answers_is_taken(tmp_path: Path) -> None:
    assert found(tmp_path, "AbsentKeyring", "LockedKeyring", "MemoryKeyring").place.startswith("keyrings MemoryKeyring")


def test_a_locked_one_is_told_apart_from_none(tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError, match="it is locked and was not unlocked") as locked:
        found(tmp_path, "AbsentKeyring", "LockedKeyring")
    assert not isinstance(locked.value, NoKeyringError)
    with pytest.raises(NoKeyringError):
        found(tmp_path, "AbsentKeyring")


def test_the_backend_that_always_fails_is_no_keyring(tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError):
        find_keyring(LONG_S, tmp_path / "keys.vault", [("keyring.backends.fail", "Keyring")])


def test_plug_ins_are_never_looked_at(tmp_path: Path) -> None:
    """MemoryKeyring is registered with `keyring` by its class alone, as a plug-in's would be."""
    with pytest.raises(NoKeyringError):
        find_keyring(LONG_S, tmp_path / "keys.vault", [])
    assert {module.rpartition(".")[0] for module, _ in ALLOWED} == {"keyring.backends"}
    assert not {"fail", "null", "chainer"} & {module.rpartition(".")[2] for module, _ in ALLOWED}


def test_a_keyring_that_waits_for_its_password_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SilentKeyring, "is_silent", True)
    with pytest.raises(KeyStoreError, match="no answer within 0 s; is it locked"):
        found(tmp_path, "SilentKeyring", timeout_s=SHORT_S)


def test_one_that_falls_silent_later_is_asked_once_and_never_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = OsKeyring(SilentKeyring(), SHORT_S, tmp_path / "keys.vault")
    monkeypatch.setattr(SilentKeyring, "is_silent", True)
    for _ in range(3):
        with pytest.raises(KeyStoreError, match="is it locked, and waits for its password"):
            keyring.read(NAME)
    assert SilentKeyring.asked == 1


def test_an_error_of_a_backend_shows_nothing_of_what_it_was_given(tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError, match="it failed") as failed:
        found(tmp_path, "TurncoatKeyring").put(marked_key())
    assert MARKER not in told_by(failed.value)


@pytest.mark.parametrize("entry", ["no json", '{"api_key": "short"}', '{"secret": 5}', '["a"]'])
def test_an_entry_that_is_no_key_is_told_with_its_place_and_not_shown(tmp_path: Path, entry: str) -> None:
    keyring = found(tmp_path, "MemoryKeyring")
    MemoryKeyring.kept["seraphim", "binance/main"] = entry.replace("short", MARKER[:7])
    with pytest.raises(KeyStoreError, match="service seraphim, binance/main: ") as refused:
        keyring.read(NAME)
    assert MARKER[:7] not in told_by(refused.value)


def test_an_index_that_is_none_is_told(tmp_path: Path) -> None:
    keyring = found(tmp_path, "MemoryKeyring")
    MemoryKeyring.kept["seraphim", "index"] = "{"
    with pytest.raises(KeyStoreError, match="'index' is no list of names; remove it"):
        keyring.names()
