"""All places as one: the order they are read in, where a key is put, and what is told of those that do not open."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.keys.key_name import KeyName
from adapters.keys.key_store import KeyStore
from adapters.keys.os_keyring import NoKeyringError, OsKeyring
from adapters.keys.stores import StoreKind
from adapters.keys.systemd_credentials import SystemdCredentials
from adapters.keys.vault import Vault
from adapters.keys.vault_format import Cost
from adapters.keys.vault_unlocking import VaultUnlocking
from core.io.log_file import LogFile
from core.ports.keys import KeySource, KeyStoreError
from core.types.credentials import Secret
from tests.adapters.keys.keyrings import MemoryKeyring
from tests.adapters.keys.marker import API_KEY, MARKER, marked_key

NAME = KeyName("binance")
IN_SYSTEMD, IN_KEYRING, IN_VAULT = "secret-of-systemd", "secret-of-keyring", "secret-of-vault"
LOCKED, ABSENT = KeyStoreError("OS keyring X: it is locked"), NoKeyringError("no keyring")


class Rig:
    """A store over a folder, with the parts that a test wants to be there."""

    def __init__(self, folder: Path) -> None:
        MemoryKeyring.kept.clear()
        self.credentials = folder / "credentials"
        self.vault_file = folder / "keys.vault"
        self.vault = Vault(
            self.vault_file, VaultUnlocking(ask=lambda _: Secret("correct horse battery")), Cost(32, 1, 1)
        )
        self.keyring = OsKeyring(MemoryKeyring(), 60, folder / "keys.vault")

    def hand_over(self, secret: str, name: str = "binance.main") -> None:
        self.credentials.mkdir(exist_ok=True)
        (self.credentials / f"seraphim-key.{name}").write_text(json.dumps({"api_key": API_KEY, "secret": secret}))

    def store(self, keyring: OsKeyring | KeyStoreError | None = None) -> KeyStore:
        def open_keyring() -> OsKeyring:
            if isinstance(keyring, KeyStoreError):
                raise keyring
            return keyring or self.keyring

        systemd = SystemdCredentials(self.credentials) if self.credentials.exists() else None
        return KeyStore(systemd=systemd, open_keyring=open_keyring, vault=self.vault)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def secret_in(store: KeySource) -> str | None:
    found = store.read("binance", "main")
    return None if found is None else found.reveal("secret")


def test_systemd_comes_before_the_keyring_and_the_keyring_before_the_vault(rig: Rig) -> None:
    rig.vault.put(marked_key(secret=IN_VAULT))
    assert secret_in(rig.store()) == IN_VAULT
    rig.keyring.put(marked_key(secret=IN_KEYRING))
    assert secret_in(rig.store()) == IN_KEYRING
    rig.hand_over(IN_SYSTEMD)
    assert secret_in(rig.store()) == IN_SYSTEMD
    assert [(key.store, key.credentials.reveal("secret")) for key in rig.store().listing().keys] == [
        (StoreKind.SYSTEMD, IN_SYSTEMD),
        (StoreKind.KEYRING, IN_KEYRING),
        (StoreKind.VAULT, IN_VAULT),
    ]


def test_a_key_of_systemd_is_read_without_a_question_to_any_other_place(rig: Rig) -> None:
    rig.hand_over(IN_SYSTEMD)

    def fail() -> OsKeyring:
        raise AssertionError("the keyring is not to be asked")

    store = KeyStore(systemd=SystemdCredentials(rig.credentials), open_keyring=fail, vault=rig.vault)
    assert secret_in(store) == IN_SYSTEMD


def test_nothing_anywhere_is_no_key(rig: Rig) -> None:
    assert rig.store(ABSENT).read("binance") is None
    assert rig.store(ABSENT).listing() == ([], [])
    assert KeyStore(systemd=None, open_keyring=None, vault=rig.vault).read("binance") is None


def test_a_keyring_that_does_not_open_is_told_rather_than_no_key(rig: Rig) -> None:
    with pytest.raises(KeyStoreError, match="there may be a key of binance/main in a keyring that cannot be used"):
        rig.store(LOCKED).read("binance")
    rig.vault.put(marked_key(secret=IN_VAULT))
    assert secret_in(rig.store(LOCKED)) == IN_VAULT


def test_a_key_is_put_in_the_keyring_where_one_answers_and_else_in_the_vault(rig: Rig) -> None:
    for keyring, expected in ((None, StoreKind.KEYRING), (ABSENT, StoreKind.VAULT), (LOCKED, StoreKind.VAULT)):
        store = rig.store(keyring)
        target = store.target(NAME)
        store.put(marked_key(), target)
        assert target.kind is expected
        assert store.read("binance") == marked_key()


def test_a_place_can_be_chosen(rig: Rig) -> None:
    assert rig.store().target(NAME, StoreKind.VAULT).kind is StoreKind.VAULT
    with pytest.raises(KeyStoreError, match="it is locked"):
        rig.store(LOCKED).target(NAME, StoreKind.KEYRING)


def test_a_key_that_another_would_hide_is_not_taken(rig: Rig) -> None:
    rig.keyring.put(marked_key(secret=IN_KEYRING))
    with pytest.raises(KeyStoreError, match="has a key of binance/main, which is read before the vault's; remove it"):
        rig.store().target(NAME, StoreKind.VAULT)
    rig.hand_over(IN_SYSTEMD)
    with pytest.raises(KeyStoreError, match=r"systemd hands over seraphim-key\.binance\.main"):
        rig.store().target(NAME)


def test_a_place_that_gives_back_something_else_is_an_error(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OsKeyring, "put", lambda keyring, credentials: None)
    store = rig.store()
    with pytest.raises(KeyStoreError, match="did not come back as it was put"):
        store.put(marked_key(), store.target(NAME))


def test_a_key_is_removed_from_every_place_that_can_be_written(rig: Rig) -> None:
    rig.keyring.put(marked_key())
    rig.vault.put(marked_key())
    assert [store.kind for store in rig.store().remove(NAME)] == [StoreKind.KEYRING, StoreKind.VAULT]
    assert rig.store().remove(NAME) == []
    assert rig.store().read("binance") is None


def test_a_key_is_removed_everywhere_or_nowhere(rig: Rig) -> None:
    rig.keyring.put(marked_key())
    rig.vault.put(marked_key())
    locked = KeyStore(systemd=None, open_keyring=lambda: rig.keyring, vault=Vault(rig.vault_file, VaultUnlocking()))
    with pytest.raises(KeyStoreError, match="needs its passphrase"):
        locked.remove(NAME)
    with pytest.raises(KeyStoreError, match="in a keyring that cannot be used"):
        rig.store(LOCKED).remove(NAME)
    rig.hand_over(IN_SYSTEMD)
    with pytest.raises(KeyStoreError, match=r"systemd hands over seraphim-key\.binance\.main"):
        rig.store().remove(NAME)
    assert [key.store for key in rig.store().listing().keys] == list(StoreKind)


def test_a_listing_has_what_can_be_read_and_tells_what_cannot(rig: Rig) -> None:
    rig.hand_over(IN_SYSTEMD)
    rig.hand_over("short", "okx.main")
    found = rig.store(LOCKED).listing()
    assert [key.credentials.venue for key in found.keys] == ["binance"]
    assert [trouble.store for trouble in found.troubles] == [StoreKind.SYSTEMD, StoreKind.KEYRING]
    assert "seraphim-key.okx.main: okx/main: secret must be" in found.troubles[0].text


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda folder: (folder / "seraphim-key.binance").write_text("{}"),
            "must be called seraphim-key.VENUE.ACCOUNT",
        ),
        (lambda folder: folder.rename(folder.with_name("gone")), "(CREDENTIALS_DIRECTORY): cannot be read"),
    ],
)
def test_a_folder_of_credentials_that_is_not_as_it_should_be_is_told(
    rig: Rig, spoil: Callable[[Path], object], said: str
) -> None:
    rig.hand_over(IN_SYSTEMD)
    store = rig.store(ABSENT)
    spoil(rig.credentials)
    [trouble] = store.listing().troubles
    assert said in trouble.text


def test_other_credentials_of_the_unit_are_none_of_ours(rig: Rig) -> None:
    rig.hand_over(IN_SYSTEMD)
    (rig.credentials / "tls.pem").write_text("x")
    (rig.credentials / "seraphim-vault-passphrase").write_text("x")
    assert [key.credentials.venue for key in rig.store(ABSENT).listing().keys] == ["binance"]


@pytest.mark.parametrize("content", ["{", '{"secret": 1}', "[]", "x" * (1 << 17)])
def test_a_credential_that_is_no_key_is_told_with_its_file(rig: Rig, content: str) -> None:
    rig.hand_over(IN_SYSTEMD)
    (rig.credentials / "seraphim-key.binance.main").write_text(content)
    with pytest.raises(KeyStoreError, match=r"seraphim-key\.binance\.main: "):
        rig.store(ABSENT).read("binance")


def test_a_secret_once_handed_out_is_in_no_log_line_of_any_library(rig: Rig, tmp_path: Path) -> None:
    rig.vault.put(marked_key())
    rig.store(ABSENT).read("binance")
    file = tmp_path / "seraphim.log"
    log = LogFile(file)
    log.start()
    foreign = logging.getLogger("some.library")
    foreign.warning("connecting with %s", MARKER)
    foreign.warning("headers %r", {"X-Header": MARKER, MARKER: 1}, extra={"request": {MARKER: [MARKER]}})
    try:
        raise ValueError(MARKER)
    except ValueError:
        foreign.exception("GET /?q=mArKeR-0f-a-secret%2F%2B%3DZQ failed")
    log.stop()
    written = file.read_text()
    assert written.count("***") >= 6
    assert "mArKeR" not in written
