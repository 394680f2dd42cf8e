"""What a trader can set of the screen."""

from typing import Final, NamedTuple

from core.config.console import BellLevel, ConsoleConfig, ThemeName, UpColour
from core.control.desk_stream import DEFAULT_INTERVAL_MS
from tui.console.key_map import USUAL_KEYS, KeyMap

LOW_BANDWIDTH_LOOK_S: Final = 0.25  # what turns stale is seen within this
MOST_INTERVAL_MS: Final = 250
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


def console_settings(config: ConsoleConfig, *, is_slow_link: bool = False) -> ConsoleSettings:
    settings = ConsoleSettings(
        frame_period_s=1.0 / config.frame_rate_hz,
        timeframe=config.timeframe,
        theme=config.theme,
        up=config.up,
        has_mouse=config.mouse,
        keys=KeyMap(config.own_keys),
        bell=config.bell,
    )
    return settings.for_a_slow_link() if is_slow_link else settings
