"""Walking over JSON text byte by byte, without objects.

Every loop ends at a byte of value 0, which is no part of any JSON text and has to stand behind it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.book.bits import word_at
from core.book.decimals import unsigned
from core.book.step_grid import MOST_DIGITS
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

_NULL: Final = unsigned(int.from_bytes(b"null", "little"))
_TRUE: Final = unsigned(int.from_bytes(b"true", "little"))
_FALSE: Final = unsigned(int.from_bytes(b"false", "little"))
_FOUR_BYTES: Final = unsigned(0xFFFFFFFF)
_FIVE_BYTES: Final = unsigned(0xFFFFFFFFFF)


@kernel
def skip_blanks(text: Bytes, at: int) -> int:
    while text[at] == 32 or 9 <= text[at] <= 10 or text[at] == 13:
        at += 1
    return at


@kernel
def is_plain(character: int) -> bool:
    return 32 <= character <= 126 and character != BACKSLASH


@kernel
def read_key(text: Bytes, at: int) -> tuple[int, int]:
    """Return the last eight characters of a key as one number and the position of its value, -1 where there is none."""
    if text[at] != QUOTE:
        return 0, -1
    at += 1
    key, start = 0, at
    while text[at] != QUOTE:
        if not is_plain(text[at]):
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
def read_whole(text: Bytes, at: int) -> tuple[int, int]:
    """Return a number of at most 18 digits as JSON writes it and the position behind it, -1 where there is none."""
    value, start = 0, at
    digit = int(text[at]) - 48
    while 0 <= digit <= 9:
        value = value * 10 + digit
        at += 1
        digit = int(text[at]) - 48
    size = at - start
    if not 0 < size <= MOST_DIGITS or (size > 1 and text[start] == 48):
        return 0, -1
    return value, at


@kernel
def skip_plain_value(text: Bytes, at: int) -> int:
    """Return the position behind a text of printable ASCII, a whole number or a word of JSON, -1 for all else."""
    if text[at] == QUOTE:
        at += 1
        while text[at] != QUOTE:
            if not is_plain(text[at]):
                return -1
            at += 1
        return at + 1
    word = word_at(text, at)
    if word & _FOUR_BYTES in (_NULL, _TRUE):
        return at + 4
    if word & _FIVE_BYTES == _FALSE:
        return at + 5
    return read_whole(text, at)[1]
