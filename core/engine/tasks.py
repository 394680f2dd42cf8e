"""Work in flight, so that it is neither forgotten nor collected as garbage."""

import asyncio
from collections.abc import Coroutine

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

    async def finish(self) -> None:
        """Wait for everything in flight; each piece of work has its own time-out."""
        while self._running:
            await asyncio.wait(list(self._running))

    def _ended(self, future: "asyncio.Future[None]") -> None:
        self._running.pop(future, None)
        if not future.cancelled() and (error := future.exception()) is not None:
            self._log.error("engine", f"unexpected {type(error).__name__}: {error}")
