"""Flat bars for empty intervals: for charts only, never for a strategy or an indicator."""

from collections.abc import Iterable

import msgspec

from core.bars.bar import Bar

MAX_BARS = 10_000


def fill_gaps(bars: Iterable[Bar], max_bars: int = MAX_BARS) -> list[Bar]:
    """Return the newest `max_bars` of `bars` with each empty interval between them drawn at the close before it."""
    filled: list[Bar] = []
    for bar in bars:
        if filled:
            filled.extend(_flat_bars(filled[-1], bar, max_bars))
        filled.append(bar)
    return filled[-max_bars:]


def _flat_bars(before: Bar, after: Bar, max_bars: int) -> list[Bar]:
    length_ns = before.timeframe.ns
    first_ns = max(before.close_ns, after.open_ns - max_bars * length_ns)
    ticks = before.close_ticks
    return [
        msgspec.structs.replace(
            before,
            open_ns=open_ns,
            open_ticks=ticks,
            high_ticks=ticks,
            low_ticks=ticks,
            volume_lots=0,
            buy_lots=0,
            trade_count=0,
            revision=0,
        )
        for open_ns in range(first_ns, after.open_ns, length_ns)
    ]
