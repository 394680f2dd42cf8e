"""Let a console under test settle by turns of its event loop instead of by the processor's idle time.

The library's pilot waits after each key until the process has been idle for 20 ms, which on a busy machine is a second.
"""

import asyncio
from typing import Final

import textual.app
import textual.pilot

TURNS: Final = 25
"""More turns than the longest chain of messages that a key starts: driver, app, pane, dialog, command, repaint."""


async def settle(min_sleep: float = 0.0, max_sleep: float = 0.0) -> None:
    """Take the place of `wait_for_idle`; the pilot waits for the message queues besides."""
    del min_sleep, max_sleep
    for _ in range(TURNS):
        await asyncio.sleep(0)


def settle_by_turns() -> None:
    """Replace what the library's pilot and app wait with, in this process."""
    textual.pilot.wait_for_idle = settle
    textual.app.wait_for_idle = settle
