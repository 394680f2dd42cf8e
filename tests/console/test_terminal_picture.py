"""Sending only the cells that differ shows the same as painting everything."""

from collections.abc import Iterator

import pyte
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from tui.console.cell_text import CellText
from tui.console.graphic_rendition import DEFAULT, Renditions
from tui.console.terminal_picture import Placed, TerminalPicture

WIDTHS = dict.fromkeys(("a", "b", " ", "│", "█", "▲", "…", "ｱ", "e\u0301", "5", "é", "\U000f0001"), 1)
WIDTHS |= {"界": 2, "🙂": 2}
LETTERS = list(WIDTHS)
STYLES = [
    None,
    Style(),
    Style(color="red"),
    Style(color="bright_green", bold=True),
    Style(color="#102030", bgcolor="#405060"),
    Style(bgcolor="blue", reverse=True),
    Style(strike=True, dim=True),
    Style(bold=True, dim=True, italic=True),
    Style(color="default", underline=True),
]

letters = st.tuples(st.sampled_from(LETTERS), st.sampled_from(STYLES))
places = st.tuples(st.integers(0, 11), st.integers(0, 4), st.lists(letters, max_size=12))
sizes = st.tuples(st.integers(1, 12), st.integers(1, 5)).map(lambda pair: Size(*pair))
Letters = list[tuple[str, Style | None]]
Change = tuple[int, int, Letters]
BLANK: tuple[str, Style | None] = (" ", None)


def strip_of(parts: Letters) -> Strip:
    """Return a strip with a segment for each run of one style."""
    segments: list[Segment] = []
    for text, style in parts:
        if segments and segments[-1].style is style:
            segments[-1] = Segment(segments[-1].text + text, style)
        else:
            segments.append(Segment(text, style))
    return Strip(segments, sum(WIDTHS.get(text, len(text)) for text, _ in parts))


def fitting(parts: Letters, width: int) -> Letters:
    """Leave out what stands beyond the edge; half a wide letter is a blank."""
    kept: Letters = []
    for letter, style in parts:
        room = width - sum(WIDTHS[text] for text, _ in kept)
        if room <= 0:
            break
        kept.append((letter, style) if WIDTHS[letter] <= room else (" ", style))
    return kept


