"""What the console sends its terminal, as the header says it."""

from typing import Final

import msgspec

from tui.present.ink import Ink, Line, Span


class Traffic(msgspec.Struct, frozen=True):
    """Frames that were not drawn or not taken in the last minute, and what is sent; None where there is no terminal."""

    dropped_frames: int = 0
    bytes_per_s: float | None = None


NO_TRAFFIC: Final = Traffic()


def traffic_line(traffic: Traffic) -> Line:
    dropped = Span(f"{traffic.dropped_frames} dropped", Ink.WARNING if traffic.dropped_frames else Ink.QUIET)
    return (dropped,) if traffic.bytes_per_s is None else (Span(f"{_rate(traffic.bytes_per_s)} "), dropped)


def _rate(bytes_per_s: float) -> str:
    """Format in whole kB/s: a finer figure would be what is sent most."""
    if not bytes_per_s:
        return "0 kB/s"
    return f"{bytes_per_s / 1000:.0f} kB/s" if bytes_per_s >= 1000 else "<1 kB/s"
