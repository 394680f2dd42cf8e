"""Book messages read from their raw bytes by a program that `adapters.streams.message_grammar` makes of a grammar.

It knows compact JSON of printable ASCII without escapes, and answers NOT_UNDERSTOOD to all else: then the reader of
typed messages judges. It never reads behind the message: the byte behind it is set to 0, which nothing here takes.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.streams.message_layout import (
    ABSENT,
    ANY_DECIMAL,
    ASK_ROOM,
    END,
    FIELD_END,
    FIELDS,
    INSTRUCTION_SIZE,
    INTEGER,
    LEVEL_END,
    LEVELS,
    LOT_MANTISSA,
    NOT_UNDERSTOOD,
    NOTES_END,
    NUMBER,
    READ,
    SHORT_DECIMAL,
    SIDE_NAME,
    SKIP_COUNT,
    SKIP_TEXT,
    TICK_MANTISSA,
    TICKS,
    TIME,
    VENUE_NS,
)
from core.book.bits import word_at
from core.book.decimals import parse_steps, unsigned
from core.book.layout import ASK_COUNT, ASK_START, ASKS, BATCH_HEADER_SIZE, BID_COUNT, BID_START, BIDS
from core.book.step_grid import MOST_DIGITS, PADDING
from core.compiled import entry_of, kernel

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

_QUOTE: Final = 34
_COMMA: Final = 44
_MINUS: Final = 45
_DOT: Final = 46
_ZERO: Final = 48
_OPEN_LIST: Final = 91
_BACKSLASH: Final = 92
_CLOSE_LIST: Final = 93
_OPEN_OBJECT: Final = 123
_CLOSE_OBJECT: Final = 125
_BID: Final = unsigned(int.from_bytes(b"bid", "little"))
_BID_BYTES: Final = unsigned(0xFFFFFF)
_OFFER: Final = unsigned(int.from_bytes(b"offer", "little"))
_OFFER_BYTES: Final = unsigned(0xFFFFFFFFFF)

_NS_PER_S: Final = 1_000_000_000
_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2199  # nanoseconds of later ones may not fit
_DAYS_IN_MONTH: Final = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)


@kernel
def read_message(text: Bytes, length: int, batch: Ints, program: Ints) -> int:
    """Read the first `length` bytes of `text` into `batch` and return READ or NOT_UNDERSTOOD.

    `text` needs PADDING bytes more than the message, `batch` room for ``length / 4`` integers for each side.
    """
    text[length] = 0
    for note in range(VENUE_NS, NOTES_END):
        batch[note] = ABSENT
    batch[BID_START], batch[ASK_START] = BATCH_HEADER_SIZE, batch[ASK_ROOM]
    batch[BID_COUNT] = batch[ASK_COUNT] = 0
    at, pc, ticks, lots, side = 0, 0, 0, 0, BIDS
    while at >= 0 and pc >= 0:
        code, first, second = program[pc], program[pc + 1], program[pc + 2]
        if code == NUMBER:
            kind = TICK_MANTISSA if first == TICKS else LOT_MANTISSA
            value, end = parse_steps(text, at, batch[kind], batch[kind + 1])
            if value < 0 or (second != ANY_DECIMAL and not _is_plain(text, at, end, second)):
                return NOT_UNDERSTOOD
            if first == TICKS:
                ticks = value
            else:
                lots = value
            at = end
        elif code == SKIP_TEXT:
            at = _skip_text(text, at)
        elif code == LEVEL_END:
            if not _put_level(batch, side, ticks, lots, second):
                return NOT_UNDERSTOOD
            if text[at] == _COMMA:
                pc = first
            elif text[at] != _CLOSE_LIST:
                return NOT_UNDERSTOOD
            at += 1
        elif code == LEVELS:
            side = first
            if text[at] != _OPEN_LIST:
                return NOT_UNDERSTOOD
            at += 1
            if text[at] == _CLOSE_LIST:
                at += 1
                pc = second
        elif code == SIDE_NAME:
            side, at = _read_side(text, at)
        elif code == SKIP_COUNT:
            value, at = _read_integer(text, at)
            if value < 0:
                return NOT_UNDERSTOOD
        elif code == INTEGER:
            batch[first], at = _read_integer(text, at)
            if abs(batch[first]) > second:
                return NOT_UNDERSTOOD
        elif code == TIME:
            batch[first], at = _read_time(text, at)
        elif code in (FIELDS, FIELD_END):
            pc = _step_in_object(text, at, batch, program, pc)
            at += 1
        elif code == END:
            return READ if at == length and not (first and _is_crossed(batch)) else NOT_UNDERSTOOD
        at, pc = _match_literal(text, at, program, pc)
    return NOT_UNDERSTOOD


@kernel
def _put_level(batch: Ints, side: int, ticks: int, lots: int, is_ordered: int) -> bool:
    """Put a level behind those of its side; False for one without a price, or out of an order that it has to keep."""
    count = BID_COUNT if side == BIDS else ASK_COUNT
    start = batch[count + 1]
    slot = start + 2 * batch[count]
    if ticks <= 0:
        return False
    if is_ordered:
        if lots <= 0:
            return False
        if slot > start and (ticks >= batch[slot - 2] if side == BIDS else ticks <= batch[slot - 2]):
            return False
    batch[slot], batch[slot + 1] = ticks, lots
    batch[count] += 1
    return True


@kernel
def _is_crossed(batch: Ints) -> bool:
    """Tell whether the first bid is not below the first ask."""
    if batch[BID_COUNT] == 0 or batch[ASK_COUNT] == 0:
        return False
    return bool(batch[batch[BID_START]] >= batch[batch[ASK_START]])


@kernel
def _step_in_object(text: Bytes, at: int, batch: Ints, program: Ints, pc: int) -> int:
    """Return where it goes on at an object's bracket, or behind one of its fields; -1 where it does not."""
    is_new = program[pc] == FIELDS
    fields = pc if is_new else program[pc + 1]
    frame = program[fields + 3]
    if is_new:
        batch[frame] = batch[frame + 1] = 0
    if text[at] == (_OPEN_OBJECT if is_new else _COMMA):
        return _find_field(text, at + 1, batch, program, fields)
    is_whole = not is_new and text[at] == _CLOSE_OBJECT and program[fields + 2] & ~batch[frame] == 0
    return int(program[pc + 2]) if is_whole else -1


