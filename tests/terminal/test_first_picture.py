"""The first picture of an attaching console is the console: its own desk and keys, before what it does not need yet."""

import os
import sys
from pathlib import Path

from tests.repository.tree import ROOT
from tests.terminal.terminal import Terminal

START_S = 60.0
CTRL_D, CTRL_K = b"\x04", b"\x0b"
NOT_YET = (
    *("aiohttp", "pydantic", "polars", "numpy", "numba", "ccxt", "plotext", "email", "importlib.metadata"),
    *("tui.console.dialogs.ticket", "tui.console.dialogs.choice", "tui.ssh_tunnel", "core.config.load"),
)
WITNESS = """
import gc, sys
from pathlib import Path
from tui import attach, launch

found, suspects = Path(sys.argv[1]), sys.argv[2].split(",")

async def start(link):
    kept = [name for name in suspects if name in sys.modules] + ["no garbage collection"] * (not gc.isenabled())
    found.write_text(" ".join(kept) + "\\n")

if suspects != [""]:
    attach.AttachedLink.start = start  # called when the first picture is on the terminal
sys.argv[1:] = ["--attach"]
launch.main()
"""


def attaching(tmp_path: Path, suspects: tuple[str, ...] = (), config: str = "") -> tuple[Terminal, Path]:
    """Attach to no engine, as after a night in which it ended."""
    found = tmp_path / "found"
    home = tmp_path / "home"
    (home / "state").mkdir(mode=0o700, parents=True)
    (home / "config.toml").write_text(f'[console]\ntheme = "light"\n{config}')
    (home / "state" / "console.json").write_text("{}")  # no first start: that shows its page
    command = [sys.executable, "-c", WITNESS, str(found), ",".join(suspects)]
    environment = {**os.environ, "SERAPHIM_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return Terminal(command, environment, 120, 40), found


def test_the_first_picture_is_the_whole_desk_and_nothing_is_loaded_that_it_does_not_show(tmp_path: Path) -> None:
    terminal, found = attaching(tmp_path, NOT_YET)
    terminal.wait_for(lambda _: found.exists() and found.read_text().endswith("\n"), START_S)
    assert found.read_text().split() == []
    titles = ("Ladder", "Chart", "Positions", "Orders", "Risk", "Jobs", "Log")
    text = terminal.wait_for(lambda text: all(f"─ {title} " in text for title in titles), START_S)
    terminal.send(CTRL_D)
    assert terminal.wait_for_exit(START_S) == 0
    assert "CONNECTING" in text
    assert "paper or live: not known yet" in text
    assert "connecting to the engine" in text
    assert "^k HALT" in text.splitlines()[-1]


def test_a_kill_key_before_there_is_an_engine_says_that_nothing_was_sent(tmp_path: Path) -> None:
    terminal, _ = attaching(tmp_path)
    terminal.wait_for(lambda text: "CONNECTING" in text, START_S)
    terminal.send(CTRL_K)
    terminal.wait_for(lambda text: "nothing was sent" in text, START_S)
    terminal.send(CTRL_D)


def test_a_configuration_that_is_wrong_by_now_is_told_on_the_screen(tmp_path: Path) -> None:
    terminal, _ = attaching(tmp_path, config="[risk]\nnonsense = 1\n")
    terminal.wait_for(lambda text: "an engine would not start with this configuration" in text, START_S)
    terminal.send(CTRL_D)
    assert terminal.wait_for_exit(START_S) == 0
