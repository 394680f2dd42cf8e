"""Work in flight, so that it is neither forgotten nor collected as garbage."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress

from core.engine.engine_log import EngineLog


class TaskGroup:
    """Keep tasks until they end; an error that escapes one is logged, never lost."""

    def __init__(self, log: EngineLog) -> None:
        self._log = log
        self._running: dict[asyncio.Future[None], None] = {}

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        self.hold(asyncio.ensure_future(work))

    def hold(self, future: "asyncio.Future[None]") -> None:
        self._running[future] = None
        future.add_done_callback(self._ended)

    async def finish(self, patience_s: float) -> None:
        """Wait for everything in flight; what takes longer, such as an order that waits for a hung disk, is given up.

        Work has time-outs of its own where it waits for a venue; `patience_s` is longer than these.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while self._running:
                    await asyncio.wait(list(self._running))
        left = list(self._running)
        if left:
            self._log.error("engine", f"{len(left)} pieces of work are given up while stopping")
        for future in left:
            future.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _ended(self, future: "asyncio.Future[None]") -> None:
        self._running.pop(future, None)
        if not future.cancelled() and (error := future.exception()) is not None:
            self._log.error("engine", f"unexpected {type(error).__name__}: {error}")
