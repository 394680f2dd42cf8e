"""USD-M's dead man's switch: the venue cancels a symbol's orders when it has not heard from us for so long.

It is armed with the first own order of a symbol, told again well before it runs out while one is live, and switched off
when none is left or on a clean stop, where resting orders shall stay. The venue cancels everything in the symbol then,
orders of other programs too. Spot has no such switch.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from adapters.binance.errors import Meaning, judge
from adapters.binance.signed_rest import SignedRest
from adapters.binance.trading_endpoints import COUNTDOWN
from adapters.network.request_budget import Purpose
from adapters.network.venue_rest import NoAnswerError, NotSentError

_log = logging.getLogger(__name__)
_TOLD_EACH: Final = 3  # times within the countdown
_GOODBYE_S: Final = 5.0


class DeadManSwitch:
    """Keeps the countdown of every symbol with live own orders above zero.

    Parameters
    ----------
    symbols
        Returns the venue symbols with live own orders.
    countdown_s
        How long the venue waits; 0 leaves it off.
    """

    def __init__(self, rest: SignedRest, symbols: Callable[[], tuple[str, ...]], countdown_s: float) -> None:
        self._rest = rest
        self._symbols = symbols
        self._countdown_s = countdown_s
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._armed: dict[str, None] = {}
        self.trouble = ""  # why the venue could not be told last, empty where it was

    @property
    def armed(self) -> tuple[str, ...]:
        """Return the symbols whose orders the venue cancels if nothing more is heard."""
        return tuple(sorted(self._armed))

    def start(self) -> None:
        if self._countdown_s > 0:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def order_sent(self, venue_symbol: str) -> None:
        """Arm a symbol soon, where it is not yet; the order does not wait for it."""
        if venue_symbol not in self._armed:
            self._wake.set()

    async def stop(self) -> None:
        """Switch off what is armed; what cannot be is said, for the venue will cancel it."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        try:
            async with asyncio.timeout(_GOODBYE_S):
                for symbol in self.armed:
                    await self._tell(symbol, 0.0)
        except TimeoutError:
            pass
        if self._armed:
            _log.error(
                "%s: the countdown of %s could not be switched off: its orders are cancelled within %g s",
                self._rest.market.value, ", ".join(self._armed), self._countdown_s,
            )  # fmt: skip

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._tell_all()
            except Exception:  # whatever goes wrong, the next round must come
                _log.exception("%s: dead man's switch", self._rest.market.value)
            try:
                async with asyncio.timeout(self._countdown_s / _TOLD_EACH):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _tell_all(self) -> None:
        live = self._symbols()
        for symbol in live:
            await self._tell(symbol, self._countdown_s)
        for symbol in self.armed:
            if symbol not in self._symbols():  # asked again: an order may have been sent meanwhile
                await self._tell(symbol, 0.0)

    async def _tell(self, venue_symbol: str, countdown_s: float) -> None:
        parameters = (("symbol", venue_symbol), ("countdownTime", str(int(countdown_s * 1000))))
        if countdown_s:
            self._armed[venue_symbol] = None  # also where no answer comes: it may have arrived
        self.trouble = ""
        try:
            reply = await self._rest.send(COUNTDOWN, parameters, Purpose.CANCEL)
        except (NotSentError, NoAnswerError) as error:
            self.trouble = str(error)
        else:
            judgement = judge(self._rest.market, reply)
            if judgement.meaning is not Meaning.DONE:
                self.trouble = judgement.text
            elif not countdown_s:
                self._armed.pop(venue_symbol, None)
        if self.trouble:
            _log.warning("%s: countdown of %s: %s", self._rest.market.value, venue_symbol, self.trouble)
