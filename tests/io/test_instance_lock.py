"""One engine per state folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.io.instance_lock import InstanceHeldError, InstanceLock, find_holder

HOLD = """
import sys
from pathlib import Path
from core.io.instance_lock import InstanceLock
InstanceLock(Path(sys.argv[1])).acquire(123)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_engine_is_refused_with_the_first_ones_pid(tmp_path: Path) -> None:
    path = tmp_path / "engine.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(InstanceHeldError, match=f"process {first.pid}") as refusal:
            InstanceLock(path).acquire(456)
        holder = find_holder(path)
        assert holder is not None
        assert refusal.value.holder == holder == (first.pid, 123, None)
        first.kill()
        first.wait()
    assert path.exists()  # a stale file is no obstacle
    assert find_holder(path) is None
    lock = InstanceLock(path)
    lock.acquire(789)
    lock.release()


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    path = tmp_path / "engine.lock"
    assert find_holder(path) is None
    first, second = InstanceLock(path), InstanceLock(path)
    first.acquire(1)
    with pytest.raises(InstanceHeldError):
        second.acquire(2)
    first.release()
    second.acquire(3)
    second.release()
    second.release()


def test_what_the_file_says_never_decides(tmp_path: Path) -> None:
    path = tmp_path / "engine.lock"
    path.write_text('{"pid": 1, "started_ns": 5} and garbage')
    lock = InstanceLock(path)
    lock.acquire(1)
    path.write_bytes(b"\xff\xfe not json")
    with pytest.raises(InstanceHeldError, match="another process"):
        InstanceLock(path).acquire(2)
    lock.release()


def test_a_folder_that_is_missing_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing"):
        InstanceLock(tmp_path / "missing" / "engine.lock").acquire(1)
