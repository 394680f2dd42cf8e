"""The configuration as the engine takes it: what the strategies say of their own settings is checked as well."""

from pathlib import Path

from core.config.config import Config
from core.config.load import load_config, places_of
from core.config.problem import ConfigError, Problem, dotted
from core.paths import Paths


def load_for_engine(path: Path, paths: Paths) -> Config:
    """Load a configuration and try to make each of its strategies; raise ConfigError with everything that is wrong."""
    config = load_config(path)
    from strategies.maker import StrategyMaker  # noqa: PLC0415 - heavy, not for a configuration that does not load
    from strategies.registry import StrategyError  # noqa: PLC0415 - as above

    try:
        faults = StrategyMaker(config, paths.strategies_dir).faults()
    except StrategyError as error:
        raise ConfigError([Problem(str(paths.strategies_dir), "", None, str(error))]) from error
    places = places_of(path)
    problems = [Problem(places.of(key), dotted(key), None, text) for key, text in faults]
    if problems:
        raise ConfigError(problems)
    return config
