"""Kernels of one side of a book, on integer arrays as `core.book.layout` describes them."""

import numpy as np
from numpy.typing import NDArray

from core.book.bits import leading_zeros, trailing_zeros
from core.book.layout import (
    BEST_KEY,
    BEST_LOTS,
    BIDS,
    CELLS_HEADER_SIZE,
    LARGEST_STEPS,
    NO_KEY,
    ORIGIN,
    OVERFLOW_COUNT,
    OVERFLOW_LEVELS,
    SIDE_HEADER_SIZE,
    SIDE_HEADERS,
    WINDOW_COUNT,
    WINDOW_TICKS,
)
from core.compiled import kernel

Ints = NDArray[np.int64]


@kernel
def bits_start_of(cells: Ints, side: int) -> int:
    return CELLS_HEADER_SIZE + side * (cells[WINDOW_TICKS] >> 6)


@kernel
def lots_start_of(cells: Ints, side: int) -> int:
    return CELLS_HEADER_SIZE + 2 * (cells[WINDOW_TICKS] >> 6) + side * cells[WINDOW_TICKS]


@kernel
def level_count(cells: Ints, side: int) -> int:
    header = SIDE_HEADERS + side * SIDE_HEADER_SIZE
    return cells[header + WINDOW_COUNT] + cells[header + OVERFLOW_COUNT]


@kernel
def set_levels(cells: Ints, overflow: Ints, side: int, batch: Ints, start: int, count: int, step: int) -> bool:
    """Set one side's levels and settle its best; False where a level is not a positive price with lots >= 0."""
    header = SIDE_HEADERS + side * SIDE_HEADER_SIZE
    origin, window = cells[header + ORIGIN], cells[WINDOW_TICKS]
    bits_start, lots_start = bits_start_of(cells, side), lots_start_of(cells, side)
    best, added = cells[header + BEST_KEY], 0
    slot = start if step > 0 else start + 2 * (count - 1)
    for _ in range(count):
        ticks, lots = batch[slot], batch[slot + 1]
        slot += 2 * step
        if not (0 < ticks <= LARGEST_STEPS and 0 <= lots <= LARGEST_STEPS):
            return False
        key = ticks if side == BIDS else -ticks
        index = key - origin
        if 0 <= index < window:
            word, bit = bits_start + (index >> 6), 1 << (index & 63)
            had = (cells[word] >> (index & 63)) & 1
            has = 1 if lots else 0
            cells[word] = (cells[word] & ~bit) | (bit if lots else 0)
            cells[lots_start + index] = lots
            added += has - had
        else:
            _set_far_level(cells, overflow, side, key, lots)
        if lots and key > best:
            best = key
    cells[header + WINDOW_COUNT] += added
    _settle_best(cells, overflow, side, best)
    return True


@kernel
def _set_far_level(cells: Ints, overflow: Ints, side: int, key: int, lots: int) -> None:
    header = SIDE_HEADERS + side * SIDE_HEADER_SIZE
    start, count = side * 2 * cells[OVERFLOW_LEVELS], cells[header + OVERFLOW_COUNT]
    position = lower_bound(overflow, start, count, key)
    slot, end = start + 2 * position, start + 2 * count
    is_known = position < count and overflow[slot] == key
    if lots == 0:
        if is_known:
            for i in range(slot, end - 2):
                overflow[i] = overflow[i + 2]
            cells[header + OVERFLOW_COUNT] = count - 1
        return
    if not is_known:
        for i in range(end - 1, slot - 1, -1):
            overflow[i + 2] = overflow[i]
        overflow[slot] = key
        cells[header + OVERFLOW_COUNT] = count + 1
    overflow[slot + 1] = lots


