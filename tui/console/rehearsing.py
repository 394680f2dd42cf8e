"""Asks the engine what would become of the order in a ticket, and keeps answer and question together.

An answer is shown beside nothing but the order that it was asked for: another letter typed takes it away.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from core.control.commands import CommandResult, Outcome, PlaceOrder, RehearseOrder
from core.state.rehearsal import OrderRehearsalView

RESTS_NS: Final = 200_000_000  # since the last change, before the engine is asked
AGAIN_AFTER_NS: Final = 1_000_000_000  # the market goes on
OLD_AFTER_NS: Final = 3_000_000_000

Ask = Callable[[RehearseOrder], "asyncio.Task[CommandResult]"]


class Rehearsing:
    """Called with every frame; asks once the typing rests, and again while the same order stays in the fields."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._order: PlaceOrder | None = None
        self._changed_ns = 0
        self._asked_ns: int | None = None
        self._task: asyncio.Task[CommandResult] | None = None
        self._answer: OrderRehearsalView | None = None
        self._answered_ns = 0
        self.problem = ""  # why there is no answer

    def look(self, order: PlaceOrder | None, now_ns: int) -> None:
        """Take the order as it is typed now, None where it is none yet, and the answer if it has come."""
        if order != self._order:
            self.end()
            self._order, self._changed_ns = order, now_ns
            self._asked_ns = self._answer = None
            self.problem = ""
        self._take(now_ns)
        if order is None or self._task is not None or now_ns - self._changed_ns < RESTS_NS:
            return
        if self._asked_ns is None or not 0 <= now_ns - self._asked_ns < AGAIN_AFTER_NS:
            self._task, self._asked_ns = self._ask(RehearseOrder.of(order)), now_ns

    def end(self) -> None:
        """Wait for no answer any more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()

    def answer(self, now_ns: int) -> OrderRehearsalView | None:
        """Return what the engine said of the order that was looked at last, None once that is too old to go by."""
        return self._answer if 0 <= now_ns - self._answered_ns <= OLD_AFTER_NS else None

    def is_old(self, now_ns: int) -> bool:
        """Tell whether there was an answer and none came since."""
        return self._answer is not None and self.answer(now_ns) is None

    def _take(self, now_ns: int) -> None:
        task = self._task
        if task is None or not task.done():
            return
        self._task = None
        if task.cancelled():
            return
        try:
            result = task.result()
        except Exception as error:  # a link that fails must not take the ticket down
            self.problem = f"{type(error).__name__}: {error}"
            return
        if result.outcome is not Outcome.DONE:
            self.problem, self._answer = result.message, None
            return
        try:
            self._answer = msgspec.convert(result.data, OrderRehearsalView, from_attributes=True)
            self._answered_ns, self.problem = now_ns, ""
        except msgspec.ValidationError as error:
            self.problem = f"the engine's answer cannot be read: {error}"