@kernel
def _match_literal(text: Bytes, at: int, program: Ints, pc: int) -> tuple[int, int]:
    """Return the positions behind an instruction's literal, -1 where it does not stand there; after -1 it stays -1."""
    if at < 0 or pc < 0:
        return -1, pc
    size, pairs = program[pc + 3], program[pc + 4]
    pc += INSTRUCTION_SIZE
    for i in range(pairs):
        if word_at(text, at + 8 * i) & unsigned(program[pc + 1]) != unsigned(program[pc]):
            return -1, pc
        pc += 2
    return at + size, pc


@kernel
def _find_field(text: Bytes, at: int, batch: Ints, program: Ints, fields: int) -> int:
    """Return where the instructions of the field that stands here begin, -1 for one unknown or read already."""
    count, frame = program[fields + 1], program[fields + 3]
    seen, place = batch[frame], batch[frame + 1]
    for _ in range(count):
        if not (seen >> place) & 1:
            field = program[fields + INSTRUCTION_SIZE + place]
            end, _behind = _match_literal(text, at, program, field)
            if end >= 0:
                batch[frame] = seen | (1 << place)
                batch[frame + 1] = place + 1 if place + 1 < count else 0
                return int(field)
        place = place + 1 if place + 1 < count else 0
    return -1


@kernel
def _is_plain(text: Bytes, at: int, end: int, form: int) -> bool:
    """Tell whether a number has no needless zeros: in front as in JSON, nor behind its dot."""
    if text[at] == _ZERO and end - at > 1 and text[at + 1] != _DOT:
        return False
    if form == SHORT_DECIMAL and text[end - 1] == _ZERO:
        for i in range(at, end):
            if text[i] == _DOT:
                return False
    return True


