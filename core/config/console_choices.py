"""[console] as a screen takes it, read without the models of the whole configuration: those take as long as a paint."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Protocol, cast

import msgspec
from msgspec import Meta

from core.config.console_words import BellLevel, ChartTimeframe, ThemeName, UpColour
from core.config.environment import Table
from core.config.source import Places, read_tables

_Hertz = Annotated[float, Meta(gt=0, le=60)]
_Count = Annotated[int, Meta(ge=1, le=10_000)]


class ConsoleTable(Protocol):
    """[console], whoever has read it."""

    @property
    def theme(self) -> ThemeName: ...
    @property
    def up(self) -> UpColour: ...
    @property
    def frame_rate_hz(self) -> float: ...
    @property
    def timeframe(self) -> ChartTimeframe: ...
    @property
    def mouse(self) -> bool: ...
    @property
    def bell(self) -> BellLevel: ...
    @property
    def record(self) -> bool: ...
    @property
    def recording_max_mb(self) -> int: ...
    @property
    def recordings_kept(self) -> int: ...
    @property
    def given(self) -> frozenset[str]:
        """Return the names of what was set."""
        ...

    @property
    def own_keys(self) -> dict[str, list[str]]:
        """Return the keys that were set, by action."""
        ...


class ConsoleChoices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table that is plainly right; names, defaults and bounds are those of `ConsoleConfig`."""

    theme: ThemeName = "dark"
    up: UpColour = "green"
    frame_rate_hz: _Hertz = 10.0
    timeframe: ChartTimeframe = "1m"
    mouse: bool = True
    bell: BellLevel = "off"
    record: bool = True
    recording_max_mb: _Count = 100
    recordings_kept: _Count = 20
    keys: dict[str, str | list[str]] = {}
    given: frozenset[str] = frozenset()

    @property
    def own_keys(self) -> dict[str, list[str]]:
        return {name: [keys] if isinstance(keys, str) else keys for name, keys in self.keys.items()}


CONSOLE_SECTION: Final = "console"


def read_console(path: Path, environment: Mapping[str, str] | None = None) -> tuple[ConsoleChoices | None, Places]:
    """Read [console] alone, with where each key was set; None where it is not plainly right.

    Then only the whole reading of `load_config` can tell what is wrong, or what a lax spelling means. What the rest of
    the file says is not looked at. Raises ConfigError for a file that cannot be read or is not TOML.
    """
    tables, places = read_tables(path, environment)
    return choices_of(tables.get(CONSOLE_SECTION, {})), places


def choices_of(table: object) -> ConsoleChoices | None:
    """Return what a table of TOML values sets, None where a value or a key is not plainly right."""
    if not isinstance(table, dict) or "given" in table:
        return None
    values = {name: _plain(value) for name, value in cast("Table", table).items()}
    try:
        return msgspec.convert({**values, "given": list(values)}, ConsoleChoices)
    except msgspec.ValidationError:
        return None


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value
