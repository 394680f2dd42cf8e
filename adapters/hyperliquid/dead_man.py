"""Have the venue cancel everything when it has not heard from us for a while; it grants that to who has traded enough.

Nothing depends on it. It covers a machine that dies with orders in the book. Where it is wanted and the venue does not
watch, `caution` says so for as long as that is so.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from adapters.hyperliquid import actions
from adapters.hyperliquid.exchange import Exchange
from adapters.hyperliquid.outcomes import Refusal
from adapters.network.request_budget import Purpose
from core.ports.venue import SendOutcome

LEAST_S: Final = 30.0  # the venue takes five seconds; each setting counts against what an address may send
_SHARE: Final = 3  # set again after this part of the time
_TOO_LITTLE: Final = "Hyperliquid grants it after 1,000,000 USD of traded volume, and this account has not traded that"
_log = logging.getLogger(__name__)


class DeadMan:
    """Sets the timer again and again from `start` to `stop`, which takes it back."""

    def __init__(self, exchange: Exchange, after_s: float | None) -> None:
        if after_s is not None and after_s < LEAST_S:
            raise ValueError(f"dead_man_s is {after_s:g}, allowed is {LEAST_S:g} and above")
        self._exchange = exchange
        self._after_s = after_s
        self._task: asyncio.Task[None] | None = None
        self._armed_until_s: float | None = None  # by the loop's time
        self._trouble = ""

    @property
    def caution(self) -> str:
        """Return why the venue does not watch though it is wanted, empty where it does or need not."""
        if self._task is None:
            return ""
        is_asked_first = self._armed_until_s is None and not self._trouble and not self._task.done()
        if is_asked_first or asyncio.get_running_loop().time() < (self._armed_until_s or 0):
            return ""
        trouble = self._trouble or "setting it ended by a fault"
        return f"the dead man's switch is NOT armed, orders stay when this program dies: {trouble}"

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
        said = ""
        while True:
            asked_s = asyncio.get_running_loop().time()
            at_ms = self._exchange.venue_ms + int(after_s * 1000)
            (result,) = await self._exchange.send(actions.schedule_cancel(at_ms), Purpose.CANCEL)
            if result.outcome is SendOutcome.ACCEPTED:
                self._armed_until_s, self._trouble, said = asked_s + after_s, "", ""
            else:
                is_final = result.refusal is Refusal.TOO_LITTLE_TRADED
                self._trouble = _TOO_LITTLE if is_final else result.reason
                if self._trouble != said:
                    said = self._trouble
                    _log.warning("hyperliquid: the dead man's switch could not be set: %s", said)
                if is_final:
                    self._armed_until_s = None
                    return
            await asyncio.sleep(after_s / _SHARE)
