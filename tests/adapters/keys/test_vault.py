"""The vault: opens with its passphrase or key file, tells damage from a wrong one, is whole after anything."""

import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.keys import vault as vault_module
from adapters.keys.hidden_bytes import HiddenBytes
from adapters.keys.key_name import KeyName
from adapters.keys.vault import Vault
from adapters.keys.vault_format import (
    Cost,
    DamagedVaultError,
    Derivation,
    WrongPassphraseError,
    derive_key,
    new_header,
    open_sealed,
    read_sealed,
    seal,
)
from adapters.keys.vault_unlocking import VaultUnlocking
from core.ports.keys import KeyStoreError
from core.types.credentials import Secret
from tests.adapters.keys.marker import API_KEY, MARKER, marked_key, told_by

QUICK = Cost(memory_kib=32, passes=1, lanes=1)
PASSPHRASE = "correct horse battery"
NAME = KeyName("binance")
SECRET = HiddenBytes(PASSPHRASE.encode())
CONTENT = b'{"binance/main":"{}"}'


def sealed_with(derivation: Derivation) -> bytes:
    header = new_header(derivation, QUICK)
    return seal(header, derive_key(header, SECRET), CONTENT)


def opened(data: bytes) -> bytes:
    sealed = read_sealed(data)
    return open_sealed(sealed, derive_key(sealed.header, SECRET))


SEALED = {derivation: sealed_with(derivation) for derivation in Derivation}


def never(_: str) -> Secret:
    raise AssertionError("nobody is to be asked")


def vault_at(path: Path, passphrase: str = PASSPHRASE) -> Vault:
    return Vault(path, VaultUnlocking(ask=lambda _: Secret(passphrase)), QUICK)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "keys.vault"


@pytest.fixture
def filled(path: Path) -> Path:
    vault_at(path).put(marked_key())
    return path


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "vault.key"
    file.write_bytes(os.urandom(32))
    file.chmod(0o600)
    return file


def test_what_is_put_is_read_by_another_process_with_the_passphrase(filled: Path) -> None:
    assert vault_at(filled).read(NAME) == marked_key()
    assert vault_at(filled).names() == [NAME]
    assert vault_at(filled).read(KeyName("okx")) is None


def test_file_is_private_and_shows_neither_key_nor_venue(filled: Path) -> None:
    assert stat.S_IMODE(filled.stat().st_mode) == 0o600
    content = filled.read_bytes()
    for text in (MARKER, API_KEY, "binance", "secret", PASSPHRASE):
        assert text.encode() not in content
    assert [file.name for file in sorted(filled.parent.iterdir())] == ["keys.vault", "keys.vault.lock"]


def test_two_writings_of_the_same_differ_in_nonce_and_content(filled: Path) -> None:
    first = read_sealed(filled.read_bytes())
    vault_at(filled).put(marked_key())
    second = read_sealed(filled.read_bytes())
    assert first.header.nonce != second.header.nonce
    assert first.content != second.content


def test_the_usual_cost_is_the_second_recommendation_of_rfc_9106(path: Path) -> None:
    vault = Vault(path, VaultUnlocking(ask=lambda _: Secret(PASSPHRASE)))
    vault.put(marked_key())
    assert read_sealed(path.read_bytes()).header.cost == (64 * 1024, 3, 4)
    assert "argon2id (64 MiB, 3 passes)" in vault.strength


def test_a_wrong_passphrase_is_told_as_such_and_changes_nothing(filled: Path) -> None:
    before = filled.read_bytes()
    for use in (lambda v: v.read(NAME), lambda v: v.put(marked_key("okx")), lambda v: v.remove(NAME)):
        with pytest.raises(
            WrongPassphraseError, match="the passphrase does not open it; the file itself is whole"
        ) as e:
            use(vault_at(filled, "wrong horse battery"))
        assert "wrong horse" not in told_by(e.value)
    assert filled.read_bytes() == before


