"""Make strategies ready to start, by the name they have in the configuration or in the registry."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from core.config.config import Config
from core.config.problem import Key
from core.config.strategies import StrategyConfig
from core.ports.strategy import RunningStrategy
from strategies.loading import load_entry_points, load_folder, load_shipped
from strategies.parameters import ParameterError
from strategies.registry import REGISTRY, StrategyError


class StrategyMaker:
    """Know the shipped, installed and own strategies; raise StrategyError where one cannot be loaded."""

    def __init__(self, config: Config, own_folder: Path | None) -> None:
        self._configured = config.strategies
        load_shipped()
        load_entry_points()
        if own_folder is not None and own_folder.is_dir():
            load_folder(own_folder)

    def enabled(self) -> list[RunningStrategy]:
        """Make every strategy that the configuration starts with the engine."""
        return [self.make(name, {}) for name, settings in self._configured.items() if settings.enabled]

    def faults(self) -> Iterator[tuple[Key, str]]:
        """Yield, for every strategy of the configuration that cannot be made, the key and what is wrong with it."""
        for name, settings in self._configured.items():
            table = ("strategies", name)
            try:
                self.make(name, {})
            except ParameterError as error:
                for key, text in error.faults:
                    named = ("parameters", key) if key in settings.parameters else ()
                    yield (*table, *(named if key else ("parameters",))), text
            except StrategyError as error:
                yield (*table, "kind"), str(error)

    def make(self, name: str, parameters: Mapping[str, str]) -> RunningStrategy:
        """Make one, with parameters over those of the configuration; raise ValueError naming what is wrong."""
        settings = self._configured.get(name)
        if settings is not None:
            return REGISTRY.create(settings.kind, {**_raw(settings), **parameters}, run_as=name)
        if name not in REGISTRY.names():
            known = sorted({*self._configured, *REGISTRY.names()})
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise StrategyError(f"there is no strategy {name!r}{hint}; known are {', '.join(known)}")
        return REGISTRY.create(name, parameters)


def _raw(settings: StrategyConfig) -> dict[str, object]:
    return {"instruments": list(settings.instruments), **settings.parameters}
