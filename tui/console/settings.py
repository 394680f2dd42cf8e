"""What a trader can set of the screen."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from core.config.console_choices import ConsoleTable
from core.config.console_words import BellLevel, ThemeName, UpColour
from core.config.source import Places
from core.control.desk_stream import DEFAULT_INTERVAL_MS
from tui.console.key_map import USUAL_KEYS, KeyMap

MEGABYTE: Final = 1_000_000
LOW_BANDWIDTH_LOOK_S: Final = 0.25  # what turns stale is seen within this
MOST_INTERVAL_MS: Final = 250
COMMAND_LINE: Final = "command line"
LOW_BANDWIDTH_PACE: Final = 4  # looks for each time that panes are drawn


class ConsoleSettings(NamedTuple):
    frame_period_s: float = 0.1
    timeframe: str = "1m"
    theme: ThemeName = "dark"
    up: UpColour = "green"
    is_low_bandwidth: bool = False
    has_mouse: bool = True
    keys: KeyMap = USUAL_KEYS
    bell: BellLevel = "off"
    origins: Mapping[str, str] = {}  # of what is not a default: the file with its line, a variable, the command line
    config_file: str = ""
    usual_period_s: float = 0.1  # of frames, on a link that is not slow
    is_recorded: bool = True
    recording_bytes: int = 100 * MEGABYTE
    recordings_kept: int = 20

    @property
    def pace(self) -> int:
        """Return how many looks at the engine there are for each time that panes are drawn."""
        return LOW_BANDWIDTH_PACE if self.is_low_bandwidth else 1

    @property
    def link_interval_ms(self) -> int:
        """Return how often an engine in another process is to send; slow frames must not make it look late."""
        return max(DEFAULT_INTERVAL_MS, min(int(self.frame_period_s * 1000), MOST_INTERVAL_MS))

    def for_a_slow_link(self) -> "ConsoleSettings":
        """Return the same with one picture a second in the terminal's sixteen colours, which take fewest bytes."""
        return self._replace(is_low_bandwidth=True, frame_period_s=max(self.frame_period_s, LOW_BANDWIDTH_LOOK_S))


DEFAULTS: Final = ConsoleSettings()


def console_settings(
    config: ConsoleTable, *, is_slow_link: bool = False, places: Places | None = None, config_file: str = ""
) -> ConsoleSettings:
    """Take what is configured, with where it was set, and what the command line says of the link."""
    names = [] if places is None else list(config.given)
    origins = {name: places.of(("console", name)) for name in names} if places is not None else {}
    settings = ConsoleSettings(
        frame_period_s=1.0 / config.frame_rate_hz,
        timeframe=config.timeframe,
        theme=config.theme,
        up=config.up,
        has_mouse=config.mouse,
        keys=KeyMap(config.own_keys),
        bell=config.bell,
        origins=origins,
        config_file=config_file,
        usual_period_s=1.0 / config.frame_rate_hz,
        is_recorded=config.record,
        recording_bytes=config.recording_max_mb * MEGABYTE,
        recordings_kept=config.recordings_kept,
    )
    if not is_slow_link:
        return settings
    said = {**origins, "low_bandwidth": COMMAND_LINE, "frame_rate_hz": COMMAND_LINE}
    return settings.for_a_slow_link()._replace(origins=said)
