"""What a trader can set of the screen."""

from typing import Final, NamedTuple

from core.config.console import ConsoleConfig


class ConsoleSettings(NamedTuple):
    frame_period_s: float = 0.1
    timeframe: str = "1m"


DEFAULTS: Final = ConsoleSettings()


def console_settings(config: ConsoleConfig) -> ConsoleSettings:
    return ConsoleSettings(frame_period_s=1.0 / config.frame_rate_hz, timeframe=config.timeframe)
