"""A real gnome-keyring on a session bus of its own, where both programs are installed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.adapters.keys.marker import MARKER
from tests.repository.tree import ROOT

MISSING = [name for name in ("dbus-run-session", "gnome-keyring-daemon") if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")

ROUND = """
import json, sys
from pathlib import Path
from adapters.keys.key_name import KeyName
from adapters.keys.os_keyring import find_keyring
from tests.adapters.keys.marker import marked_key

name, key = KeyName("binance"), marked_key()
keyring = find_keyring(30, Path(sys.argv[1]) / "keys.vault")
seen = [keyring.place, keyring.read(name) is None]
keyring.put(key)
again = find_keyring(30, Path(sys.argv[1]) / "keys.vault")
seen += [again.read(name) == key, again.names() == [name], again.remove(name), again.remove(name), again.names()]
print(json.dumps(seen))
"""
LOCKED = """
import sys
from pathlib import Path
from adapters.keys.os_keyring import NoKeyringError, find_keyring
from core.ports.keys import KeyStoreError
try:
    find_keyring(5, Path(sys.argv[1]) / "keys.vault")
except NoKeyringError:
    print("none")
except KeyStoreError as error:
    print(error)
"""


def in_session(folder: Path, before: str, program: str) -> str:
    for name in ("run", "data"):
        (folder / name).mkdir(mode=0o700)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder / "run"),
        "XDG_DATA_HOME": str(folder / "data"),
    }
    script = f'{before} "$0" -c "$1" "$2"'
    command = ["dbus-run-session", "--", "sh", "-eu", "-c", script, sys.executable, program, str(folder)]
    ran = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    return ran.stdout.strip()


def test_keys_live_in_an_unlocked_keyring_and_nowhere_in_the_clear(tmp_path: Path) -> None:
    unlock = "printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null;"
    seen = json.loads(in_session(tmp_path, unlock, ROUND))
    assert seen == ["SecretService Keyring, service seraphim", True, True, True, True, False, []]
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(file.suffix == ".keyring" for file in files)
    assert not any(MARKER.encode() in file.read_bytes() for file in files)


def test_a_keyring_nobody_unlocks_is_told_in_a_line(tmp_path: Path) -> None:
    said = in_session(tmp_path, "", LOCKED)
    assert said.startswith("OS keyring SecretService: ")
    assert "\n" not in said
