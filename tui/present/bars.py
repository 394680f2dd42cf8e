"""Horizontal bars of eighth blocks: sizes in a ladder, room left under a limit."""

from decimal import Decimal

from tui.present.ink import Decor, Ink, Span

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def nice_ceiling(value: int) -> int:
    """Round up to 1, 2 or 5 times a power of ten, so that a scale holds still."""
    if value <= 1:
        return 1
    power = 10 ** (len(str(value)) - 1)
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


def _filled_eighths(value: int, scale: int, cells: int) -> int:
    if value <= 0 or scale <= 0 or cells <= 0:
        return 0
    return max(1, min(cells * 8, value * cells * 8 // scale))


def rightward(value: int, scale: int, cells: int, ink: Ink) -> Span:
    """Draw a bar that grows to the right."""
    filled = _filled_eighths(value, scale, cells)
    whole, rest = divmod(filled, 8)
    text = "█" * whole + (_EIGHTHS[rest] if rest else "")
    return Span(text + " " * (cells - len(text)), ink)


def leftward(value: int, scale: int, cells: int, ink: Ink) -> tuple[Span, ...]:
    """Draw a bar that grows to the left; its end is a left block reversed, as terminals have no right eighths."""
    filled = _filled_eighths(value, scale, cells)
    whole, rest = divmod(filled, 8)
    if not rest:
        return (Span(" " * (cells - whole) + "█" * whole, ink),)
    spans = [Span(" " * (cells - whole - 1)), Span(_EIGHTHS[8 - rest], ink, Decor.REVERSED)]
    if whole:
        spans.append(Span("█" * whole, ink))
    return tuple(spans)


def room_bar(left: Decimal | None, limit: Decimal | None, cells: int) -> tuple[Span, ...]:
    """Draw what is left of a limit; the shape and the ink warn as it shrinks, and where it is not known."""
    if left is None or limit is None:
        return (Span("?" * cells, Ink.ALARM),)
    part = Decimal(0) if limit <= 0 else max(Decimal(0), min(Decimal(1), left / limit))
    filled = int(part * cells)
    ink = Ink.GOOD if part > Decimal("0.5") else Ink.WARNING if part > Decimal("0.2") else Ink.ALARM
    return (Span("▇" * filled, ink), Span("▁" * (cells - filled), Ink.QUIET))


def share_bar(share: float, cells: int) -> str:
    """Draw a share of 0 to 1 in whole cells; full only where it is whole, empty only where it is nothing."""
    if not share > 0:
        return "▱" * cells
    filled = cells if share >= 1 else min(cells - 1, max(1, int(share * cells)))
    return "▰" * filled + "▱" * (cells - filled)
