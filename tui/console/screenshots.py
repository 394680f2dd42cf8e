"""Write screenshots of the console over a real engine in the embedded market.

Run ``python -m tui.console.screenshots docs/``: it starts an engine in a folder of its own, lets its strategies trade
for a while, and writes one SVG for each size.
"""

import argparse
import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Final

from core.config.load import load_config
from core.io.system_clock import SystemClock
from core.paths import Paths
from tui.compose.engine_process import EngineProcess
from tui.console.app import ConsoleApp
from tui.hosted import HostedLink

SIZES: Final = ((80, 24), (120, 40), (200, 60))
TRADING_S: Final = 90.0
SETTLING_S: Final = 3.0
REMOTE_FONT: Final = re.compile(r"\s*@font-face \{[^}]*\}")


def main() -> None:
    """Write the screenshots into the folder named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tui.console.screenshots", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the SVG files go")
    parser.add_argument("--seconds", type=float, default=TRADING_S, help="how long the engine trades before")
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
        await asyncio.sleep(trading_s)
        for width, height in SIZES:
            written.append(await _photograph(process, folder, width, height))
    finally:
        await process.stop("screenshots are taken", cancel_orders=True)
    return written


async def _photograph(process: EngineProcess, folder: Path, width: int, height: int) -> Path:
    clock = SystemClock()
    app = ConsoleApp(HostedLink(process.access, clock), clock=clock, who="console:screenshots", native_colours=False)
    async with app.run_test(size=(width, height)):
        await asyncio.sleep(SETTLING_S)
        path = folder / f"console-{width}x{height}.svg"
        path.write_text(without_remote_fonts(app.export_screenshot()), encoding="utf-8")
    return path


def without_remote_fonts(svg: str) -> str:
    """Take out the fonts that a viewer would fetch from the network; the reader's own monospace font serves."""
    return REMOTE_FONT.sub("", svg)


if __name__ == "__main__":
    main()
