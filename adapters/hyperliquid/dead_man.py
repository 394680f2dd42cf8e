"""Have the venue cancel everything when it has not heard from us for a while; it grants that to who has traded enough.

Nothing depends on it. It covers a machine that dies with orders in the book.
"""

import asyncio
from contextlib import suppress
from typing import Final

from adapters.hyperliquid import actions
from adapters.hyperliquid.exchange import Exchange
from adapters.hyperliquid.outcomes import Refusal
from adapters.network.request_budget import Purpose

LEAST_S: Final = 30.0  # the venue takes five seconds; each setting counts against what an address may send
_SHARE: Final = 3  # set again after this part of the time


class DeadMan:
    """Sets the timer again and again from `start` to `stop`, which takes it back."""

    def __init__(self, exchange: Exchange, after_s: float | None) -> None:
        if after_s is not None and after_s < LEAST_S:
            raise ValueError(f"dead_man_s is {after_s:g}, allowed is {LEAST_S:g} and above")
        self._exchange = exchange
        self._after_s = after_s
        self._task: asyncio.Task[None] | None = None
        self.trouble = ""

    def start(self) -> None:
        if self._after_s is not None:
            self._task = asyncio.get_running_loop().create_task(self._run(self._after_s))

    async def stop(self) -> None:
        if self._task is None:
            return
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._task = None
        await self._exchange.send(actions.schedule_cancel(None), Purpose.CANCEL)

    async def _run(self, after_s: float) -> None:
        while True:
            at_ms = self._exchange.venue_ms + int(after_s * 1000)
            (result,) = await self._exchange.send(actions.schedule_cancel(at_ms), Purpose.CANCEL)
            self.trouble = result.reason
            if result.refusal is Refusal.TOO_LITTLE_TRADED:
                return
            await asyncio.sleep(after_s / _SHARE)
