"""Time of a simulated world: the one clock everything outside of the engine lives by, and its timers."""

from collections.abc import Callable
from typing import Final

from core.io.virtual_loop import VirtualClock, VirtualLoop

START_NS: Final = 1_767_625_200_000_000_000  # Monday 2026-01-05 15:00 UTC
NS_PER_S: Final = 1_000_000_000


class Timeline:
    """Call back at moments of virtual time; nothing here belongs to an engine, so nothing ends with one."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop

    @property
    def now_ns(self) -> int:
        return self.loop.now_ns

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        self.loop.call_later(seconds, call)


class EngineClock(VirtualClock):
    """The machine's clock: its UTC side can be stepped, the steady one cannot."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__(loop)
        self.offset_ns = 0

    def utc_ns(self) -> int:
        return super().utc_ns() + self.offset_ns
