"""Which strategies there are, by name."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from strategies.parameters import read_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from strategies.api import Strategy

    AnyStrategy = Strategy[Any]

S = TypeVar("S", bound="AnyStrategy")


class StrategyError(ValueError):
    """A strategy is unknown, registered twice or cannot be loaded; the text says which and where."""


class ParameterDescription(NamedTuple):
    name: str
    default: str | None  # None: must be given
    meaning: str


class StrategyDescription(NamedTuple):
    name: str
    summary: str
    origin: str  # module that defines it
    parameters: tuple[ParameterDescription, ...]


class StrategyRegistry:
    """Strategy classes by name."""

    def __init__(self) -> None:
        self._classes: dict[str, type[AnyStrategy]] = {}

    def add(self, name: str, strategy: type[AnyStrategy]) -> None:
        """Make a class known; raise StrategyError where another class has the name."""
        known = self._classes.get(name)
        if known is not None and _identity(known) != _identity(strategy):
            raise StrategyError(f"strategy {name!r} of {_identity(strategy)} is {_identity(known)} already")
        self._classes[name] = strategy

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._classes))

    def describe(self, name: str) -> StrategyDescription:
        """Return what a strategy does and takes; raise StrategyError for an unknown name."""
        strategy = self._class(name)
        fields = strategy.Parameters.model_fields
        return StrategyDescription(
            name=name,
            summary=(strategy.__doc__ or "").strip().partition("\n")[0],
            origin=strategy.__module__,
            parameters=tuple(
                ParameterDescription(
                    key, None if field.is_required() else str(field.default), field.description or "value"
                )
                for key, field in fields.items()
            ),
        )

    def create(self, name: str, raw: Mapping[str, Any], *, run_as: str | None = None) -> AnyStrategy:
        """Make a strategy ready to start; raise StrategyError or ParameterError naming what is wrong.

        `run_as` names the running instance, so that one strategy can run several times with other parameters.
        """
        strategy = self._class(name)
        return strategy(run_as or name, read_parameters(name, strategy.Parameters, raw))

    def _class(self, name: str) -> type[AnyStrategy]:
        if name not in self._classes:
            near = get_close_matches(name, self._classes, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise StrategyError(f"there is no strategy {name!r}{hint}; known are {', '.join(self.names()) or 'none'}")
        return self._classes[name]


def _identity(strategy: type[AnyStrategy]) -> str:
    return f"{strategy.__module__}.{strategy.__qualname__}"


REGISTRY = StrategyRegistry()


def register_strategy(name: str) -> Callable[[type[S]], type[S]]:
    """Register the decorated class under `name`."""
    if not name or not all(part.isalnum() for part in name.split("_")):
        raise StrategyError(f"strategy name {name!r} is not allowed: letters, digits and single underscores")

    def register(strategy: type[S]) -> type[S]:
        REGISTRY.add(name, strategy)
        return strategy

    return register
