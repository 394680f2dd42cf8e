"""How a venue writes the levels that its checksum is over: the first row of what the checksum's kernel is given."""

from typing import Final

DEPTH: Final = 0
ALTERNATING: Final = 1  # 1: decimals, bid and ask in turn, colons between; 0: bare digits, asks and then bids
TICK_MANTISSA: Final = 2
TICK_DECIMALS: Final = 3
LOT_MANTISSA: Final = 4
LOT_DECIMALS: Final = 5
FORM_SIZE: Final = 6
LEVEL_BYTES: Final = 64  # two numbers of at most 24 digits as they are written, with a dot and a colon each
