"""Write pictures of the console over a real engine in the embedded market.

Run ``python -m tui.console.screenshots docs/``: it starts an engine in a folder of its own, presses the walk-through of
docs/console.md on a console of it, lets its strategies trade on, and writes one SVG for each step, size and desk.
"""

import argparse
import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.config.load import load_config
from core.control.consoles import ConsoleName
from core.io.system_clock import SystemClock
from core.paths import Paths
from tui.compose.engine_process import EngineProcess
from tui.console.app import ConsoleApp
from tui.console.files import ConsoleFiles
from tui.console.walk import COMING_BACK, FIRST_HOUR, Step, walk
from tui.hosted import HostedLink

PICTURES: Final = (
    ("console", 1, (80, 24)),
    ("console", 1, (120, 40)),
    ("console", 1, (200, 60)),
    ("console-jobs", 3, (80, 24)),
    ("console-jobs", 3, (120, 40)),
    ("console-risk", 4, (120, 40)),
)  # name, desk, size
WALK_SIZE: Final = (120, 40)
TRADING_S: Final = 90.0
SETTLING_S: Final = 3.0
REMOTE_FONT: Final = re.compile(r"\s*@font-face \{[^}]*\}")


def main() -> None:
    """Write the screenshots into the folder named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tui.console.screenshots", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the SVG files go")
    parser.add_argument("--seconds", type=float, default=TRADING_S, help="how long you are away")
    options = parser.parse_args()
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="seraphim-screenshots-") as home:
        os.environ["SERAPHIM_HOME"] = home
        written = asyncio.run(_write(folder, options.seconds))
    sys.stdout.write("".join(f"{path}\n" for path in written))


async def _write(folder: Path, trading_s: float) -> list[Path]:
    paths = Paths.from_environment()
    paths.ensure()
    process = EngineProcess(load_config(paths.config_file), paths)
    await process.start()
    written: list[Path] = []
    try:
        written += await _press(process, paths, folder, FIRST_HOUR)
        await asyncio.sleep(trading_s)
        written += await _press(process, paths, folder, COMING_BACK)
        for name, desk, size in PICTURES:
            written.append(await _photograph(process, folder / f"{name}-{size[0]}x{size[1]}.svg", desk, size))
    finally:
        await process.stop("screenshots are taken", cancel_orders=True)
    return written


async def _press(process: EngineProcess, paths: Paths, folder: Path, steps: Sequence[Step]) -> list[Path]:
    """Press steps on a console that is attached for them alone, and return the pictures of them."""
    written: list[Path] = []
    clock, name = SystemClock(), ConsoleName(console="walk", who="console:you@desk")
    link = HostedLink(process.access, clock, name=name)
    app = ConsoleApp(link, clock=clock, who=name.who, native_colours=False, files=ConsoleFiles.of(paths))

    def photograph(step: str) -> None:
        written.append(folder / f"walk-{step}.svg")
        _save(app, written[-1])

    async with app.run_test(size=WALK_SIZE) as pilot:
        link.start()
        await walk(app, pilot, steps, photograph)
    link.stop()
    return written


async def _photograph(process: EngineProcess, path: Path, desk: int, size: tuple[int, int]) -> Path:
    clock = SystemClock()
    app = ConsoleApp(HostedLink(process.access, clock), clock=clock, who="console:screenshots", native_colours=False)
    async with app.run_test(size=size):
        app.action_act(f"desk-{desk}")
        await asyncio.sleep(SETTLING_S)
        _save(app, path)
    return path


def _save(app: ConsoleApp, path: Path) -> None:
    path.write_text(without_remote_fonts(app.export_screenshot()), encoding="utf-8")


def without_remote_fonts(svg: str) -> str:
    """Take out the fonts that a viewer would fetch from the network; the reader's own monospace font serves."""
    return REMOTE_FONT.sub("", svg)


if __name__ == "__main__":
    main()
