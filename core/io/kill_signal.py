"""The kill switch as a signal: SIGUSR1 to the process that holds the engine's lock."""

import asyncio
import signal
from collections.abc import Callable
from types import FrameType
from typing import Final

from core.control.commands import Kill

KILL_SIGNAL: Final = signal.SIGUSR1


class KillSignal:
    """From `listen` on the signal ends no process but is a wish, there at once even while the loop is busy."""

    def __init__(self) -> None:
        self.wish: Kill | None = None

    def listen(self, on_wish: Callable[[], None]) -> None:
        """Take the signal; call back from the running loop, on the main thread, each time it came."""
        loop = asyncio.get_running_loop()

        def take(_number: int, _frame: FrameType | None) -> None:
            self.wish = Kill(who="signal", reason=f"{KILL_SIGNAL.name} was sent to the engine's process")
            loop.call_soon_threadsafe(on_wish)

        signal.signal(KILL_SIGNAL, take)

    def obeyed(self, wish: Kill) -> None:
        """Forget a wish, but not one that came meanwhile."""
        if self.wish is wish:
            self.wish = None

    def ignore(self) -> None:
        """Let the signal do nothing any more: the engine is gone, and ending must not be cut short."""
        signal.signal(KILL_SIGNAL, signal.SIG_IGN)