class Shown:
    """A terminal, and beside it the letters that belong into each cell: None is the second half of a wide one."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.rows: list[list[tuple[str | None, Style | None]]] = [[BLANK] * size.width for _ in range(size.height)]
        self.screen = new_screen(size)
        self.picture = TerminalPicture()
        self.send_all()

    def send(self, placed: list[Placed]) -> str:
        text = self.picture.difference(placed, self.size, ColorSystem.TRUECOLOR)
        pyte.Stream(self.screen).feed(text)
        return text

    def send_all(self) -> str:
        rows = [[(letter, style) for letter, style in row if letter is not None] for row in self.rows]
        return self.send([(0, y, strip_of(row)) for y, row in enumerate(rows)])

    def put(self, change: Change) -> str:
        x, y, parts = change
        if x >= self.size.width or y >= self.size.height:
            return ""
        parts, row = fitting(parts, self.size.width - x), self.rows[y]
        cells = [cell for text, style in parts for cell in ((text, style), (None, style))[: WIDTHS[text]]]
        end = x + len(cells)
        if cells and x and row[x][0] is None:
            row[x - 1] = (" ", row[x - 1][1])
        if cells and end < len(row) and row[end][0] is None:
            row[end] = (" ", row[end][1])
        row[x:end] = cells
        return self.send([(x, y, strip_of(parts))])

    def as_painted_whole(self) -> list[list[tuple[object, ...]]]:
        fresh = new_screen(self.size)
        stream = pyte.Stream(fresh)
        for y, row in enumerate(self.rows):
            for x, (letter, style) in enumerate(row):
                if letter is not None:
                    stream.feed(f"\x1b[{y + 1};{x + 1}H{letter if style is None else style.render(letter)}")
        return cells_of(fresh)


def new_screen(size: Size) -> pyte.Screen:
    screen = pyte.Screen(size.width, size.height)
    screen.reset_mode(pyte.modes.DECAWM)  # the driver switches line wrap off
    return screen


def cells_of(screen: pyte.Screen) -> list[list[tuple[object, ...]]]:
    return [[tuple(screen.buffer[y][x]) for x in range(screen.columns)] for y in range(screen.lines)]


@settings(max_examples=300, deadline=None)
@given(sizes, st.lists(places, max_size=12))
def test_changes_sent_one_by_one_show_what_a_whole_paint_shows(size: Size, changes: list[Change]):
    shown = Shown(size)
    for change in changes:
        shown.put(change)
        assert cells_of(shown.screen) == shown.as_painted_whole()


@settings(max_examples=100, deadline=None)
@given(sizes, st.lists(places, max_size=6))
def test_what_is_shown_already_is_not_sent_again(size: Size, changes: list[Change]):
    shown = Shown(size)
    for change in changes:
        shown.put(change)
    assert shown.send_all() == ""


@settings(max_examples=100, deadline=None)
@given(sizes, st.lists(places, max_size=6))
def test_after_something_else_wrote_over_the_screen_all_of_it_is_sent_again(size: Size, changes: list[Change]):
    shown = Shown(size)
    for change in changes:
        shown.put(change)
    pyte.Stream(shown.screen).feed("\x1b[H\x1b[1;41m" + "X" * size.width * size.height)
    shown.picture.forget()
    assert not shown.picture.is_whole
    shown.send_all()
    assert shown.picture.is_whole
    assert cells_of(shown.screen) == shown.as_painted_whole()


@settings(max_examples=50, deadline=None)
@given(sizes, sizes, places)
def test_a_screen_of_another_size_is_sent_whole(size: Size, other: Size, change: Change):
    assume(size != other)
    shown, larger = Shown(size), Shown(other)
    shown.put(change)
    shown.size, shown.rows, shown.screen = other, larger.rows, new_screen(other)
    shown.send_all()
    assert cells_of(shown.screen) == shown.as_painted_whole()


def test_one_digit_of_a_number_costs_a_move_and_a_digit():
    shown = Shown(Size(40, 3))
    shown.send([(5, 1, strip_of([("64,012.5", Style(color="red"))]))])
    assert shown.send([(5, 1, strip_of([("64,012.5", Style(color="red"))]))]) == ""
    text = shown.send([(5, 1, strip_of([("64,012.6", Style(color="red"))]))])
    assert text == "\x1b[2;13H\x1b[31m6\x1b[m"


def test_a_part_of_an_unknown_screen_shows_that_part_and_leaves_the_rest_unknown():
    picture = TerminalPicture()
    text = picture.difference([(2, 0, strip_of([("ab", None)]))], Size(6, 1), ColorSystem.TRUECOLOR)
    assert text == "\x1b[m\x1b[1;3Hab"
    assert not picture.is_whole


numbers = st.lists(st.sampled_from(STYLES[1:]), min_size=2, max_size=8)


@given(numbers)
def test_every_change_of_looks_leads_to_the_look_that_is_wanted(wanted: list[Style]):
    renditions, state, before = Renditions(), rendition(""), DEFAULT
    for style in wanted:
        number = renditions.number_of(style, ColorSystem.TRUECOLOR)
        state = rendition(renditions.change(before, number), state)
        assert state == rendition(Strip.render_ansi(style, ColorSystem.TRUECOLOR).join(["\x1b[", "m"]))
        before = number
    assert rendition(renditions.change(before, DEFAULT), state) == rendition("")


OFF = {"22": {"1", "2"}, "23": {"3"}, "24": {"4"}, "27": {"7"}, "29": {"9"}, "39": {"fg"}, "49": {"bg"}}


def rendition(sequence: str, before: dict[str, str] | None = None) -> dict[str, str]:
    """Return the attributes and colours a terminal has after a sequence, by their kind."""
    state = dict(before or {})
    parameters: Iterator[str] = iter(sequence[2:-1].split(";") if sequence else ())
    for each in parameters:
        if each in {"", "0"}:
            state.clear()
        elif each in OFF:
            state = {kind: value for kind, value in state.items() if kind not in OFF[each]}
        elif each in {"38", "48"}:
            assert next(parameters) == "2"
            state["fg" if each == "38" else "bg"] = ";".join(next(parameters) for _ in range(3))
        elif len(each) == 1:
            state[each] = each
        else:
            state["bg" if each.startswith(("4", "10")) else "fg"] = each
    return state


@given(st.lists(st.sampled_from(LETTERS), max_size=8).map("".join))
def test_text_takes_as_many_characters_as_cells_and_is_written_as_it_was(text: str):
    texts = CellText()
    cells = texts.cells_of(text)
    assert len(cells) == Segment(text).cell_length
    assert "".join(texts.text_of(cell) for cell in cells if cell != "\0") == text
