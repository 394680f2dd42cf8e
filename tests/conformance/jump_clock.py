"""A loop whose clock can be put forward, so that nobody waits for a limit or a silence."""

import asyncio
import time

_LOOK_S = 0.5


class JumpLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__()
        self.ahead_s = 0.0

    def time(self) -> float:
        return super().time() + self.ahead_s

    def give_up_after(self, seconds: float) -> None:
        """End everything when so much true time has passed."""
        self._look(time.monotonic() + seconds)

    def _look(self, until_s: float) -> None:
        if time.monotonic() < until_s:
            self.call_later(_LOOK_S, self._look, until_s)
            return
        for task in asyncio.all_tasks(self):
            task.cancel("this takes too long")

    def jump(self, seconds: float) -> None:
        """Let so much time have passed."""
        self.ahead_s += seconds


class JumpClock:
    """The time of the day and the steady time, both as far ahead as the loop was put."""

    def __init__(self, loop: JumpLoop) -> None:
        self._loop = loop

    def utc_ns(self) -> int:
        return time.time_ns() + int(self._loop.ahead_s * 1e9)

    def monotonic_ns(self) -> int:
        return int(self._loop.time() * 1e9)

    def jump(self, seconds: float) -> None:
        self._loop.jump(seconds)
