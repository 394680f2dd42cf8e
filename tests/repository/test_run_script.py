"""`./run` is plain POSIX shell, keeps arguments and the caller's folder, and says what it misses."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository.tree import ROOT

SHELLS = [name for name in ("sh", "dash", "bash") if shutil.which(name)]
ARGUMENTS = ["one", "two words", "", "$HOME", "a'b\"c", "--flag=*", "--", "ü"]


def put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with nothing but the script, and a PATH with nothing but what it needs."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    shutil.copy(ROOT / "run", folder / "run")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname", "rm"):
        (tools / name).symlink_to(str(shutil.which(name)))
    return folder


def run(clone: Path, *arguments: str, shell: str = "sh", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(clone.parent / "bin"), "HOME": str(clone.parent)}
    command = [str(shutil.which(shell)), str(clone / "run"), *arguments]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("shell", SHELLS)
def test_shells_can_read_it(shell: str):
    subprocess.run([shell, "-n", str(ROOT / "run")], check=True)


def test_names_nothing_that_only_bash_knows():
    lines = (ROOT / "run").read_text("utf-8").splitlines()
    assert lines[0] == "#!/bin/sh"
    assert os.access(ROOT / "run", os.X_OK)
    assert [
        line
        for line in lines
        if any(word in line for word in ("[[", "function ", "local ", "<(", "${BASH", "pipefail"))
    ] == []


@pytest.mark.parametrize("shell", SHELLS)
def test_hands_every_argument_on_as_it_is(clone: Path, shell: str):
    put(
        clone.parent / "bin" / "uv",
        f'#!/bin/sh\nexec {sys.executable} -c "import json, sys; print(json.dumps(sys.argv[1:]))" "$@"\n',
    )
    ran = run(clone, "pytest", *ARGUMENTS, shell=shell)
    assert ran.returncode == 0
    options, _, command = json.dumps(json.loads(ran.stdout)).partition(', "--", ')
    assert json.loads(f"[{command}") == ["pytest", *ARGUMENTS]
    assert json.loads(f"{options}]") == ["run", "--project", str(clone)]


def test_runs_the_console_where_nothing_is_named(clone: Path):
    put(clone.parent / "bin" / "uv", '#!/bin/sh\nfor last; do :; done\necho "$last"\n')
    assert run(clone).stdout == "seraphim-tui\n"


def test_exit_code_is_that_of_the_command(clone: Path):
    put(clone.parent / "bin" / "uv", "#!/bin/sh\nexit 4\n")
    assert run(clone, "seraphim", "order").returncode == 4


def test_uv_of_an_earlier_start_is_found(clone: Path):
    (clone / ".uv" / "bin").mkdir(parents=True)
    put(clone / ".uv" / "bin" / "uv", "#!/bin/sh\necho own uv\n")
    assert run(clone, "pytest").stdout == "own uv\n"


def test_without_uv_and_python_it_says_what_is_missing(clone: Path):
    ran = run(clone, "pytest")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "run: python3 (3.11 or newer) is missing\n"


def test_an_old_python_is_named_with_its_version(clone: Path):
    put(clone.parent / "bin" / "python3", '#!/bin/sh\n[ "$1" = -V ] && echo Python 3.9.2\n[ "$1" = -V ]\n')
    ran = run(clone, "pytest")
    assert ran.returncode == 1
    assert "is Python 3.9.2; seraphim needs Python 3.11 or newer" in ran.stderr
    assert not (clone / ".uv").exists()


def test_a_python_without_venv_is_told_what_to_install(clone: Path):
    put(clone.parent / "bin" / "python3", '#!/bin/sh\n[ "$1" = -c ]\n')
    ran = run(clone, "pytest")
    assert ran.returncode == 1
    assert "python3-venv is missing" in ran.stderr


def test_works_from_another_folder_and_leaves_it_the_working_one(tmp_path: Path):
    program = "import json, os, sys; print(json.dumps([os.getcwd(), sys.argv[1:]]))"
    ran = subprocess.run(
        [str(ROOT / "run"), "python", "-c", program, *ARGUMENTS],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ran.stdout) == [str(tmp_path), ARGUMENTS]