@kernel
def lower_bound(overflow: Ints, start: int, count: int, key: int) -> int:
    """Return how many of the sorted keys are smaller than `key`."""
    low, high = 0, count
    while low < high:
        middle = (low + high) >> 1
        if overflow[start + 2 * middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _settle_best(cells: Ints, overflow: Ints, side: int, bound: int) -> None:
    """Find the best level, none being better than `bound`, and note it; move the window where it left it."""
    header = SIDE_HEADERS + side * SIDE_HEADER_SIZE
    origin, window, far = cells[header + ORIGIN], cells[WINDOW_TICKS], cells[header + OVERFLOW_COUNT]
    last = side * 2 * cells[OVERFLOW_LEVELS] + 2 * (far - 1)
    index = np.int64(-1)
    if far == 0 or overflow[last] < origin + window:
        index = _previous_level(cells, side, min(bound - origin, window - 1))
    if far and index < window >> 2:
        # the best level left the window, or is so near its edge that the next ones stand in the overflow
        _move_window(cells, overflow, side)
        origin = cells[header + ORIGIN]
        index = _previous_level(cells, side, window - 1)
    if index < 0:
        cells[header + BEST_KEY] = NO_KEY
        cells[header + BEST_LOTS] = 0
        return
    cells[header + BEST_KEY] = origin + index
    cells[header + BEST_LOTS] = cells[lots_start_of(cells, side) + index]


@kernel
def _previous_level(cells: Ints, side: int, index: int) -> int:
    """Return the highest index of a level in the window at or below `index`, -1 where there is none."""
    if index < 0:
        return -1
    bits_start = bits_start_of(cells, side)
    place = index >> 6
    word = cells[bits_start + place] & ((2 << (index & 63)) - 1)
    while word == 0:
        place -= 1
        if place < 0:
            return -1
        word = cells[bits_start + place]
    return (place << 6) + 63 - leading_zeros(word)


@kernel
def _move_window(cells: Ints, overflow: Ints, side: int) -> None:
    """Put the best level at three quarters of the window and give each level its place anew."""
    header = SIDE_HEADERS + side * SIDE_HEADER_SIZE
    window, start = cells[WINDOW_TICKS], side * 2 * cells[OVERFLOW_LEVELS]
    count = _window_to_overflow(cells, overflow, side)
    origin = overflow[start + 2 * (count - 1)] - (window * 3 >> 2)
    bits_start, lots_start = bits_start_of(cells, side), lots_start_of(cells, side)
    near = 0
    while near < count:
        slot = start + 2 * (count - 1 - near)
        index = overflow[slot] - origin
        if index < 0:
            break
        cells[bits_start + (index >> 6)] |= 1 << (index & 63)
        cells[lots_start + index] = overflow[slot + 1]
        near += 1
    cells[header + ORIGIN] = origin
    cells[header + WINDOW_COUNT] = near
    cells[header + OVERFLOW_COUNT] = count - near


@kernel
def drop_worst(cells: Ints, overflow: Ints, side: int, most_levels: int) -> None:
    """Keep a side's best levels only, at least one of them."""
    header = SIDE_HEADERS + side * SIDE_HEADER_SIZE
    far, near = cells[header + OVERFLOW_COUNT], cells[header + WINDOW_COUNT]
    surplus = far + near - most_levels
    if surplus <= 0:
        return
    from_overflow = min(surplus, far)
    if from_overflow:
        start = side * 2 * cells[OVERFLOW_LEVELS]
        for i in range(start, start + 2 * (far - from_overflow)):
            overflow[i] = overflow[i + 2 * from_overflow]
        cells[header + OVERFLOW_COUNT] = far - from_overflow
        surplus -= from_overflow
    cells[header + WINDOW_COUNT] = near - surplus
    bits_start, lots_start = bits_start_of(cells, side), lots_start_of(cells, side)
    place, last_four = bits_start, lots_start_of(cells, 0) - 4
    while surplus > 0:
        while place <= last_four and cells[place] | cells[place + 1] | cells[place + 2] | cells[place + 3] == 0:
            place += 4
        word = cells[place]
        while word and surplus > 0:
            cells[lots_start + ((place - bits_start) << 6) + trailing_zeros(word)] = 0
            word &= word - 1
            surplus -= 1
        cells[place] = word
        place += 1


@kernel
def _window_to_overflow(cells: Ints, overflow: Ints, side: int) -> int:
    """Merge the window's levels into the overflow, empty the window and return how many levels there are."""
    header = SIDE_HEADERS + side * SIDE_HEADER_SIZE
    start, far, near = (
        side * 2 * cells[OVERFLOW_LEVELS],
        cells[header + OVERFLOW_COUNT],
        cells[header + WINDOW_COUNT],
    )
    origin = cells[header + ORIGIN]
    slot = start + 2 * lower_bound(overflow, start, far, origin)
    for i in range(start + 2 * far - 1, slot - 1, -1):
        overflow[i + 2 * near] = overflow[i]
    bits_start, lots_start = bits_start_of(cells, side), lots_start_of(cells, side)
    for place in range(cells[WINDOW_TICKS] >> 6):
        word = cells[bits_start + place]
        while word:
            index = (place << 6) + trailing_zeros(word)
            overflow[slot] = origin + index
            overflow[slot + 1] = cells[lots_start + index]
            slot += 2
            word &= word - 1
    empty_window(cells, side)
    return far + near


@kernel
def empty_window(cells: Ints, side: int) -> None:
    bits_start, lots_start = bits_start_of(cells, side), lots_start_of(cells, side)
    for place in range(cells[WINDOW_TICKS] >> 6):
        word = cells[bits_start + place]
        while word:
            cells[lots_start + (place << 6) + trailing_zeros(word)] = 0
            word &= word - 1
        cells[bits_start + place] = 0
    cells[SIDE_HEADERS + side * SIDE_HEADER_SIZE + WINDOW_COUNT] = 0


@kernel
def best_of_side(cells: Ints, overflow: Ints, side: int, out: Ints) -> int:
    """Write one side's best levels into two rows of `out` and return how many there were."""
    header = SIDE_HEADERS + side * SIDE_HEADER_SIZE
    row, depth, found = 2 * side, out.shape[1], 0
    sign = 1 if side == BIDS else -1
    if cells[header + BEST_LOTS] == 0 or depth == 0:
        return 0
    origin, lots_start, bits_start = cells[header + ORIGIN], lots_start_of(cells, side), bits_start_of(cells, side)
    index = cells[header + BEST_KEY] - origin
    place = index >> 6
    word = cells[bits_start + place] & ((2 << (index & 63)) - 1)
    left = cells[header + WINDOW_COUNT]
    while left > 0 and found < depth:
        while word == 0:
            place -= 1
            word = cells[bits_start + place]
        bit = 63 - leading_zeros(int(word))
        word ^= 1 << bit
        index = (place << 6) + bit
        out[row, found] = sign * (origin + index)
        out[row + 1, found] = cells[lots_start + index]
        found += 1
        left -= 1
    slot = side * 2 * cells[OVERFLOW_LEVELS] + 2 * (cells[header + OVERFLOW_COUNT] - 1)
    for _ in range(min(depth - found, cells[header + OVERFLOW_COUNT])):
        out[row, found] = sign * overflow[slot]
        out[row + 1, found] = overflow[slot + 1]
        found += 1
        slot -= 2
    return found
