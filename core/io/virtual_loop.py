"""An asyncio loop whose time jumps from timer to timer: a day of trading in a second, the same every time."""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any, Final, TypeVar

EXTERNAL_WAIT_S: Final = 5.0
T = TypeVar("T")


class VirtualDeadlockError(RuntimeError):
    """Nothing can ever wake the loop again: a task waits for something that nobody will do."""


class _JumpingSelector(selectors.DefaultSelector):
    """A selector that never waits for a timer: it moves the loop's clock to it instead."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self.loop.outstanding_threads:
            # Work in a thread has no virtual duration: time stands still until it reports back.
            return super().select(EXTERNAL_WAIT_S)
        if timeout is None:
            raise VirtualDeadlockError("every task waits and no timer is set")
        self.loop.advance(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Run timers in order without waiting. Time is kept in integer nanoseconds."""

    def __init__(self, start_ns: int = 0) -> None:
        self._start_ns = start_ns
        self._now_ns = start_ns
        self.outstanding_threads = 0
        self.steps = 0  # moments of virtual time so far at which something happened
        selector = _JumpingSelector()
        selector.loop = self
        super().__init__(selector)
        self._clock_resolution = 1e-8

    def time(self) -> float:
        # Counted from the start: a float holds nanoseconds of a year, not of the time since 1970.
        return (self._now_ns - self._start_ns) / 1e9

    @property
    def now_ns(self) -> int:
        return self._now_ns

    def advance(self, seconds: float) -> None:
        # Rounded up, so that a timer is never a nanosecond short of due and asked for again.
        self.steps += 1
        self._now_ns += max(1, -int(-seconds * 1e9 // 1))

    async def elapse(self, seconds: float) -> None:
        """Wait until `seconds` of virtual time have passed."""
        passed = self.create_future()
        self.call_later(seconds, passed.set_result, None)
        await passed

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> "asyncio.Future[T]":
        self.outstanding_threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_done)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        del timeout  # threads are waited for in real time; the parameter is that of Python 3.12
        self.outstanding_threads += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self.outstanding_threads -= 1

    def _thread_done(self, _: asyncio.Future[Any]) -> None:
        self.outstanding_threads -= 1


class VirtualClock:
    """A Clock over a `VirtualLoop`; UTC and the steady clock are the same line of time."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def utc_ns(self) -> int:
        return self._loop.now_ns

    def monotonic_ns(self) -> int:
        return self._loop.now_ns
