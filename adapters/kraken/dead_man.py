"""Kraken's dead man's switch: the venue cancels every order of the account when it has not heard from us for so long.

It is armed before the first order that may rest leaves, told again well before it runs out, over REST so that a
websocket that is being replaced does not set it off, and switched off on a clean stop, where resting orders shall
stay. Orders of other programs on the account go with ours when it fires.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from adapters.kraken.private_wire import decode_dead_man
from adapters.kraken.rest import DEAD_MAN, PrivateRest, RefusedError
from adapters.network.request_budget import Purpose
from adapters.network.venue_rest import NoAnswerError, NotSentError

_TOLD_EACH: Final = 3  # times within the countdown
_RETRY_S: Final = 2.0
_GOODBYE_S: Final = 5.0
_log = logging.getLogger(__name__)


class DeadManSwitch:
    """Keeps the countdown above zero once it was armed.

    Parameters
    ----------
    countdown_s
        How long the venue waits; 0 leaves it off.
    """

    def __init__(self, rest: PrivateRest, countdown_s: int) -> None:
        self._rest = rest
        self._countdown_s = countdown_s
        self._task: asyncio.Task[None] | None = None
        self._arming = asyncio.Lock()
        self._may_be_armed = False
        self._told_s = 0.0  # when the venue was asked that took note last, by the loop's time
        self.trouble = ""  # why the venue could not be told last, empty where it was

    async def arm(self) -> None:
        """Have the venue watch us from now on; raise NotSentError where it could not be told: then nothing may rest.

        Nor may it once the countdown has run out unheard: the venue has cancelled everything and watches no more.
        """
        if self._countdown_s <= 0:
            return
        if self._task is not None:
            if asyncio.get_running_loop().time() - self._told_s >= self._countdown_s:
                raise NotSentError(f"the dead man's switch has run out: {self.trouble}")
            return
        async with self._arming:
            if self._task is not None:
                return
            if not await self._tell(self._countdown_s):
                raise NotSentError(f"the dead man's switch could not be armed: {self.trouble}")
            self._task = asyncio.get_running_loop().create_task(self._keep())

    async def stop(self) -> None:
        """Switch it off; where that fails it is said, for the venue will cancel what rests."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        if not self._may_be_armed:
            return
        is_off = False
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                is_off = await self._tell(0)
        if is_off:
            self._may_be_armed = False
        else:
            _log.error(
                "kraken: the dead man's switch could not be switched off: all orders are cancelled within %d s",
                self._countdown_s,
            )

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_RETRY_S if self.trouble else self._countdown_s / _TOLD_EACH)
            await self._tell(self._countdown_s)

    async def _tell(self, countdown_s: int) -> bool:
        self._may_be_armed = self._may_be_armed or countdown_s > 0  # also where no answer comes: it may have arrived
        asked_s = asyncio.get_running_loop().time()
        try:
            await self._rest.ask(DEAD_MAN, {"timeout": str(countdown_s)}, decode_dead_man, Purpose.CANCEL)
        except (RefusedError, NotSentError, NoAnswerError) as error:
            self.trouble = str(error)
            _log.warning("kraken: dead man's switch: %s", error)
            return False
        self._told_s, self.trouble = asked_s, ""
        return True
