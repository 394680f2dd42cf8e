"""Flat bars for empty intervals: for charts only, never for a strategy or an indicator."""

from collections.abc import Callable, Iterable

import msgspec

from core.bars.bar import Bar

MAX_BARS = 10_000


def _nothing_lost(_from_ns: int, _until_ns: int) -> None:
    return None


def fill_gaps(
    bars: Iterable[Bar], max_bars: int = MAX_BARS, first_lost_ns: Callable[[int, int], int | None] = _nothing_lost
) -> list[Bar]:
    """Return the newest `max_bars` of `bars` with each empty interval between them drawn at the close before it.

    From `first_lost_ns` of a gap on, nothing is drawn until the next bar: what was traded there is not known.
    """
    filled: list[Bar] = []
    for bar in bars:
        if filled and filled[-1].close_ns < bar.open_ns:
            filled.extend(_flat_bars(filled[-1], bar, max_bars, first_lost_ns(filled[-1].close_ns, bar.open_ns)))
        filled.append(bar)
    return filled[-max_bars:]


def _flat_bars(before: Bar, after: Bar, max_bars: int, lost_ns: int | None) -> list[Bar]:
    length_ns = before.timeframe.ns
    first_ns = max(before.close_ns, after.open_ns - max_bars * length_ns)
    until_ns = after.open_ns if lost_ns is None else lost_ns - length_ns + 1
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
        for open_ns in range(first_ns, until_ns, length_ns)
    ]
