"""Time and sales: how prints are laid out, and what the pane shows of an engine's tape."""

from collections.abc import Iterable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.state.desk import BookView, PrintView
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_jobs import START_NS
from tests.console.fake_link import FakeLink
from tests.console.fake_market import LISTINGS
from tests.console.screen_text import USUAL_WORDS
from tests.control.fake_engine import book
from tui.present.cells import line_width
from tui.present.ink import Decor, Ink, Line, text_of
from tui.present.tape import KEPT_PRINTS, empty_tape_lines, followed_prints, tape_lines, tape_note, tape_title

NAME = "BTC/USDT@sim-a"


def a_print(number: int, lots: int = 30_000, side: str = "buy", **more: bool) -> PrintView:
    at_ns = START_NS + 123_000_000 + number * 1_000_000
    flags = {"is_own": False, "after_cut": False, **more}
    return PrintView(number, at_ns, 600_000 + number, lots, side, flags["is_own"], flags["after_cut"])


def tape(*numbers: int) -> list[PrintView]:
    return [a_print(number) for number in numbers]


def the_book(**changes: object) -> BookView:
    made = book("BTC/USDT", 1)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def texts(prints: list[PrintView], width: int = 60, height: int = 20, back: int = 0) -> list[str]:
    return [text_of(line).rstrip() for line in tape_lines(prints, the_book(), width, height, back)]


def inks(line: Line, text: str) -> set[tuple[Ink, Decor]]:
    return {(span.ink, span.decor) for span in line if text in span.text}


def test_a_print_has_time_side_price_size_and_a_bar() -> None:
    [bought, sold] = tape_lines([a_print(2, side="sell"), a_print(1)], the_book(), 44, 5)[::-1]
    assert text_of(bought) == " 12:31:07.124 ▲60,000.1 0.30000 ███████▏    "
    assert "▼60,000.2 0.30000" in text_of(sold)
    assert inks(bought, "60,000.1") == {(Ink.BID, Decor.NONE)}
    assert inks(sold, "60,000.2") == {(Ink.ASK, Decor.NONE)}


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (44, " 12:31:07.124 ▲60,000.1 0.30000 █"),
        (30, " 12:31:07 ▲60,000.1 0.30000"),
        (20, " ▲60,000.1 0.30000"),
        (14, " ▲60,000.1 ###"),
        (6, " ▲####"),
    ],
)
def test_what_does_not_fit_goes_whole_and_a_number_never_loses_digits(width: int, shown: str) -> None:
    [line] = tape_lines([a_print(1)], the_book(), width, 5)
    assert text_of(line).startswith(shown)
    assert line_width(line) <= width


@given(
    st.lists(st.tuples(st.integers(1, 10**9), st.booleans()), max_size=30), st.integers(4, 90), st.integers(1, 30),
    st.integers(0, 30),
)  # fmt: skip
def test_every_line_fits(facts: list[tuple[int, bool]], width: int, height: int, back: int) -> None:
    prints = [a_print(2 * n, lots, after_cut=is_cut) for n, (lots, is_cut) in enumerate(facts, start=1)][::-1]
    lines = tape_lines(prints, the_book(), width, height, back)
    assert len(lines) <= height
    assert all(line_width(line) <= width for line in lines)


def test_own_prints_are_marked() -> None:
    assert [text[:1] for text in texts([a_print(2, is_own=True), a_print(1)])] == ["•", " "]


def test_a_large_print_stands_out_without_colour_and_the_usual_ones_keep_their_bars() -> None:
    prints = [a_print(12, lots=4_000_000), *(a_print(n, lots=10_000) for n in range(11, 0, -1))]
    large, *usual = tape_lines(prints, the_book(), 60, 20)
    assert {decor for _, decor in inks(large, "40.00000")} == {Decor.BOLD | Decor.REVERSED}
    assert all(not span.decor & Decor.REVERSED for line in usual for span in line)
    assert all("█" in text_of(line) for line in usual)
    few = tape_lines(prints[:5], the_book(), 60, 20)
    assert all(not span.decor & Decor.REVERSED for line in few for span in line)


def test_what_is_missing_between_two_prints_is_said() -> None:
    lines = texts([a_print(60), a_print(57), a_print(56, after_cut=True), a_print(55)])
    assert [("60,006.0" in text, "not shown" in text, "lost" in text) for text in lines][:2] == [
        (True, False, False),
        (False, True, False),
    ]
    assert " 2 prints not shown " in lines[1]
    assert " feed lost, some missing " in lines[4]
    assert len(lines) == 6


def test_scrolled_back_it_begins_with_an_older_print() -> None:
    assert "60,000.3" in texts(tape(5, 4, 3, 2), back=2)[0]


@pytest.mark.parametrize(
    ("known", "news", "all_of_them"),
    [
        ((), (3, 2), [3, 2]),
        ((3, 2), (), []),
        ((3, 2), (3, 2), [3, 2]),
        ((3, 2, 1), (5, 4, 3), [5, 4, 3, 2, 1]),
        ((3, 2), (9, 8), [9, 8, 3, 2]),
        ((300, 299), (2, 1), [2, 1]),
    ],
)
def test_prints_of_snapshots_follow_each_other(
    known: tuple[int, ...], news: tuple[int, ...], all_of_them: list[int]
) -> None:
    assert [each.number for each in followed_prints(tape(*known), tape(*news))] == all_of_them


