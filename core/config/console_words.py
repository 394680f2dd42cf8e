"""The words that [console] takes. Standard library only: what is painted first needs them."""

from typing import Literal

ThemeName = Literal["dark", "light", "high-contrast", "sixteen", "colour-blind"]
UpColour = Literal["green", "red"]
BellLevel = Literal["off", "info", "warning", "severe", "critical"]
ChartTimeframe = Literal["1s", "5s", "1m", "5m", "15m", "1h", "4h", "1d"]
