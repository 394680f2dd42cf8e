"""[console]: how the screen behaves. Nothing here changes what the engine does."""

from typing import Annotated

from pydantic import Field

from core.config.console_words import BellLevel, ChartTimeframe, ThemeName, UpColour
from core.config.section import Count, Hertz, Section


class ConsoleConfig(Section):
    theme: ThemeName = Field(default="dark", description="colours; the console's ctrl+t goes through them")
    up: UpColour = Field(default="green", description="colour of what rises and of who buys; red in East Asia")
    frame_rate_hz: Hertz = Field(default=10.0, description="how often panes are redrawn; 4 saves a slow link")
    timeframe: ChartTimeframe = Field(default="1m", description="timeframe of the chart at the start")
    mouse: bool = Field(
        default=True, description="the mouse is the console's; false leaves it to the terminal, as u does"
    )
    bell: BellLevel = Field(
        default="off", description="ring the terminal's bell for a new alarm that is at least so bad, once each"
    )
    record: bool = Field(
        default=True, description="record what the console shows and each key, to look at later; see docs/sessions.md"
    )
    recording_max_mb: Annotated[Count, Field(le=10_000)] = Field(
        default=100, description="size of a recorded session; behind it the recording goes on in another file"
    )
    recordings_kept: Annotated[Count, Field(le=10_000)] = Field(
        default=20, description="recorded sessions kept; the oldest are removed first"
    )
    keys: dict[str, str | list[str]] = Field(
        default={}, description="other keys for an action, one or a list of them; none takes its key away"
    )

    @property
    def given(self) -> frozenset[str]:
        """Return the names of what was set."""
        return frozenset(self.model_fields_set)

    @property
    def own_keys(self) -> dict[str, list[str]]:
        """Return the keys that were set, by action."""
        return {name: [keys] if isinstance(keys, str) else keys for name, keys in self.keys.items()}
