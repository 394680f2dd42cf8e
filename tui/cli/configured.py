"""The venues of the configuration, for commands that need no engine."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from core.paths import Paths
from tui.cli.exits import CommandError, ExitCode

if TYPE_CHECKING:
    from core.config.config import Config
    from core.config.venues import InteractiveBrokersConfig, RealVenue


def configuration(file: Path | None) -> "Config":
    if file is not None and not file.exists():
        raise CommandError(ExitCode.USAGE, f"{file}: no such file")
    load: Any = import_module("core.config.load").load_config
    return load(file or Paths.from_environment().config_file)


def real_venues(config: "Config") -> "dict[str, RealVenue]":
    """Return the venues on the network by their names."""
    from core.config.venues import CryptoVenueConfig  # noqa: PLC0415 - pydantic, only where it is needed

    return {name: venue for name, venue in config.venues.items() if isinstance(venue, CryptoVenueConfig)}


def examined_venues(config: "Config", name: str | None) -> "dict[str, RealVenue | InteractiveBrokersConfig]":
    """Return what `doctor` looks at: all venues on the network or at TWS, or the one that is named."""
    from core.config.venues import InteractiveBrokersConfig  # noqa: PLC0415 - pydantic, only where it is needed

    venues: dict[str, RealVenue | InteractiveBrokersConfig] = {**real_venues(config)}
    venues |= {key: venue for key, venue in config.venues.items() if isinstance(venue, InteractiveBrokersConfig)}
    if name is None:
        return venues
    return {name: venues[name] if name in venues else real_venue(config, name)}


def simulated_venues(config: "Config") -> list[str]:
    """Return the names of the configured venues of the embedded market."""
    from core.config.venues import SimVenueConfig  # noqa: PLC0415 - pydantic, only where it is needed

    return [name for name, venue in config.venues.items() if isinstance(venue, SimVenueConfig)]


def real_venue(config: "Config", name: str, also: Sequence[str] = ()) -> "RealVenue":
    """Return a configured venue, or one of that kind with its defaults; raise CommandError for neither.

    `also` names what the caller takes besides.
    """
    from pydantic import TypeAdapter  # noqa: PLC0415 - as above

    from core.config.venues import (  # noqa: PLC0415 - as above
        CryptoVenueConfig,
        InteractiveBrokersConfig,
        ReplayVenueConfig,
        VenueConfig,
    )
    from tui.compose.kinds.registry import KINDS  # noqa: PLC0415 - as above

    venues = real_venues(config)
    if name in venues:
        return venues[name]
    if isinstance(config.venues.get(name), InteractiveBrokersConfig):
        raise CommandError(ExitCode.USAGE, f"{name} is asked stock by stock: TWS tells no list of what it trades")
    if name in simulated_venues(config):
        raise CommandError(ExitCode.USAGE, f"{name} is simulated, inside the engine: nothing of it is on a network")
    if isinstance(config.venues.get(name), ReplayVenueConfig):
        raise CommandError(ExitCode.USAGE, f"{name} replays a recording: what it trades stands in that file alone")
    if name not in KINDS:
        known = ", ".join(dict.fromkeys([*also, *venues, *KINDS]))
        raise CommandError(ExitCode.USAGE, f"there is no venue {name!r}; allowed are {known}")
    made = TypeAdapter[Any](VenueConfig).validate_python({"kind": name})
    assert isinstance(made, CryptoVenueConfig)
    return cast("RealVenue", made)
