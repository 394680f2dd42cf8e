"""How long strategy code may hold the engine."""

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, Self


class BudgetExceeded(BaseException):
    """A callback used up its time and was ended. No Exception, so that a callback's own handlers let it through."""

    def __init__(self, budget_s: float) -> None:
        super().__init__(f"ran longer than {budget_s * 1e3:g} ms")
        self.budget_s = budget_s


class Budget(Protocol):
    """A context to run callbacks in; it can be entered again and again, and within another one."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class NoBudget(AbstractContextManager["NoBudget", None]):
    """A Budget without a limit, for simulation: virtual time does not pass within a callback."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