def test_a_fill_that_comes_later_marks_the_print_that_is_known_already() -> None:
    [first, second] = followed_prints(tape(2, 1), [a_print(2, is_own=True)])
    assert (first.is_own, second.number) == (True, 1)


def test_no_more_prints_are_remembered_than_a_limit() -> None:
    def counting(numbers: Iterable[int]) -> list[PrintView]:
        return tape(*sorted(numbers, reverse=True))

    assert len(followed_prints(counting(range(1, 490)), counting(range(480, 580)))) == KEPT_PRINTS


def test_the_frame_says_how_long_ago_the_newest_was() -> None:
    newest = a_print(1)
    assert text_of(tape_note([newest], newest.at_ns + 3_200_000_000)) == "3.2 s"
    assert text_of(tape_note([newest], newest.at_ns - 5)) == "<0.5 s"  # the venue's clock is ahead of ours
    assert tape_note([], START_NS) == ()


def test_the_empty_state_teaches_and_says_what_is_wrong_with_the_feed() -> None:
    def words(instrument: str | None, shown: BookView | None) -> str:
        return " ".join(text_of(line) for line in empty_tape_lines(instrument, shown, 30, USUAL_WORDS))

    assert "[ and ] choose" in words(None, None)
    assert "No trade of BTC/USDT on sim-a" in words(NAME, the_book())
    assert "▲ a buyer took it, ▼ a seller" in words(NAME, the_book())
    assert words(NAME, the_book(validity="stale", reason="nothing heard")).startswith("stale: nothing heard")
    assert words(NAME, the_book(validity="closed")).startswith("market closed")
    assert "STALE" in text_of(tape_title(NAME, the_book(validity="stale")))


def newest_price(desk: Desk) -> str:
    return desk.pane("tape").split("\n")[1]


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_the_tape_stands_beside_the_ladders_of_the_second_desk(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("2")
        await desk.frame()
        shown = [pane.id for pane in desk.app.area.shown()]
        assert {"ladder-1", "ladder-2", "tape"} <= set(shown)
        assert "BTC/USDT:USDT  sim-a" in desk.pane("tape")
        lines = desk.pane("tape").split("\n")[1:-1]
        assert all(("▲" in line) != ("▼" in line) for line in lines)
        assert all("64,0" in line for line in lines)
        assert any("▲" in line for line in lines)
        assert any("▼" in line for line in lines)

    run_console(script, size=size)


def test_the_tape_goes_on_and_follows_the_selected_instrument() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("2")
        assert desk.link.request.tapes == ("BTC/USDT:USDT@sim-a",)
        await desk.frame()
        before = newest_price(desk)
        await desk.frame()
        assert newest_price(desk) != before
        await desk.focus("ladder-1")
        await desk.press("]")
        await desk.frame()
        assert desk.link.request.tapes == ("ETH/USDT:USDT@sim-a",)
        assert "ETH/USDT:USDT  sim-a" in desk.pane("tape")
        assert "3,1" in newest_price(desk)

    run_console(script)


def test_no_tape_is_asked_for_while_none_is_on_the_screen() -> None:
    async def script(desk: Desk) -> None:
        assert desk.link.request.tapes == ()
        await desk.press("2")
        assert desk.link.request.tapes != ()
        await desk.press("1")
        assert desk.link.request.tapes == ()

    run_console(script)


def test_a_burst_between_two_frames_leaves_no_gap_hidden() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("2")
        await desk.frame()
        assert "not shown" not in desk.pane("tape")
        desk.link.step += 70  # 142 prints with the step of the frame, of which 100 are told
        await desk.frame()
        await desk.focus("tape")
        await desk.press("z")
        desk.app.area.panes["tape"].move_cursor(80)
        assert "held; esc follows" in desk.pane("tape")
        assert " 42 prints not shown " in desk.pane("tape")
        held = newest_price(desk)
        await desk.frame()
        assert newest_price(desk) == held
        await desk.press("escape")
        assert "held" not in desk.pane("tape")
        assert newest_price(desk) != held

    run_console(script)


def test_prints_of_another_grid_are_not_read_on_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("2")
        await desk.frame()
        monkeypatch.setattr(LISTINGS[0], "tick", Decimal(1))
        desk.link.step += 20
        await desk.frame()
        await desk.focus("tape")
        desk.app.area.panes["tape"].move_cursor(90)
        prices = desk.pane("tape").split("\n")[1:-1]
        assert any("64,0" in line for line in prices)
        assert not any("128,0" in line for line in prices)

    run_console(script, size=LARGE)


def test_a_first_run_teaches() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("2")
        await desk.frame()
        assert "No trade of BTC/USDT:USDT" in desk.pane("tape")

    run_console(script, FakeLink(is_empty=True))


def test_a_silent_engine_fades_the_tape() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("2")
        await desk.frame()
        desk.link.is_silent = True
        desk.clock.advance(6)
        await desk.redraw()
        assert "no data for 6" in desk.pane("tape")
        assert any(segment.style and segment.style.strike for segment in desk.app.area.panes["tape"].render_line(1))

    run_console(script)
