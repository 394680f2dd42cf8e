"""What the compiled message reader notes in the header of its batch, and the codes of its programs."""

from typing import Final

# notes of the reader behind the counts and offsets of `core.book.layout`; ABSENT where the message has none
VENUE_NS: Final = 4
VENUE_MS: Final = 5
SEQUENCE: Final = 6
PREVIOUS: Final = 7
CHECKSUM: Final = 8
NOTES_END: Final = 9
ABSENT: Final = -(1 << 62)
# what the reader is told
TICK_MANTISSA: Final = 16
TICK_DECIMALS: Final = 17
LOT_MANTISSA: Final = 18
LOT_DECIMALS: Final = 19
ASK_ROOM: Final = 20  # where asks begin
# two integers for each object of the grammar: which fields were read, and where the next one is expected
FRAMES: Final = 24

# An instruction is five integers and a literal behind it, as pairs of eight bytes and the mask that they are compared
# under: code, two arguments, bytes of the literal, pairs of the literal.
INSTRUCTION_SIZE: Final = 5
LITERAL: Final = 0
NUMBER: Final = 1  # which of TICKS and LOTS, how it may be written
SKIP_TEXT: Final = 2
SKIP_COUNT: Final = 3
INTEGER: Final = 4  # where it is noted, the largest magnitude allowed
TIME: Final = 5  # where it is noted
SIDE_NAME: Final = 6
LEVELS: Final = 7  # which side, where its LEVEL_END stands
LEVEL_END: Final = 8  # where its LEVELS stands, whether the levels have to lead away from the touch
FIELDS: Final = 9  # how many, bits of those that have to be there; instead of a literal the frame, 0, places of fields
FIELD_END: Final = 10  # where its FIELDS stands, where it goes on behind the object
END: Final = 11  # whether the best bid has to be below the best ask

TICKS: Final = 0
LOTS: Final = 1
ANY_DECIMAL: Final = 0
JSON_DECIMAL: Final = 1  # no needless zeros in front
SHORT_DECIMAL: Final = 2  # nor behind
EITHER_SIDE: Final = 2  # the level says which

READ: Final = 0
NOT_UNDERSTOOD: Final = 1
