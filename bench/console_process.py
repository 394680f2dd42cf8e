"""A console's link as a process of its own, to be stopped and continued: says what it hears, a line each."""

import asyncio
import sys
from pathlib import Path

from core.io.system_clock import SystemClock
from tui.attach import AttachedLink


async def follow(path: Path) -> None:
    link = AttachedLink(path, SystemClock(), interval_ms=50)
    await link.start()
    was_shown = False
    while True:
        await asyncio.sleep(0.02)
        snapshot = link.latest()
        if snapshot is not None and not was_shown:
            was_shown = True
            print("shown", flush=True)
        for notice in link.take_notices():
            assert snapshot is not None
            newest = link.latest()
            print(f"{newest.sequence if newest else 0} {notice}", flush=True)


if __name__ == "__main__":
    asyncio.run(follow(Path(sys.argv[1])))