@pytest.mark.parametrize("derivation", Derivation)
@given(data=st.data(), mask=st.integers(1, 255))
def test_a_flipped_byte_anywhere_is_damage_and_never_a_wrong_passphrase(
    derivation: Derivation, data: st.DataObject, mask: int
) -> None:
    damaged = bytearray(SEALED[derivation])
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= mask
    with pytest.raises(DamagedVaultError):
        read_sealed(bytes(damaged))


@pytest.mark.parametrize("derivation", Derivation)
@given(data=st.data(), mask=st.integers(1, 255))
def test_a_byte_changed_by_somebody_who_mends_the_checksum_opens_nothing(
    derivation: Derivation, data: st.DataObject, mask: int
) -> None:
    *body, _, _ = SEALED[derivation].split(b"\n")
    changed = bytearray(b"\n".join(body) + b"\n")
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= mask
    mended = bytes(changed) + hashlib.sha256(changed).hexdigest().encode() + b"\n"
    with pytest.raises((DamagedVaultError, WrongPassphraseError)):
        opened(mended)


@pytest.mark.parametrize("derivation", Derivation)
def test_what_is_not_changed_opens(derivation: Derivation) -> None:
    assert opened(SEALED[derivation]) == CONTENT


@pytest.mark.parametrize("length", [0, 1, 100, -1])
def test_a_vault_cut_short_is_damaged_and_nobody_is_asked_for_a_passphrase(filled: Path, length: int) -> None:
    whole = filled.read_bytes()
    filled.write_bytes(whole[:length])
    for use in (lambda v: v.read(NAME), lambda v: v.put(marked_key())):
        with pytest.raises(DamagedVaultError, match="put a copy of it back, or remove it") as damaged:
            use(Vault(filled, VaultUnlocking(ask=never)))
        assert str(filled) in str(damaged.value)
    assert filled.read_bytes() == whole[:length]


def resealed(header: bytes) -> bytes:
    body = header + b"\n" + SEALED[Derivation.PASSPHRASE].split(b"\n")[1] + b"\n"
    return body + hashlib.sha256(body).hexdigest().encode() + b"\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'"version":1', b'"version":2', "of version 2, which a newer seraphim wrote"),
        (b'"memory_kib":32', b'"memory_kib":99999999', "more memory or time than any vault"),
        (b'"passes":1', b'"passes":1000', "more memory or time than any vault"),
        (b'"passes":1', b'"passes":0', "more memory or time than any vault"),
        (b'"format":"seraphim-keys"', b'"format":"other-keys"', "not one of a vault"),
        (b'"lanes":1', b'"lanes":"1"', "header cannot be read"),
    ],
)
def test_headers_that_no_vault_has_are_refused_before_any_work(old: bytes, new: bytes, said: str) -> None:
    line = SEALED[Derivation.PASSPHRASE].split(b"\n")[0]
    assert old in line
    with pytest.raises(DamagedVaultError, match=said):
        read_sealed(resealed(line.replace(old, new)))


def test_each_key_is_changed_and_removed_for_itself(filled: Path) -> None:
    vault_at(filled).put(marked_key("okx", "second"))
    vault_at(filled).put(marked_key(secret="another-secret"))
    assert vault_at(filled).read(NAME) == marked_key(secret="another-secret")
    assert vault_at(filled).remove(NAME)
    assert not vault_at(filled).remove(NAME)
    assert vault_at(filled).names() == [KeyName("okx", "second")]


def test_removing_from_no_vault_makes_none_and_asks_nobody(path: Path) -> None:
    assert not Vault(path, VaultUnlocking(ask=never)).remove(NAME)
    assert Vault(path, VaultUnlocking(ask=never)).names() == []
    assert not path.parent.exists()


