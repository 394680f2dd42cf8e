"""What the compiled depth decoder notes in the header of its batch, and what it answers."""

from typing import Final

from core.book.layout import BATCH_HEADER_SIZE

# notes of the decoder in the header of the batch, behind the counts and offsets
FIRST_UPDATE_ID: Final = 4
LAST_UPDATE_ID: Final = 5
PREVIOUS_UPDATE_ID: Final = 6
EVENT_MS: Final = 7
TRANSACTION_MS: Final = 8
VENUE_NS: Final = 9
SEEN: Final = 10  # bits of the keys read so far
FREE: Final = 11  # where the next level goes
# what the decoder is told
TICK_MANTISSA: Final = 16
TICK_DECIMALS: Final = 17
LOT_MANTISSA: Final = 18
LOT_DECIMALS: Final = 19
SYMBOL_LENGTH: Final = 20
SYMBOL: Final = 21
LONGEST_SYMBOL: Final = BATCH_HEADER_SIZE - SYMBOL

ABSENT: Final = -1

# what came of a message
DECODED: Final = 0
MALFORMED: Final = 1
NOT_DEPTH: Final = 2
WRONG_SYMBOL: Final = 3
MISSING_KEY: Final = 4
PRICE_NOT_DECIMAL: Final = 5
PRICE_OFF_GRID: Final = 6
PRICE_TOO_LARGE: Final = 7
SIZE_NOT_DECIMAL: Final = 8
SIZE_OFF_GRID: Final = 9
SIZE_TOO_LARGE: Final = 10

ERROR_TEXTS: Final = {
    MALFORMED: "not the JSON of a depthUpdate",
    NOT_DEPTH: "not a depthUpdate event",
    WRONG_SYMBOL: "a depthUpdate of another symbol",
    MISSING_KEY: "a depthUpdate without one of e, E, s, U, u, b, a",
    PRICE_NOT_DECIMAL: "a price that is not a positive decimal number",
    PRICE_OFF_GRID: "a price between two ticks",
    PRICE_TOO_LARGE: "a price beyond 18 digits",
    SIZE_NOT_DECIMAL: "a size that is not a decimal number",
    SIZE_OFF_GRID: "a size that is not a whole number of lots",
    SIZE_TOO_LARGE: "a size beyond 18 digits",
}
