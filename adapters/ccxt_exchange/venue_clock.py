"""How far this machine's clock is from an exchange's, asked of the exchange itself now and then."""

import asyncio
import logging
from typing import Final

from adapters.ccxt_exchange.calls import Calls
from adapters.ccxt_exchange.library import Client
from adapters.network.request_budget import Purpose
from adapters.network.venue_time import VenueTime
from core.ports.clock import Clock

_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000
_MOST_ERROR_NS: Final = 250 * _NS_PER_MS  # an answer that took longer says too little
_JUMP_NS: Final = 250 * _NS_PER_MS  # the clock was set, or the machine slept: what was measured may be of no use
_log = logging.getLogger(__name__)


def tells_time(client: Client) -> bool:
    """Tell whether ccxt asks the exchange for its time; what it puts together itself is our own."""
    return client.has.get("fetchTime") is True


class VenueClock:
    """Asks a few times, counts on with the steady clock, and asks again rarely or when our clock was set."""

    def __init__(self, client: Client, calls: Calls, clock: Clock, *, look_every_s: float, ask_every_s: float) -> None:
        self._client = client
        self._calls = calls
        self._clock = clock
        self._look_every_s = look_every_s
        self._ask_every_ns = int(ask_every_s * _NS_PER_S)
        self._time: VenueTime | None = None
        self._asked_ns = 0
        self._found_ns = 0

    @property
    def ahead_ns(self) -> int | None:
        """Return how far our clock is ahead of the exchange's; None where it never told finely enough."""
        return None if self._time is None else -self._time.offset_ns

    async def run(self) -> None:
        """Go on until cancelled, or until the exchange turns out to tell whole seconds only."""
        while True:
            if self._is_due():
                try:
                    if not await self._measure():
                        return
                except Exception as error:  # whatever ccxt raises: the books and the next look may tell
                    _log.info("the time of %s: %s", self._client.id, self._calls.told(error))
            await asyncio.sleep(self._look_every_s)

    def _is_due(self) -> bool:
        ahead_ns = self.ahead_ns
        if ahead_ns is None or abs(ahead_ns - self._found_ns) > _JUMP_NS:
            return True
        return self._clock.monotonic_ns() - self._asked_ns >= self._ask_every_ns

    async def _measure(self) -> bool:
        """Return False where whole seconds are told: what is finer than the limit cannot be seen in them."""
        told: list[int] = []

        async def ask() -> int:
            told.append(milliseconds(await self._calls(Purpose.READ, self._client.fetch_time)))
            return told[-1] * _NS_PER_MS

        time = VenueTime(self._clock)
        await time.measure(ask)
        if all(moment % 1_000 == 0 for moment in told):
            return False
        if time.error_ns <= _MOST_ERROR_NS:
            self._time, self._asked_ns, self._found_ns = time, self._clock.monotonic_ns(), -time.offset_ns
        return True


def milliseconds(value: object) -> int:
    """Read a time as ccxt gives it; raise ValueError for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e14:
        raise ValueError(f"{value!r} is no time in milliseconds")
    return int(value)
