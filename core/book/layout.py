"""Where things stand in the integer arrays that the book's kernels and the venues' decoders share.

A side is kept by key, and a better level has a higher key: ticks for bids, -ticks for asks. Levels whose key lies in
``[origin, origin + window)`` stand in a window with one cell a tick and one bit a tick that tells whether there is a
level; all others stand in an overflow sorted by key. After each batch the best level is in the window, so that every
level in the overflow is worse than every one in the window.
"""

from typing import Final

BIDS: Final = 0
ASKS: Final = 1

# the book's cells: this header, then the bits of both sides, then the lots of both sides
WINDOW_TICKS: Final = 0
OVERFLOW_LEVELS: Final = 1  # room of one side
SIDE_HEADERS: Final = 8
SIDE_HEADER_SIZE: Final = 8
CELLS_HEADER_SIZE: Final = 32

# a side's header
ORIGIN: Final = 0
WINDOW_COUNT: Final = 1
OVERFLOW_COUNT: Final = 2
BEST_KEY: Final = 3
BEST_LOTS: Final = 4  # 0: the side is empty

BID_HEADER: Final = SIDE_HEADERS
ASK_HEADER: Final = SIDE_HEADERS + SIDE_HEADER_SIZE

NO_KEY: Final = -(1 << 62)  # worse than any level
LARGEST_STEPS: Final = 10**18  # of ticks or lots: the most that 18 digits hold

# a batch of levels: four counts and offsets, room for what its decoder wants to note, then pairs (ticks, lots)
BID_COUNT: Final = 0
BID_START: Final = 1
ASK_COUNT: Final = 2
ASK_START: Final = 3
MOST_LEVELS: Final = 12  # of a side: what stands behind them after a delta is dropped; 0: all are kept
BATCH_HEADER_SIZE: Final = 64

# what came of a batch
APPLIED: Final = 0
CROSSED: Final = 1
BAD_LEVEL: Final = 2
NO_ROOM: Final = 3  # nothing was applied: the overflow must grow first

ALL_FOUND: Final = -1  # answer of a read: both sides have as many levels as were asked for
