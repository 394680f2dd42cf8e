"""The engine's pulse: calls it every second and measures how late the loop is."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from core.engine.statistics import LagMeter

LAG_PROBE_S: Final = 0.02
VIRTUAL_PROBE_S: Final = 1.0  # for loops in virtual time
_log = logging.getLogger(__name__)


class Heartbeat:
    """Two timers on the running loop, a second and a lag probe, from `start` to `stop`.

    Parameters
    ----------
    probe_every_s
        How often the lateness is measured; in virtual time, where nothing is ever late, each probe is only a step more.
    """

    def __init__(self, second: Callable[[], None], lag: LagMeter, *, probe_every_s: float = LAG_PROBE_S) -> None:
        self._second = second
        self._lag = lag
        self._probe_every_s = probe_every_s
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._beat(loop.time() + 1.0)
        self._probe(loop.time() + self._probe_every_s)

    def stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _beat(self, due: float) -> None:
        self._timers["second"] = asyncio.get_running_loop().call_at(due, self._on_second, due)

    def _on_second(self, due: float) -> None:
        # Set first, so that a second that fails does not end the pulse. A stalled loop skips the beats it missed.
        self._beat(max(due + 1.0, asyncio.get_running_loop().time()))
        try:
            self._second()
        except Exception:  # an engine without a pulse would be a silent stop
            _log.exception("the engine's second failed")

    def _probe(self, due: float) -> None:
        self._timers["lag"] = asyncio.get_running_loop().call_at(due, self._on_probe, due)

    def _on_probe(self, due: float) -> None:
        now = asyncio.get_running_loop().time()
        self._lag.note(int((now - due) * 1e9))
        self._probe(now + self._probe_every_s)
