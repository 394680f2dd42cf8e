"""`seraphim keys` over a pipe: what it keeps, says and refuses, and that a secret is in none of it."""

import json
import os
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from core.io import redaction
from core.paths import Paths
from core.ports.keys import KeyRight, KeyRights
from core.types.credentials import Credentials
from tests.adapters.keys.marker import API_KEY, MARKER
from tests.adapters.keys.test_fields import GOOD, PEM
from tui.cli.app import run
from tui.compose import key_testing

KEY = json.dumps({"api_key": API_KEY, "secret": MARKER})
Run = Callable[..., "Ended"]

answers: dict[str, Any] = {}


async def answer(credentials: Credentials) -> KeyRights:
    """Be the KeyTester of a venue."""
    assert credentials.reveal("secret") == MARKER
    said = answers["rights"]
    if isinstance(said, Exception):
        raise said
    return KeyRights(rights=said, detail="as the venue says")


class Ended:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err
        assert MARKER not in out + err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def _alone(paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open the vault with a key file, and keep off the keyring of whoever runs the tests."""
    file = tmp_path / "vault.key"
    file.write_bytes(os.urandom(32))
    file.chmod(0o600)
    monkeypatch.setenv("SERAPHIM_VAULT_KEY_FILE", str(file))
    monkeypatch.setenv("SERAPHIM_KEYS__USE_OS_KEYRING", "false")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setattr(redaction, "_KNOWN", type(redaction._KNOWN)())
    monkeypatch.setattr(key_testing, "tester_of", lambda *_: None)  # no test asks a real venue


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str, given: str | bytes = "") -> Ended:
        content = given.encode() if isinstance(given, str) else given
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(content)))
        code = run(["keys", *arguments])
        out, err = capfd.readouterr()
        return Ended(code, out, err)

    return call


def test_a_key_over_a_pipe_is_kept_listed_and_removed(keys: Run, paths: Paths) -> None:
    kept = keys("add", "binance", given=KEY)
    assert (kept.code, kept.err) == (0, "")
    assert f"binance/main is kept in {paths.key_vault}\nprotection: AES-256-GCM; who can read it" in kept.out
    listed = keys("list")
    assert "PUB…234" in listed.out
    row = {"venue": "binance", "account": "main", "store": "vault", "place": str(paths.key_vault)}
    assert keys("list", "--json").json == {"keys": [{**row, "fields": {"api_key": "PUB…234"}}], "troubles": []}
    assert keys("remove", "binance", "--yes", "--json").json["removed_from"] == [str(paths.key_vault)]
    assert keys("list").out == "no keys; `seraphim keys add VENUE` keeps one\n"


def test_what_was_kept_is_told_to_scripts(keys: Run, paths: Paths) -> None:
    told = keys("add", "okx", "--account", "second", "--json", given=json.dumps(GOOD["okx"])).json
    strength = told.pop("strength")
    assert strength.startswith("AES-256-GCM")
    assert told == {
        "venue": "okx",
        "account": "second",
        "store": "vault",
        "place": str(paths.key_vault),
        "rights": None,
        "detail": "there is no test for okx yet",
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "a key must be a JSON object of texts"),
        (MARKER, "a key must be a JSON object of texts"),
        (json.dumps({"api_key": API_KEY, "secret": [MARKER]}), "Expected `str`, got `array`"),
        (json.dumps({"api_key": API_KEY, "secret": f"{MARKER} {MARKER}"}), "secret must be one word"),
        (json.dumps({"api_key": API_KEY}), "secret is missing; the parts of this key are api_key, secret"),
        (b"\xff\xfe", "the standard input is not UTF-8"),
        ("x" * 70_000, "the standard input is larger than 65536 bytes"),
    ],
)
def test_what_is_no_key_is_refused_with_2_and_nothing_is_kept(
    keys: Run, paths: Paths, given: str | bytes, said: str
) -> None:
    ended = keys("add", "binance", given=given)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert not paths.key_vault.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["add", "binanc"], 2, "there is no venue 'binanc' (did you mean 'binance'?)"),
        (["add", "sim-a"], 2, "takes no key"),
        (["add", "binance", "--account", "../up"], 2, "account '../up' must be small letters"),
        (["add", "binance", "--from-file", "/nonexistent"], 2, "/nonexistent: cannot be read"),
        (["add", "binance", "--store", "keyring"], 1, "keys.use_os_keyring = false"),
        (["add", "binance", "--store", "cellar"], 2, "cellar"),
        (["test", "binance"], 1, "there is no key of binance/main"),
        (["remove", "binance"], 2, "needs --yes where nobody can be asked; nothing was removed"),
        (["remove", "binance", "--yes"], 1, "there is no key of binance/main that could be removed"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(keys: Run, arguments: list[str], code: int, said: str) -> None:
    ended = keys(*arguments, given=KEY)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1
    error = json.loads(keys(*arguments, "--json", given=KEY).err)["error"]
    assert (error["exit_code"], said in error["message"]) == (code, True)


def test_a_key_that_is_there_is_replaced_only_where_that_is_said(keys: Run) -> None:
    keys("add", "binance", given=KEY)
    other = KEY.replace(API_KEY, "ANOTHERKEYabcdefghijkl567")
    refused = keys("add", "binance", given=other)
    assert (refused.code, "--replace takes its place" in refused.err) == (2, True)
    assert "PUB…234" in keys("list").out
    assert keys("add", "binance", "--replace", given=other).code == 0
    assert "ANO…567" in keys("list").out


def test_a_coinbase_key_is_taken_from_the_file_the_venue_hands_out(keys: Run, tmp_path: Path) -> None:
    file = tmp_path / "cdp_api_key.json"
    file.write_text(json.dumps({"name": GOOD["coinbase"]["key_name"], "privateKey": PEM}))
    file.chmod(0o644)
    ended = keys("add", "coinbase", "--from-file", str(file))
    assert ended.code == 0
    assert ended.err == f"warning: {file} is open to other users (mode 644); remove it once the key is kept\n"
    assert "orga…0000" in keys("list").out


def test_a_pem_alone_needs_somebody_to_ask_for_the_rest(keys: Run, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text(PEM)
    file.chmod(0o600)
    ended = keys("add", "coinbase", "--from-file", str(file))
    assert (ended.code, "nobody can be asked for key_name; give JSON" in ended.err) == (2, True)
    ended = keys("add", "binance", "--from-file", str(file))
    assert (ended.code, "this venue's key has none; give JSON with api_key, secret" in ended.err) == (2, True)


def test_a_locked_vault_is_told_and_what_opens_is_listed(
    keys: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys("add", "okx", given=json.dumps(GOOD["okx"]))
    monkeypatch.delenv("SERAPHIM_VAULT_KEY_FILE")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "seraphim-key.binance.main").write_text(KEY)
    listed = keys("list", "--json")
    assert listed.code == 1
    assert [(key["venue"], key["store"]) for key in listed.json["keys"]] == [("binance", "systemd")]
    [trouble] = listed.json["troubles"]
    assert (trouble["store"], "SERAPHIM_VAULT_KEY_FILE" in trouble["text"]) == ("vault", True)
    assert "warning: " in keys("list").err
    refused = keys("add", "binance", given=KEY)
    assert (refused.code, "systemd hands over seraphim-key.binance.main" in refused.err) == (1, True)


@pytest.mark.parametrize(
    ("name", "value", "code", "said"),
    [
        ("SERAPHIM_VAULT_KEY_FILE", "relative.key", 2, "must be an absolute path"),
        ("SERAPHIM_VAULT_PASSPHRASE_FD", "hunter2hunter2", 1, "must be the number of an open file descriptor"),
        ("SERAPHIM_VAULT_PASSPHRASE_FD", "0", 1, "must be the number of an open file descriptor"),
    ],
)
def test_an_environment_that_does_not_fit_is_told(
    keys: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, code: int, said: str
) -> None:
    monkeypatch.setenv(name, value)
    ended = keys("list")
    assert (ended.code, said in ended.err, name in ended.err) == (code, True, True)
    assert "hunter2" not in ended.err


@pytest.fixture
def tested(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(key_testing, "tester_of", lambda venue, *_: answer if venue == "binance" else None)
    answers.clear()
    answers["rights"] = frozenset({KeyRight.READ, KeyRight.TRADE})
    return answers


def test_a_venue_without_a_test_says_so(keys: Run) -> None:
    assert (
        "rights: not known: there is no test for bybit yet" in keys("add", "bybit", given=json.dumps(GOOD["bybit"])).out
    )
    ended = keys("test", "bybit")
    assert (ended.code, ended.err) == (1, "seraphim: there is no test for bybit yet; nothing was asked\n")


def test_the_rights_of_a_key_are_asked_before_it_is_kept(keys: Run, tested: dict[str, Any]) -> None:
    assert "rights: read, trade (as the venue says)" in keys("add", "binance", given=KEY).out
    assert "read, trade (as the venue says)" in keys("test", "binance").out
    assert keys("test", "binance", "--json").json["rights"] == ["read", "trade"]
    tested["rights"] = None
    assert "not known: as the venue says" in keys("test", "binance").out


def test_a_key_that_may_withdraw_is_refused(keys: Run, paths: Paths, tested: dict[str, Any]) -> None:
    tested["rights"] = frozenset(KeyRight)
    ended = keys("add", "binance", given=KEY)
    assert (ended.code, "may withdraw" in ended.err) == (1, True)
    assert not paths.key_vault.exists()
    assert "rights: not known: not tested" in keys("add", "binance", "--no-test", given=KEY).out
    ended = keys("test", "binance")
    assert (ended.code, "revoke this one" in ended.err) == (1, True)


@pytest.mark.parametrize("error", [ConnectionError(f"GET /?key={MARKER}"), TimeoutError(), KeyError(MARKER)])
def test_a_venue_that_does_not_answer_keeps_nothing_and_shows_nothing(
    keys: Run, paths: Paths, tested: dict[str, Any], error: Exception
) -> None:
    tested["rights"] = error
    ended = keys("add", "binance", given=KEY)
    assert (ended.code, "did not say what the key may do: " in ended.err) == (1, True)
    assert not paths.key_vault.exists()


def test_what_nobody_expected_is_told_and_written_down_without_the_secret(
    keys: Run, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(f"cannot keep {MARKER}")

    monkeypatch.setattr("adapters.keys.vault.Vault.put", fail)
    ended = keys("add", "binance", given=KEY)
    assert (ended.code, "unexpected RuntimeError: cannot keep ***" in ended.err) == (1, True)
    written = (paths.log_dir / "command-line-errors.log").read_text()
    assert "cannot keep ***" in written
    assert MARKER not in written
