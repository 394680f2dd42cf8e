"""What a ticket shows below its fields: the engine's word on the order that is typed, in as many rows as there are."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from core.state.rehearsal import OrderRehearsalView, RoomView
from tui.present import numbers
from tui.present.cells import fit, left, wrap
from tui.present.ink import Decor, Ink, Line, Span
from tui.present.rehearsal import fees_text, fill_text, funding_text, rest_text, room_name, verdict_text

LABEL_CELLS: Final = 8
ROOM_NAME_CELLS: Final = 16
_REFUSAL_ROWS: Final = 3
_WAITING: Final = "…"


class Told(NamedTuple):
    """What the ticket knows of the engine's answer.

    `before` is the answer to another order, shown for its names alone: rows must not come and go with each letter.
    """

    answer: OrderRehearsalView | None
    before: OrderRehearsalView | None
    problem: str
    is_old: bool
    is_asked: bool  # there is an order to ask about


def told_lines(told: Told, columns: int, room_rows: int) -> list[Line]:
    """Return verdict, fill, fees and what pays, then the room at the limits in `room_rows` rows of two."""
    if told.answer is not None:
        return [*_answer_lines(told.answer, columns), *_room_lines(told.answer.rooms, columns, room_rows)]
    lines = _waiting_lines(told, columns)
    if told.before is not None:
        names = [(label, _WAITING) for label in ("fills", "fees", told.before.funding_kind)]
        lines += [_fact(label, text, columns) for label, text in names]
        lines += _room_lines(told.before.rooms, columns, room_rows, is_known=False)
    return lines


def _waiting_lines(told: Told, columns: int) -> list[Line]:
    if told.problem:
        return wrap(f"the engine says nothing of it: {told.problem}", columns, Ink.WARNING)
    if told.is_old:
        return wrap("no answer for 3 s: nothing is known of this order", columns, Ink.WARNING)
    return [(Span("asking the engine …" if told.is_asked else "", Ink.QUIET),)]


def _answer_lines(view: OrderRehearsalView, columns: int) -> list[Line]:
    refused = view.verdict != "approved"
    ink = Ink.ALARM if refused else Ink.GOOD
    verdict = wrap(verdict_text(view), columns, ink)
    if len(verdict) > _REFUSAL_ROWS:
        verdict = [*verdict[: _REFUSAL_ROWS - 1], _cut(verdict[_REFUSAL_ROWS - 1], columns)]
    rest = rest_text(view)
    fill = f"{fill_text(view)}; {rest}" if rest else fill_text(view)
    lines = [
        *verdict,
        *_facts("fills", fill, columns),
        *_facts("fees", fees_text(view), columns),
        *_facts(view.funding_kind, funding_text(view), columns, Decor.PRIVATE),
    ]
    for note in view.notes:
        lines += wrap(f"! {note}", columns, Ink.WARNING)
    return lines


def _cut(line: Line, columns: int) -> Line:
    return fit((*line, Span(" …", Ink.ALARM)), columns)


def _facts(label: str, text: str, columns: int, decor: Decor = Decor.NONE) -> list[Line]:
    """Return a fact under its label, in as many rows as its words need: a number that is cut is a wrong one."""
    rows = wrap(text, max(10, columns - LABEL_CELLS))
    names = [label, *[""] * (len(rows) - 1)]
    return [
        (Span(left(name, LABEL_CELLS), Ink.QUIET), *(Span(span.text, span.ink, decor) for span in row))
        for name, row in zip(names, rows, strict=True)
    ]


def _fact(label: str, text: str, columns: int) -> Line:
    return _facts(label, text, columns)[0]


def _room_lines(rooms: Sequence[RoomView], columns: int, rows: int, *, is_known: bool = True) -> list[Line]:
    """Put two limits in a row, those that the order passes in front; say how many found no place."""
    if rows <= 0:
        return []
    ordered = sorted(rooms, key=lambda room: not _is_passed(room)) if is_known else list(rooms)
    shown, width = ordered[: 2 * rows], columns // 2
    lines: list[Line] = []
    for at in range(0, len(shown), 2):
        pair = (_room_cell(room, width, is_known=is_known) for room in shown[at : at + 2])
        lines.append(tuple(span for cell in pair for span in cell))
    return lines


def _is_passed(room: RoomView) -> bool:
    return room.left_after is not None and room.left_after < 0


def _room_cell(room: RoomView, width: int, *, is_known: bool) -> Line:
    name = Span(f"{left(room_name(room), ROOM_NAME_CELLS)} ", Ink.QUIET)
    if not is_known:
        return fit((name, Span(_WAITING, Ink.QUIET)), width)
    unit = "%" if room.unit.startswith("%") else ""
    now, after = _short(room.left_now), _short(room.left_after)
    ink = Ink.ALARM if _is_passed(room) or room.left_after is None else Ink.TEXT
    text = f"{after}{unit}" if now == after else f"{now} → {after}{unit}"
    room_cells = width - ROOM_NAME_CELLS - 2
    if len(text) > room_cells:
        text = f"{after}{unit}"
    return fit((name, Span(text, ink, Decor.PRIVATE)), width)


def _short(value: Decimal | None) -> str:
    return numbers.room(value)
