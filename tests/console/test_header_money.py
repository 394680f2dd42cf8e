"""The money in the header is as old as the oldest price of an open position, and looks it at every size."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from core.state.desk import DeskSnapshot
from tests.console.driving import LARGE, MEDIUM, SMALL
from tests.console.fake_link import FakeLink
from tui.present.cells import line_width
from tui.present.header import LinkView, header_lines
from tui.present.ink import Decor, Span, text_of

WIDTHS = [size[0] for size in (SMALL, MEDIUM, LARGE)]
LOOKS = Decor.DIM | Decor.STRUCK


def link(snapshot_age_s: float = 0.1) -> LinkView:
    return LinkView(is_hosted=True, lost_reason=None, snapshot_age_s=snapshot_age_s, console_lag_ms=1.0)


def marked(age_s: float | None, *, validity: str = "valid", quantity: int = 1) -> DeskSnapshot:
    """Return a desk one of whose positions has a price of this age."""
    snapshot = FakeLink().snapshot()
    first, *others = snapshot.positions
    snapshot.positions = [replace(first, mark_age_s=age_s, quantity=first.quantity * quantity), *others]
    snapshot.monitoring.market[first.venue][first.symbol].validity = validity
    return snapshot


def money(snapshot: DeskSnapshot, width: int, at: LinkView | None = None) -> dict[str, Decor]:
    """Return how each figure of money looks, by the word before it; the shape of the room counts as one of its own."""
    spans: Sequence[Span] = [span for line in header_lines(snapshot, at or link(), width) for span in line]
    words = ("equity ", "today ", "loss room ")
    found = {span.text: spans[place + 1].decor for place, span in enumerate(spans) if span.text in words}
    figure = next(place for place, span in enumerate(spans) if span.text == "loss room ")
    ends = next(place for place, span in enumerate(spans) if place > figure and span.decor & Decor.PRIVATE)
    return found | {"room": spans[ends].decor}


def text(snapshot: DeskSnapshot, width: int) -> str:
    return " ".join(text_of(line) for line in header_lines(snapshot, link(), width))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("age_s", "looks"),
    [(0.3, Decor.NONE), (3.0, Decor.DIM), (600.0, Decor.DIM | Decor.STRUCK), (None, Decor.DIM | Decor.STRUCK)],
)
def test_equity_profit_and_loss_room_look_as_old_as_the_oldest_mark(
    width: int, age_s: float | None, looks: Decor
) -> None:
    found = money(marked(age_s), width)
    assert {"today ", "loss room ", "room"} <= found.keys()
    assert {name: decor & LOOKS for name, decor in found.items()} == dict.fromkeys(found, looks)


def test_the_marks_grow_older_with_the_picture_that_has_them() -> None:
    assert money(marked(4.5), 80)["today "] & LOOKS == Decor.DIM
    assert money(marked(4.5), 80, link(0.9))["today "] & LOOKS == Decor.DIM | Decor.STRUCK


@pytest.mark.parametrize("width", WIDTHS)
def test_a_closed_market_and_a_position_that_is_none_any_more_age_nothing(width: int) -> None:
    for snapshot in (marked(600.0, validity="closed"), marked(600.0, quantity=0)):
        assert not any(decor & LOOKS for decor in money(snapshot, width).values())
        assert "marks" not in text(snapshot, width)


def test_the_age_is_said_where_there_is_room_and_only_when_it_is_one() -> None:
    assert "marks 10 min 00 s" in text(marked(600.0), 120)
    assert "marks 10 min 00 s" in text(marked(600.0), 200)
    assert "marks no data" in text(marked(None), 120)
    assert "marks" not in text(marked(0.3), 200)


@pytest.mark.parametrize("width", range(60, 220, 7))
def test_the_age_takes_no_figure_out_of_the_header(width: int) -> None:
    old, new = (text(marked(age_s), width) for age_s in (600.0, 0.3))
    assert all((word in old) == (word in new) for word in ("equity", "today", "loss room", "BALANCED", "UTC", "up "))
    assert all(line_width(line) <= width for line in header_lines(marked(600.0), link(), width))
