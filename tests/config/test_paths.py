"""Where an engine keeps its things, and what happens where it cannot."""

import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.paths import SOCKET_PATH_MAX_BYTES, Paths, StateFolderError, short_runtime_dir


def test_seraphim_home_puts_everything_under_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SERAPHIM_HOME", str(tmp_path))
    paths = Paths.from_environment()
    places = [getattr(paths, name) for name in Paths.__slots__ if name != "notice"]
    places += [paths.journal, paths.venue_store, paths.lock, paths.kill_file, paths.log_file]
    assert all(place.is_relative_to(tmp_path) for place in places)
    assert len(set(places)) == len(places)


def test_relative_home_does_not_follow_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SERAPHIM_HOME", "here")
    assert Paths.from_environment().state_dir == tmp_path / "here" / "state"


def test_without_home_variable_the_users_folders_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in [*(n for n in os.environ if n.startswith("XDG_")), "SERAPHIM_HOME"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Paths.from_environment().state_dir.is_relative_to(tmp_path)
    monkeypatch.setenv("HOME", "")
    assert Paths.from_environment().state_dir.is_relative_to(pwd.getpwuid(os.getuid()).pw_dir)


def test_socket_is_found_without_a_login_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SERAPHIM_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "session"))
    inside = Paths.from_environment().socket
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert Paths.from_environment().socket == inside


def test_ensure_makes_private_folders(tmp_path: Path):
    paths = Paths.under(tmp_path / "home")
    paths.ensure()
    for folder in (paths.state_dir, paths.runtime_dir, paths.log_dir, paths.data_dir, paths.cache_dir):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(paths.state_dir.iterdir()) == []


def test_ensure_closes_a_socket_folder_that_is_open_to_others(tmp_path: Path):
    paths = Paths.under(tmp_path)
    paths.runtime_dir.mkdir(mode=0o777)
    paths.runtime_dir.chmod(0o777)
    paths.ensure()
    assert stat.S_IMODE(paths.runtime_dir.stat().st_mode) == 0o700


def test_socket_folder_that_is_a_link_is_refused(tmp_path: Path):
    paths = Paths.under(tmp_path / "home")
    (tmp_path / "elsewhere").mkdir()
    paths.state_dir.parent.mkdir()
    paths.runtime_dir.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateFolderError, match=r"run: is a link"):
        paths.ensure()


def test_file_in_place_of_a_folder_is_named(tmp_path: Path):
    (tmp_path / "home").write_text("")
    with pytest.raises(StateFolderError, match=r"home.*a file stands where the folder should be"):
        Paths.under(tmp_path / "home").ensure()


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a file system that takes no folders: /proc")
def test_folder_that_cannot_be_made_is_named_with_its_cause():
    with pytest.raises(StateFolderError, match=r"/proc/nowhere.*cannot be made"):
        Paths.under(Path("/proc/nowhere")).ensure()


@pytest.mark.skipif(os.getuid() == 0, reason="root writes read-only folders; the next test uses a real full disk")
def test_read_only_folder_is_named_with_its_cause(tmp_path: Path):
    paths = Paths.under(tmp_path)
    paths.state_dir.mkdir(mode=0o500)
    with pytest.raises(StateFolderError, match=r"state: the folder cannot be written: permission denied"):
        paths.ensure()


@pytest.mark.parametrize(
    ("options", "cause"), [("size=64k", "the disk is full"), ("ro", "the file system is read-only")]
)
def test_full_and_read_only_file_systems_are_told_apart(tmp_path: Path, options: str, cause: str):
    program = (
        "import sys; from pathlib import Path; from core.paths import Paths\n"
        "home = Path(sys.argv[1]); paths = Paths.under(home)\n"
        "filler = home / 'filler'\n"
        "try:\n    filler.write_bytes(b'x' * 1_000_000)\nexcept OSError: pass\n"
        "paths.ensure()\n"
    )
    mount = f"mount -t tmpfs -o {options} none {tmp_path} && exec {sys.executable} -c '{program}' {tmp_path}".replace(
        "'filler'", '"filler"'
    ).replace("b'x'", 'b"x"')
    ran = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", mount], capture_output=True, text=True, check=False
    )
    if "unshare:" in ran.stderr or "mount:" in ran.stderr:
        pytest.skip(f"no private mounts here: {ran.stderr.strip()}")
    assert ran.returncode != 0
    assert f"StateFolderError: {tmp_path}" in ran.stderr
    assert cause in ran.stderr


def test_too_long_socket_path_moves_to_a_short_private_folder_and_says_so(tmp_path: Path):
    home = tmp_path / ("x" * SOCKET_PATH_MAX_BYTES)
    first, again, other = Paths.under(home), Paths.under(home), Paths.under(home.with_name("y" * 200))
    assert len(os.fsencode(first.socket)) <= SOCKET_PATH_MAX_BYTES
    assert first.socket == again.socket != other.socket
    assert first.runtime_dir == short_runtime_dir(home / "run")
    assert first.notice is not None
    assert str(first.socket) in first.notice
    assert Paths.under(tmp_path).notice is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to somebody else")
def test_socket_folder_of_somebody_else_is_refused(tmp_path: Path):
    paths = Paths.under(tmp_path)
    paths.runtime_dir.mkdir()
    os.chown(paths.runtime_dir, 65534, 65534)
    with pytest.raises(StateFolderError, match=r"belongs to user id 65534"):
        paths.ensure()


def test_numba_cache_is_set_unless_the_user_has_set_it(tmp_path: Path):
    environment: dict[str, str] = {}
    Paths.under(tmp_path).export_cache_dir(environment)
    assert environment == {"NUMBA_CACHE_DIR": str(tmp_path / "cache" / "numba")}
    mine = {"NUMBA_CACHE_DIR": "/mine"}
    Paths.under(tmp_path).export_cache_dir(mine)
    assert mine == {"NUMBA_CACHE_DIR": "/mine"}


def test_user_without_a_home_is_told_what_to_set():
    program = "import os; os.setuid(54321); from core.paths import Paths; Paths.from_environment()"
    if os.getuid() != 0:
        pytest.skip("only root can become a user without a home folder")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    if "ModuleNotFoundError" in ran.stderr or "Permission" in ran.stderr:
        pytest.skip("the interpreter cannot be read by another user here")
    assert "set SERAPHIM_HOME" in ran.stderr
