"""A hard limit on how long a callback may run on the engine's loop."""

import signal
import threading
import time
from collections.abc import Callable
from types import CodeType, FrameType, TracebackType
from typing import Any, Final, Self

from core.ports.time_budget import BudgetExceeded

_REPEAT_S: Final = 0.005  # a callback that swallows the first exception meets the next
_AT_ONCE_S: Final = 1e-6  # zero would disarm the timer
# One that swallows all of them spends next to no time outside of what swallows: it is met there on its way.
_SOON_S: Final = tuple(k * 1e-6 for k in (1, 2, 3, 5, 8, 13, 21, 34, 55, 89))

_SignalHandler = Callable[[int, FrameType | None], Any] | int | None


class TimeBudget:
    """Raise `BudgetExceeded` inside the block when it has run for `budget_s` of wall time.

    It works between two steps of Python code: one long call into C delays it. The block's own time counts, also when
    it waits. Only the main thread can use it, since only there Python runs signal handlers. A timer of somebody else,
    or of an outer budget, is put aside and goes on afterwards with what it had left.
    """

    def __init__(self, budget_s: float) -> None:
        if budget_s <= 0:
            raise ValueError(f"budget of {budget_s} s; it must be above 0")
        self._budget_s = budget_s
        self._raised = 0
        self._entered: list[_Outer] = []

    def __enter__(self) -> Self:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("a time budget works on the main thread only")
        left_s, repeat_s = signal.setitimer(signal.ITIMER_REAL, 0)
        handler = signal.signal(signal.SIGALRM, self._end_block)
        self._entered.append(_Outer(handler, left_s, repeat_s, time.monotonic()))
        self._raised = 0
        limit_s = min(self._budget_s, left_s) if left_s else self._budget_s
        signal.setitimer(signal.ITIMER_REAL, max(limit_s, _AT_ONCE_S), _REPEAT_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # No signal ends this method: `_end_block` lets these frames alone.
        signal.setitimer(signal.ITIMER_REAL, 0)
        outer = self._entered.pop()
        # Setting a handler first runs the one of a signal that has come already, here, where it does nothing.
        signal.signal(signal.SIGALRM, outer.handler)
        outer.go_on()

    def _end_block(self, _: int, frame: FrameType | None) -> None:
        while frame is not None:
            if frame.f_code in _OWN_CODE:
                return  # entering or leaving: the block is not running
            frame = frame.f_back
        self._raised += 1
        if self._raised > 1:
            signal.setitimer(signal.ITIMER_REAL, _SOON_S[self._raised % len(_SOON_S)], _REPEAT_S)
        raise BudgetExceeded(self._budget_s)


def _take_late_signal(_: int, __: FrameType | None) -> None:
    """Do nothing: the block that the signal was for is left."""


class _Outer:
    """The timer and handler that were there before."""

    def __init__(self, handler: _SignalHandler, left_s: float, repeat_s: float, since_s: float) -> None:
        # Never back to the default, which ends the process: a signal on its way may still be in another thread.
        self.handler = handler if callable(handler) else _take_late_signal
        self._left_s = left_s
        self._repeat_s = repeat_s
        self._since_s = since_s

    def go_on(self) -> None:
        if self._left_s:
            left_s = self._left_s - (time.monotonic() - self._since_s)
            signal.setitimer(signal.ITIMER_REAL, max(left_s, _AT_ONCE_S), self._repeat_s)


_OWN_CODE: Final[frozenset[CodeType]] = frozenset(
    {TimeBudget.__enter__.__code__, TimeBudget.__exit__.__code__, _Outer.__init__.__code__, _Outer.go_on.__code__}
)
