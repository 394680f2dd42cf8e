"""The log: what the engine did and what the console asked for."""

from collections.abc import Sequence

from core.state.desk import LogLine
from tui.present import numbers
from tui.present.cells import left, width_of, wrap
from tui.present.ink import Ink, Line, Span

_TOPIC_CELLS = 8
_TOPIC_FROM = 50  # cells of a line
_LEVEL = {"info": Ink.TEXT, "warning": Ink.WARNING, "error": Ink.ALARM}
_TOPIC = {"fill": Ink.OWN, "order": Ink.ACCENT, "risk": Ink.WARNING, "control": Ink.STRONG}
_WRAPPED_FROM_ROWS = 6  # a lower log shows more lines, each cut
EMPTY = "Fills, orders, refusals, feeds and commands are logged here as they happen."


def log_line(entry: LogLine, width: int) -> Line:
    """Return an entry as one line; where there is little room the words come before the topic."""
    mark = {"warning": "! ", "error": "✗ "}.get(entry.level, "")
    topic = left(entry.topic, _TOPIC_CELLS) + " " if width >= _TOPIC_FROM else ""
    return (
        Span(numbers.clock(entry.at_ns) + " ", Ink.QUIET),
        Span(topic, _TOPIC.get(entry.topic, Ink.QUIET)),
        Span(mark + entry.text, _LEVEL.get(entry.level, Ink.TEXT)),
    )


def log_lines(entries: Sequence[LogLine], width: int, height: int, back: int = 0) -> list[Line]:
    """Show the newest entries that fit, newest at the bottom; `back` entries are skipped from the end."""
    if not entries:
        return wrap(EMPTY, width, Ink.QUIET)
    end = max(0, len(entries) - back)
    lines: list[Line] = []
    for entry in reversed(entries[max(0, end - height) : end]):
        lines[:0] = _wrapped(entry, width) if height >= _WRAPPED_FROM_ROWS else [log_line(entry, width)]
        if len(lines) >= height:
            break
    return lines[-height:]


def _wrapped(entry: LogLine, width: int) -> list[Line]:
    line = log_line(entry, width)
    head = width_of(line[0].text) + width_of(line[1].text)
    if head + width_of(line[2].text) <= width or width - head < 20:
        return [line]
    parts = wrap(line[2].text, width - head, line[2].ink)
    return [(line[0], line[1], *parts[0]), *((Span(" " * head), *part) for part in parts[1:])]
