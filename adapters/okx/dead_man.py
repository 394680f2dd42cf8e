"""The venue's dead-man timer: it cancels the orders of this engine by itself when nobody has said for a while not to.

It counts for orders with our tag alone, so orders of other programs are left where they are.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from adapters.network.request_budget import Purpose
from adapters.network.venue_rest import NoAnswerError, NotSentError
from adapters.okx.answers import decode_timers
from adapters.okx.outcomes import Meaning, judge
from adapters.okx.rest import OkxRest, VenueReadError
from adapters.okx.routes import CANCEL_ALL_AFTER
from core.ports.clock import Clock

_REFRESHES: Final = 4  # within the timer's length: three may be lost
_NS_PER_S: Final = 1_000_000_000
_log = logging.getLogger(__name__)


class DeadManTimer:
    """Armed with the first order, refreshed from then on, switched off at a clean end that leaves orders.

    Parameters
    ----------
    lasts_s
        10 to 120 as the venue has it; 0 for none.
    """

    def __init__(self, rest: OkxRest, clock: Clock, *, lasts_s: int, tag: str) -> None:
        if lasts_s and not 10 <= lasts_s <= 120:
            raise ValueError(f"a dead-man timer of {lasts_s} s: allowed are 10 to 120, and 0 for none")
        self._rest = rest
        self._clock = clock
        self._lasts_s = lasts_s
        self._tag = tag
        self._armed_until_ns = 0  # by the steady clock
        self._task: asyncio.Task[None] | None = None
        self._arming = asyncio.Lock()

    @property
    def is_armed(self) -> bool:
        return self._clock.monotonic_ns() < self._armed_until_ns

    async def arm(self) -> None:
        """Make sure that the timer runs before an order rests; raise VenueReadError where it could not be set."""
        if not self._lasts_s or self.is_armed:
            return
        async with self._arming:
            if self.is_armed:
                return
            await self._set(self._lasts_s)
            if self._task is None:
                self._task = asyncio.get_running_loop().create_task(self._refresh())

    async def stop(self) -> None:
        """Switch the timer off, so that resting orders stay; where that fails the venue cancels them."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if self._armed_until_ns:
            try:
                await self._set(0)
            except VenueReadError as error:
                _log.warning("okx: the dead-man timer could not be switched off: %s", error)
        self._armed_until_ns = 0

    async def _refresh(self) -> None:
        usual_s = self._lasts_s / _REFRESHES
        wait_s = usual_s
        while True:
            await asyncio.sleep(wait_s)
            try:
                await self._set(self._lasts_s)
                wait_s = usual_s
            except VenueReadError as error:
                wait_s = usual_s / _REFRESHES
                _log.warning("okx: the dead-man timer could not be refreshed: %s", error)

    async def _set(self, seconds: int) -> None:
        asked_ns = self._clock.monotonic_ns()
        body = {"timeOut": str(seconds), "tag": self._tag}
        try:
            reply = await self._rest.post(CANCEL_ALL_AFTER, body, Purpose.RECONCILE)
        except (NotSentError, NoAnswerError) as error:
            raise VenueReadError(f"dead-man timer: {error}") from None
        judgement = judge(reply)
        if judgement.meaning is not Meaning.DONE:
            raise VenueReadError(f"dead-man timer: {judgement.text}", judgement)
        try:
            tags = [row.tag for row in decode_timers(reply.body).data]
        except ValueError as error:
            raise VenueReadError(f"dead-man timer: the answer cannot be read: {error}") from None
        if tags != [self._tag]:
            raise VenueReadError("dead-man timer: the venue does not keep it to this engine's orders")
        self._armed_until_ns = asked_ns + seconds * _NS_PER_S