@kernel
def _skip_text(text: Bytes, at: int) -> int:
    """Return the position of the quote that ends a text, -1 where it holds anything but printable ASCII."""
    while text[at] != _QUOTE:
        if text[at] < 32 or text[at] > 126 or text[at] == _BACKSLASH:
            return -1
        at += 1
    return at


@kernel
def _read_side(text: Bytes, at: int) -> tuple[int, int]:
    """Return the side that is named and the position behind its name, -1 where there is none."""
    word = word_at(text, at)
    if word & _BID_BYTES == _BID:
        return BIDS, at + 3
    if word & _OFFER_BYTES == _OFFER:
        return ASKS, at + 5
    return BIDS, -1


@kernel
def _read_integer(text: Bytes, at: int) -> tuple[int, int]:
    """Return a whole number as JSON writes it and the position behind it, -1 where there is none or a long one."""
    is_negative = text[at] == _MINUS
    if is_negative:
        at += 1
    value, start = 0, at
    digit = int(text[at]) - _ZERO
    while 0 <= digit <= 9:
        value = value * 10 + digit
        at += 1
        digit = int(text[at]) - _ZERO
    size = at - start
    if not 0 < size <= MOST_DIGITS or (text[start] == _ZERO and (size > 1 or is_negative)):
        return 0, -1
    return -value if is_negative else value, at


@kernel
def _two_digits(text: Bytes, at: int) -> int:
    """Return the number that two digits make, a large one where they are none."""
    tens, ones = int(text[at]) - _ZERO, int(text[at + 1]) - _ZERO
    return 10 * tens + ones if 0 <= tens <= 9 and 0 <= ones <= 9 else 1_000_000


@kernel
def _read_time(text: Bytes, at: int) -> tuple[int, int]:
    """Return the nanoseconds of ``2023-07-30T15:30:01.604059Z`` and the position behind it, -1 where there is none."""
    year = 100 * _two_digits(text, at) + _two_digits(text, at + 2)
    if text[at + 4] != _MINUS or not _FIRST_YEAR <= year <= _LAST_YEAR:
        return 0, -1
    month, day = _two_digits(text, at + 5), _two_digits(text, at + 8)
    if text[at + 7] != _MINUS or not 1 <= month <= 12:
        return 0, -1
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days_in_month = _DAYS_IN_MONTH[month - 1] + (1 if is_leap and month == 2 else 0)
    if text[at + 10] != 84 or not 1 <= day <= days_in_month:
        return 0, -1
    hour, minute, second = _two_digits(text, at + 11), _two_digits(text, at + 14), _two_digits(text, at + 17)
    if text[at + 13] != 58 or text[at + 16] != 58 or hour > 23 or minute > 59 or second > 59:
        return 0, -1
    at += 19
    fraction, unit = 0, _NS_PER_S
    if text[at] == _DOT:
        at += 1
        digit = int(text[at]) - _ZERO
        while 0 <= digit <= 9 and unit > 1:
            unit //= 10
            fraction += digit * unit
            at += 1
            digit = int(text[at]) - _ZERO
        if unit == _NS_PER_S:
            return 0, -1
    if text[at] != 90:
        return 0, -1
    seconds = (_days_before(year, month) + day - 1) * 86_400 + hour * 3_600 + minute * 60 + second
    return seconds * _NS_PER_S + fraction, at + 1


@kernel
def _days_before(year: int, month: int) -> int:
    """Return the days from 1970 to the first of a month; the year is counted from March on, with the leap day last."""
    moved = year - 1 if month <= 2 else year
    from_march = month + 9 if month <= 2 else month - 3
    return 365 * moved + moved // 4 - moved // 100 + moved // 400 + (153 * from_march + 2) // 5 - 719_468


@cache
def read_message_entry() -> Callable[[Bytes, int, Ints, Ints], int]:
    """Return `read_message` without the look at its arguments' types, compiled on the first call."""
    text, batch = np.zeros(1 + PADDING, np.uint8), np.zeros(2 * BATCH_HEADER_SIZE, np.int64)
    batch[ASK_ROOM] = BATCH_HEADER_SIZE
    return entry_of(read_message, text, 0, batch, np.array([END, 0, 0, 0, 0], np.int64))
