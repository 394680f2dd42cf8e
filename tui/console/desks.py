"""The desks: which panes stand where, at every size of the terminal."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final

import msgspec
from textual.geometry import Region

from tui.console.memory import DeskChange

MINIMUM_COLUMNS: Final = 60
MINIMUM_ROWS: Final = 16
LADDERS: Final = 8
SHIPPED: Final = DeskChange()


class Axis(Enum):
    ROWS = "rows"
    COLUMNS = "columns"


class Split(msgspec.Struct, frozen=True):
    """Parts beside or below each other, sharing the room by weight."""

    axis: Axis
    parts: tuple[tuple[int, "Node"], ...]


Node = Split | str


def _rows(*parts: tuple[int, Node]) -> Split:
    return Split(Axis.ROWS, parts)


def _columns(*parts: tuple[int, Node]) -> Split:
    return Split(Axis.COLUMNS, parts)


class SizeClass(Enum):
    """Small is 80 by 24, medium 120 by 40, large 200 by 60; in between the smaller one is stretched."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


def size_class(width: int, height: int) -> SizeClass:
    if width >= 170 and height >= 48:
        return SizeClass.LARGE
    return SizeClass.MEDIUM if width >= 106 and height >= 32 else SizeClass.SMALL


def is_too_small(width: int, height: int) -> bool:
    return width < MINIMUM_COLUMNS or height < MINIMUM_ROWS


def _ladders(first: int, count: int) -> Split:
    return _columns(*((1, f"ladder-{number}") for number in range(first, first + count)))


_SMALL, _MEDIUM, _LARGE = SizeClass.SMALL, SizeClass.MEDIUM, SizeClass.LARGE
_SMALL_DESK = _columns((38, "ladder-1"), (42, _rows((8, "chart"), (7, "positions"), (5, "log"))))
_MEDIUM_DESK = _rows(
    (15, _columns((37, "ladder-1"), (37, "ladder-2"), (46, _rows((10, "chart"), (5, "pnl"))))),
    (7, _columns((62, "positions"), (58, "orders"))),
    (9, _columns((50, "risk"), (70, "jobs"))),
    (6, "log"),
)
_LARGE_DESK = _rows(
    (23, _columns((132, _ladders(1, 4)), (68, _rows((16, "chart"), (7, "pnl"))))),
    (14, _columns((62, "positions"), (62, "orders"), (76, "jobs"))),
    (10, _columns((62, "risk"), (62, "capital"), (76, "venues"))),
    (11, _columns((94, "log"), (50, "strategies"), (56, "fills"))),
)
_SMALL_LADDERS = _rows((14, _ladders(1, 2)), (6, _columns((49, "fills"), (31, "tape"))))
_MEDIUM_LADDERS = _rows(
    (27, _columns((74, _ladders(1, 2)), (46, _rows((17, "tape"), (10, "fills"))))),
    (10, _columns((60, "watchlist"), (60, "orders"))),
)
_LARGE_LADDERS = _rows(
    (42, _columns((160, _rows((21, _ladders(1, 4)), (21, _ladders(5, 4)))), (40, "tape"))),
    (14, _columns((66, "watchlist"), (67, "fills"), (67, "orders"))),
)
_SMALL_JOBS = _rows((4, "timeline"), (12, "jobs"), (4, "capital"))
_JOBS = _rows((12, "timeline"), (13, "jobs"), (12, _columns((62, "capital"), (58, "strategies"))))
_LARGE_JOBS = _rows(
    (18, "timeline"),
    (18, "jobs"),
    (21, _columns((100, "capital"), (100, _rows((10, "strategies"), (11, "risk"))))),
)
_RISK = _columns((42, _rows((12, "risk"), (8, "venues"))), (38, "alerts"))
_WIDE_RISK = _columns(
    (60, _rows((15, "risk"), (7, "venues"), (14, "account"))), (60, _rows((14, "alerts"), (16, "log")))
)
_CHARTS = _rows((13, "chart"), (7, _columns((40, "pnl"), (40, "strategies"))))
_WIDE_CHARTS = _columns(
    (34, "ladder-1"),
    (
        86,
        _rows(
            (18, "chart"), (10, _columns((43, "pnl"), (43, "spread"))), (9, _columns((43, "depth"), (43, "strategies")))
        ),
    ),
)
_LARGE_CHARTS = _columns(
    (40, "ladder-1"),
    (160, _rows((31, "chart"), (15, _columns((54, "pnl"), (53, "spread"), (53, "depth"))), (11, "strategies"))),
)
_LOG = _rows((10, "log"), (10, "orders"))
_WIDE_LOG = _rows((18, "log"), (18, _columns((60, "orders"), (60, "fills"))))

DESKS: Final[Mapping[int, Mapping[SizeClass, Node]]] = {
    1: {_SMALL: _SMALL_DESK, _MEDIUM: _MEDIUM_DESK, _LARGE: _LARGE_DESK},
    2: {_SMALL: _SMALL_LADDERS, _MEDIUM: _MEDIUM_LADDERS, _LARGE: _LARGE_LADDERS},
    3: {_SMALL: _SMALL_JOBS, _MEDIUM: _JOBS, _LARGE: _LARGE_JOBS},
    4: {_SMALL: _RISK, _MEDIUM: _WIDE_RISK, _LARGE: _WIDE_RISK},
    5: {_SMALL: _CHARTS, _MEDIUM: _WIDE_CHARTS, _LARGE: _LARGE_CHARTS},
    6: {_SMALL: _LOG, _MEDIUM: _WIDE_LOG, _LARGE: _WIDE_LOG},
}


def arrangement(
    desk: int,
    width: int,
    height: int,
    screen: SizeClass,
    zoomed: str | None = None,
    change: DeskChange = SHIPPED,
) -> dict[str, Region]:
    """Return where each pane of a desk stands in a room of `width` by `height` cells."""
    room = Region(0, 0, width, height)
    if zoomed is not None:
        return {zoomed: room}
    placed: dict[str, Region] = {}
    node = _without(DESKS[desk][screen], change.hidden)
    _place(DESKS[desk][screen] if node is None else node, room, placed)
    return {change.pane_at(place): region for place, region in placed.items()}


def places_of(desk: int) -> tuple[str, ...]:
    """Return every place of a desk, at whatever size."""
    return tuple(dict.fromkeys(place for node in DESKS[desk].values() for place in _leaves(node)))


def _leaves(node: Node) -> list[str]:
    return [node] if isinstance(node, str) else [leaf for _, part in node.parts for leaf in _leaves(part)]


def _without(node: Node, hidden: Sequence[str]) -> Node | None:
    """Return a desk without some places; their neighbours share the room."""
    if isinstance(node, str):
        return None if node in hidden else node
    kept = tuple((weight, part) for weight, old in node.parts if (part := _without(old, hidden)) is not None)
    return Split(node.axis, kept) if kept else None


def _place(node: Node, room: Region, placed: dict[str, Region]) -> None:
    if isinstance(node, str):
        placed[node] = room
        return
    total_weight = sum(weight for weight, _ in node.parts)
    extent = room.height if node.axis is Axis.ROWS else room.width
    weight_before = 0
    for weight, part in node.parts:
        start = extent * weight_before // total_weight
        weight_before += weight
        end = extent * weight_before // total_weight
        if node.axis is Axis.ROWS:
            _place(part, Region(room.x, room.y + start, room.width, end - start), placed)
        else:
            _place(part, Region(room.x + start, room.y, end - start, room.height), placed)
