"""Waiting for a state that reports bring about, instead of for a time."""

import asyncio
from collections.abc import Callable

LIMIT_S = 20.0


class News:
    """Wakes whoever waits."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def tell(self) -> None:
        self._event.set()

    async def next(self) -> None:
        """Wait for the next report of any kind."""
        async with asyncio.timeout(LIMIT_S):
            self._event.clear()
            await self._event.wait()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not is_so():
                self._event.clear()
                await self._event.wait()

    async def within(self, seconds: float, is_so: Callable[[], bool] = lambda: True) -> None:
        """Return with the next report that brings a state about, or after so long."""
        try:
            async with asyncio.timeout(seconds):
                self._event.clear()
                await self._event.wait()
                while not is_so():
                    self._event.clear()
                    await self._event.wait()
        except TimeoutError:
            return
