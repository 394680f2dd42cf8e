"""How long strategy code may hold the engine."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class BudgetExceeded(BaseException):
    """A callback used up its time. A BaseException, so that `except Exception` in a strategy does not swallow it."""


class CallbackBudget(Protocol):
    @property
    def budget_ms(self) -> int: ...

    def armed(self) -> AbstractContextManager[None]:
        """Guard one callback; BudgetExceeded is raised inside it when the time is used up."""
        ...


class UnlimitedBudget:
    """For simulations, where time does not pass inside a callback."""

    budget_ms = 0

    def armed(self) -> AbstractContextManager[None]:
        return nullcontext()
