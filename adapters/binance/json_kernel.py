"""Walking over JSON text byte by byte, without objects.

Every loop ends at a byte of value 0, which is no part of any JSON text and has to stand behind it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.compiled import kernel

Bytes = NDArray[np.uint8]

QUOTE: Final = 34
COMMA: Final = 44
COLON: Final = 58
OPEN_LIST: Final = 91
BACKSLASH: Final = 92
CLOSE_LIST: Final = 93
OPEN_OBJECT: Final = 123
CLOSE_OBJECT: Final = 125


@kernel
def skip_blanks(text: Bytes, at: int) -> int:
    while text[at] == 32 or 9 <= text[at] <= 10 or text[at] == 13:
        at += 1
    return at


@kernel
def read_key(text: Bytes, at: int) -> tuple[int, int]:
    """Return the last eight characters of a key as one number and the position of its value, -1 where there is none."""
    if text[at] != QUOTE:
        return 0, -1
    at += 1
    key, start = 0, at
    while text[at] != QUOTE:
        if text[at] < 32 or text[at] == BACKSLASH:
            return 0, -1
        key = (key << 8) | int(text[at])
        at += 1
    if at - start > 7:
        key = 0
    at = skip_blanks(text, at + 1)
    if text[at] != COLON:
        return 0, -1
    return key, skip_blanks(text, at + 1)


@kernel
def skip_value(text: Bytes, at: int) -> int:
    """Return the position behind a value of any kind, found by its brackets and strings, or -1 where there is none."""
    depth, start = 0, at
    while True:
        character = text[at]
        if character == QUOTE:
            at += 1
            while text[at] != QUOTE:
                if text[at] < 32:
                    return -1
                at += 2 if text[at] == BACKSLASH and text[at + 1] >= 32 else 1
            at += 1
        elif character in (OPEN_LIST, OPEN_OBJECT):
            depth += 1
            at += 1
        elif depth == 0 and character in (COMMA, CLOSE_OBJECT, CLOSE_LIST):
            return at if at > start else -1
        elif character in (CLOSE_LIST, CLOSE_OBJECT):
            depth -= 1
            at += 1
        elif character == 0:
            return -1
        else:
            at += 1
