"""The configuration as the engine takes it: strategies, recordings and sinks are looked at as well."""

from collections.abc import Iterator
from pathlib import Path

from core.config.config import Config
from core.config.console import ConsoleConfig
from core.config.load import load_config, places_of
from core.config.problem import ConfigError, Key, Problem, dotted, show
from core.config.source import Places
from core.config.venues import ReplayVenueConfig
from core.paths import Paths
from tui.compose.alerts import alert_faults
from tui.console.key_map import key_faults


def load_for_engine(path: Path, paths: Paths) -> Config:
    """Load a configuration, look for its recordings and try to make its strategies; raise ConfigError."""
    config = load_config(path)
    from strategies.maker import StrategyMaker  # noqa: PLC0415 - heavy, not for a configuration that does not load
    from strategies.registry import StrategyError  # noqa: PLC0415 - as above

    try:
        faults = StrategyMaker(config, paths.strategies_dir).faults()
    except StrategyError as error:
        raise ConfigError([Problem(str(paths.strategies_dir), "", None, str(error))]) from error
    places = places_of(path)
    problems = [Problem(places.of(key), dotted(key), None, text) for key, text in faults]
    problems += [
        Problem(places.of(key), dotted(key), show(value), fits) for key, value, fits in _missing_recordings(config)
    ]
    problems += [Problem(places.of(key), dotted(key), show(value), fits) for key, value, fits in alert_faults(config)]
    problems += key_problems(config.console, places)
    if problems:
        raise ConfigError(problems)
    return config


def key_problems(config: ConsoleConfig, places: Places) -> list[Problem]:
    """Say what is wrong with the keys of the console, each with the place where it was set."""
    found: list[Problem] = []
    for fault in key_faults(config.own_keys):
        key = ("console", "keys", fault.action)
        found.append(Problem(places.of(key), dotted(key), show(fault.value), fault.allowed))
    return found


def _missing_recordings(config: Config) -> Iterator[tuple[Key, str, str]]:
    for name, venue in config.venues.items():
        if isinstance(venue, ReplayVenueConfig):
            file = Path(venue.path).expanduser().absolute()
            if not file.is_file():
                found = "is no file" if file.exists() else "is not there"
                yield ("venues", name, "path"), venue.path, f"must be a recording; {file} {found}"