def test_writers_at_the_same_time_lose_nothing(path: Path, key_file: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom adapters.keys.vault import Vault\n"
        "from adapters.keys.vault_unlocking import VaultUnlocking\nfrom tests.adapters.keys.marker import marked_key\n"
        "vault = Vault(Path(sys.argv[1]), VaultUnlocking(key_file=Path(sys.argv[2])))\n"
        "for number in range(10): vault.put(marked_key(account=f'{sys.argv[3]}-{number}'))\n"
    )
    command = [sys.executable, "-c", program, str(path), str(key_file)]
    writers = [subprocess.Popen([*command, f"writer{number}"]) for number in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert len(Vault(path, VaultUnlocking(key_file=key_file)).names()) == 30


@pytest.mark.parametrize("failing", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_writing_that_fails_or_is_interrupted_leaves_the_old_vault_and_no_draft(
    filled: Path, monkeypatch: pytest.MonkeyPatch, failing: str, error: BaseException
) -> None:
    before = filled.read_bytes()

    def fail(*_: object) -> None:
        raise error

    vault = vault_at(filled)
    with monkeypatch.context() as patched:
        patched.setattr(os, failing, fail) if failing == "fsync" else patched.setattr(Path, failing, fail)
        with pytest.raises((KeyStoreError, KeyboardInterrupt)) as failed:
            vault.put(marked_key("okx"))
    if isinstance(error, OSError):
        assert str(failed.value) == f"{filled}: cannot be written: the disk is full"
    assert MARKER not in told_by(failed.value)
    assert filled.read_bytes() == before
    assert not list(filled.parent.glob("*.new"))
    assert vault.names() == [NAME]


def test_a_draft_of_a_crash_before_is_written_over(filled: Path) -> None:
    filled.with_name("keys.vault.new").write_bytes(b"half")
    vault_at(filled).put(marked_key("okx"))
    assert vault_at(filled).names() == [NAME, KeyName("okx")]


def test_file_and_folder_are_on_disk_before_the_key_counts_as_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    vault_at(path).put(marked_key())
    assert synced == ["keys.vault.new", "config"]


def test_a_vault_that_would_be_too_large_to_read_is_not_written(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = filled.read_bytes()
    monkeypatch.setattr(vault_module, "MAX_VAULT_BYTES", len(before) + 8)
    with pytest.raises(KeyStoreError, match="is full"):
        vault_at(filled).put(marked_key("okx"))
    assert filled.read_bytes() == before


Spoil = Callable[[Path], object]
SPOILT: dict[str, tuple[Spoil, str]] = {
    "open to its group": (lambda file: file.chmod(0o640), "open to other users (mode 640); it must be yours alone"),
    "open to all": (lambda file: file.chmod(0o604), "open to other users (mode 604); it must be yours alone"),
    "a link": (lambda file: file.rename(file.with_name("x")) and file.symlink_to(file.with_name("x")), "is a link"),
    "a folder": (lambda file: (file.unlink(), file.mkdir()), "is not a plain file"),
    "a pipe": (lambda file: (file.unlink(), os.mkfifo(file, 0o600)), "is not a plain file"),
    "huge": (lambda file: file.write_bytes(b"x" * (2 << 20)), "is larger than"),
}


@pytest.mark.parametrize(("spoil", "said"), SPOILT.values(), ids=SPOILT)
def test_vault_and_key_file_that_are_not_a_private_plain_file_are_refused(
    filled: Path, key_file: Path, tmp_path: Path, spoil: Spoil, said: str
) -> None:
    spoil(filled)
    with pytest.raises(KeyStoreError) as refused:
        Vault(filled, VaultUnlocking(ask=never)).read(NAME)
    assert str(refused.value).startswith(f"{filled}: ")
    assert said in str(refused.value)
    spoil(key_file)
    with pytest.raises(KeyStoreError) as refused:
        Vault(tmp_path / "other.vault", VaultUnlocking(key_file=key_file)).put(marked_key())
    assert str(refused.value).startswith(f"{key_file}: ")
    assert said in str(refused.value)


def test_files_of_another_user_are_refused(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(KeyStoreError, match=f"belongs to user id {owner}, not to this user"):
        Vault(filled, VaultUnlocking(ask=never)).read(NAME)


def test_a_key_file_makes_and_opens_a_vault_and_another_does_not(path: Path, key_file: Path) -> None:
    made = Vault(path, VaultUnlocking(key_file=key_file, ask=never))
    made.put(marked_key())
    assert str(key_file) in made.strength
    assert Vault(path, VaultUnlocking(key_file=key_file)).read(NAME) == marked_key()
    with pytest.raises(KeyStoreError, match="opens with a key file; name it in SERAPHIM_VAULT_KEY_FILE"):
        Vault(path, VaultUnlocking(ask=never)).read(NAME)
    key_file.write_bytes(os.urandom(32))
    with pytest.raises(WrongPassphraseError, match="the key file does not open it"):
        Vault(path, VaultUnlocking(key_file=key_file)).read(NAME)


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_a_key_file_of_another_size_is_refused(path: Path, key_file: Path, content: bytes) -> None:
    key_file.write_bytes(content)
    with pytest.raises(KeyStoreError, match=f"holds 32 random bytes, this {len(content)}"):
        Vault(path, VaultUnlocking(key_file=key_file)).put(marked_key())


def test_a_key_file_beside_a_vault_with_a_passphrase_is_a_contradiction(filled: Path, key_file: Path) -> None:
    with pytest.raises(KeyStoreError, match="opens with a passphrase, but a key file is named"):
        Vault(filled, VaultUnlocking(key_file=key_file, ask=never)).read(NAME)


def test_passphrase_comes_from_the_systemd_credential_before_anything_else(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "seraphim-vault-passphrase").write_text(f"{PASSPHRASE}\n")
    assert Vault(filled, VaultUnlocking(credentials_folder=tmp_path, ask=never)).read(NAME) == marked_key()


def test_passphrase_comes_from_a_descriptor_that_is_read_once_and_closed(filled: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, f"{PASSPHRASE}\n".encode())
    os.close(writing)
    unlocking = VaultUnlocking(passphrase_fd=reading, ask=never)
    assert Vault(filled, unlocking).read(NAME) == marked_key()
    assert Vault(filled, unlocking).read(NAME) == marked_key()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reading)


@pytest.mark.parametrize(
    ("content", "said"), [(b"\n", "is empty"), (b"\xff\xfe", "is not UTF-8"), (b"x" * 5000, "is longer")]
)
def test_a_passphrase_that_is_none_is_told_with_its_place(
    filled: Path, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "seraphim-vault-passphrase").write_bytes(content)
    with pytest.raises(KeyStoreError, match=f"seraphim-vault-passphrase: the passphrase {said}"):
        Vault(filled, VaultUnlocking(credentials_folder=tmp_path, ask=never)).read(NAME)


def test_without_anybody_to_ask_it_says_how_to_hand_the_passphrase_over(filled: Path) -> None:
    with pytest.raises(KeyStoreError) as locked:
        Vault(filled, VaultUnlocking()).read(NAME)
    for way in ("seraphim-vault-passphrase", "SERAPHIM_VAULT_PASSPHRASE_FD", "SERAPHIM_VAULT_KEY_FILE", str(filled)):
        assert way in str(locked.value)


@pytest.mark.parametrize(
    ("typed", "said"),
    [(["too short!!", "too short!!"], "12 characters or more"), ([PASSPHRASE, PASSPHRASE + "?"], "passphrases differ")],
)
def test_a_new_passphrase_is_typed_twice_and_long_enough(path: Path, typed: list[str], said: str) -> None:
    answers = iter(typed)
    vault = Vault(path, VaultUnlocking(ask=lambda _: Secret(next(answers))), QUICK)
    with pytest.raises(KeyStoreError, match=said):
        vault.put(marked_key())
    assert not path.exists()


def test_a_passphrase_with_accents_opens_however_a_keyboard_writes_them(path: Path) -> None:
    vault_at(path, "p\u00e9n\u00e9lope in Ithaca").put(marked_key())
    assert vault_at(path, "pe\u0301ne\u0301lope in Ithaca").read(NAME) == marked_key()
