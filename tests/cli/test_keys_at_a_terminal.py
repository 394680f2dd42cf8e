"""`seraphim keys` under a terminal: what is typed is never seen, by the screen or by the process list."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.paths import Paths
from tests.adapters.keys.marker import API_KEY, MARKER
from tests.adapters.keys.test_fields import GOOD, PEM
from tests.terminal.terminal import Terminal

PASSPHRASE = "correct horse battery"
PATIENCE_S = 60


@pytest.fixture
def environment(paths: Paths) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("SERAPHIM_")}
    kept.pop("CREDENTIALS_DIRECTORY", None)
    return kept | {
        "HOME": "",
        "SERAPHIM_HOME": str(paths.config_file.parent),
        "SERAPHIM_KEYS__USE_OS_KEYRING": "false",
    }


class Typist:
    """Types into a `seraphim keys …` and looks, at each prompt, whether anything of it can be seen."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        command = [sys.executable, "-m", "tui.cli", "keys", *arguments]
        self.terminal = Terminal(command, environment, 200, 50)
        self.seen = ""

    def answer(self, prompt: str, text: str) -> None:
        self.seen += self.terminal.wait_for(lambda screen: prompt in screen, PATIENCE_S)
        for name in ("cmdline", "environ"):
            self.seen += Path(f"/proc/{self.terminal.pid}/{name}").read_bytes().decode(errors="replace")
        self.terminal.send(text.encode())

    def ended(self) -> int:
        code = self.terminal.wait_for_exit(PATIENCE_S)
        self.seen += self.terminal.text()
        self.terminal.close()
        return code


def listed(environment: dict[str, str]) -> list[dict[str, str]]:
    reading, writing = os.pipe()
    os.write(writing, PASSPHRASE.encode())
    os.close(writing)
    ran = subprocess.run(
        [sys.executable, "-m", "tui.cli", "keys", "list", "--json"],
        env=environment | {"SERAPHIM_VAULT_PASSPHRASE_FD": str(reading)},
        stdin=subprocess.DEVNULL,
        pass_fds=[reading],
        capture_output=True,
        text=True,
        check=True,
    )
    os.close(reading)
    return json.loads(ran.stdout)["keys"]


def test_what_is_typed_is_seen_nowhere_and_kept(environment: dict[str, str], paths: Paths) -> None:
    typist = Typist(environment, "add", "binance", "--no-test")
    typist.answer("New passphrase", f"{PASSPHRASE}\n")
    typist.answer("once more", f"{PASSPHRASE}\n")
    typist.answer("API key, not shown", f"{API_KEY}\n")
    typist.answer("API secret, not shown", f"{MARKER}\n")
    assert typist.ended() == 0
    assert f"binance/main is kept in {paths.key_vault}" in typist.seen
    for text in (MARKER, API_KEY, PASSPHRASE):
        assert text not in typist.seen
        assert all(
            text.encode() not in file.read_bytes() for file in paths.key_vault.parent.rglob("*") if file.is_file()
        )
    assert [key["venue"] for key in listed(environment)] == ["binance"]


def test_a_pem_is_typed_line_by_line(environment: dict[str, str]) -> None:
    typist = Typist(environment, "add", "coinbase", "--no-test")
    typist.answer("New passphrase", f"{PASSPHRASE}\n")
    typist.answer("once more", f"{PASSPHRASE}\n")
    typist.answer("Name of the key", GOOD["coinbase"]["key_name"] + "\n")
    typist.answer("Private key (PEM)", PEM)
    assert typist.ended() == 0
    assert not any(line in typist.seen for line in PEM.splitlines())
    assert [key["venue"] for key in listed(environment)] == ["coinbase"]


@pytest.mark.parametrize(("typed", "code"), [("\x03", 130), ("\x04", 1)], ids=["ctrl+c", "ctrl+d"])
def test_leaving_at_the_last_prompt_keeps_nothing(
    environment: dict[str, str], paths: Paths, typed: str, code: int
) -> None:
    typist = Typist(environment, "add", "binance", "--no-test")
    typist.answer("New passphrase", f"{PASSPHRASE}\n")
    typist.answer("once more", f"{PASSPHRASE}\n")
    typist.answer("API key, not shown", f"{API_KEY}\n")
    typist.answer("API secret, not shown", typed)
    assert typist.ended() == code
    assert "Traceback" not in typist.seen
    assert not list(paths.key_vault.parent.glob("keys.vault*"))


def test_a_malformed_part_ends_it_at_once_without_being_shown(environment: dict[str, str], paths: Paths) -> None:
    typist = Typist(environment, "add", "kraken", "--no-test")
    typist.answer("New passphrase", f"{PASSPHRASE}\n")
    typist.answer("once more", f"{PASSPHRASE}\n")
    typist.answer("API key, not shown", f"{MARKER} {MARKER}\n")
    assert typist.ended() == 2
    assert "api_key must be one word" in typist.seen
    assert MARKER not in typist.seen
    assert not paths.key_vault.exists()


@pytest.mark.parametrize(("typed", "code", "left"), [("okx", 2, ["binance"]), ("binance", 0, [])])
def test_removing_asks_for_the_venues_name(environment: dict[str, str], typed: str, code: int, left: list[str]) -> None:
    reading, writing = os.pipe()
    os.write(writing, PASSPHRASE.encode())
    os.close(writing)
    subprocess.run(
        [sys.executable, "-m", "tui.cli", "keys", "add", "binance", "--no-test"],
        env=environment | {"SERAPHIM_VAULT_PASSPHRASE_FD": str(reading)},
        input=json.dumps({"api_key": API_KEY, "secret": MARKER}),
        pass_fds=[reading],
        text=True,
        check=True,
    )
    os.close(reading)
    typist = Typist(environment, "remove", "binance")
    typist.answer("Type binance to remove the key of binance/main", f"{typed}\n")
    if code == 0:
        typist.answer("Passphrase of", f"{PASSPHRASE}\n")
    assert typist.ended() == code
    assert [key["venue"] for key in listed(environment)] == left
