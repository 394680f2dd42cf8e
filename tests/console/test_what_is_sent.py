"""The terminal gets what changed and nothing else, and shows what the console means it to show."""

import pytest

from tests.console.captured_terminal import CapturedTerminal, run_on_terminal
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk


def meant(desk: Desk) -> list[str]:
    """Return the rows that the console wants on the screen."""
    return [strip.text for strip in desk.app.screen._compositor.render_strips()]


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_the_terminal_shows_what_is_meant_on_every_desk_and_under_every_dialog(size: tuple[int, int]):
    async def script(desk: Desk, terminal: CapturedTerminal) -> None:
        assert terminal.screen.display == meant(desk)
        for key in (
            "2",
            "z",
            "z",
            "3",
            "4",
            "question_mark",
            "escape",
            "5",
            "6",
            "1",
            "b",
            "1",
            "escape",
            "tab",
            "down",
        ):
            await desk.press(key)
            assert terminal.screen.display == meant(desk), key
        for key in ("ctrl+k", "escape", "ctrl+y", "ctrl+o", "escape", "ctrl+t", "ctrl+p", "h", "escape"):
            await desk.press(key)
            assert terminal.screen.display == meant(desk), key

    run_on_terminal(script, size=size)


def test_nothing_is_sent_while_nothing_that_is_shown_changes():
    async def script(desk: Desk, terminal: CapturedTerminal) -> None:
        terminal.bytes_sent()
        for _ in range(20):
            await desk.app.draw_frame()
            desk.app.repaint()
            await desk.pilot.pause()
        assert terminal.bytes_sent() == 0

    run_on_terminal(script)


def test_a_frame_in_which_one_number_changes_sends_less_than_a_row():
    async def script(desk: Desk, terminal: CapturedTerminal) -> None:
        terminal.bytes_sent()
        desk.app.say("info", "one")
        await desk.pilot.pause()
        terminal.bytes_sent()
        desk.app.say("info", "two")
        await desk.pilot.pause()
        assert 0 < terminal.bytes_sent() < 40

    run_on_terminal(script)


def test_after_another_program_wrote_over_the_screen_ctrl_l_draws_it_again():
    async def script(desk: Desk, terminal: CapturedTerminal) -> None:
        terminal.garble()
        await desk.redraw()
        assert terminal.screen.display != meant(desk)
        await desk.press("ctrl+l")
        assert terminal.screen.display == meant(desk)

    run_on_terminal(script)


def test_a_console_that_goes_on_after_a_stop_paints_nothing_old_as_if_it_were_new():
    async def script(desk: Desk, terminal: CapturedTerminal) -> None:
        assert "LOST" not in "".join(terminal.screen.display)
        desk.link.lost_reason = "this console stood still for 60 s"
        desk.clock.advance(60)
        terminal.garble()
        terminal.sent.clear()
        desk.app.take_terminal_back()
        await desk.pilot.pause()
        first_words = next(text for text in terminal.sent if "BTC" in text)
        assert "LOST" in first_words
        assert terminal.screen.display == meant(desk)

    run_on_terminal(script)


def test_paper_or_live_is_written_into_the_title_again_with_everything_else():
    async def script(desk: Desk, terminal: CapturedTerminal) -> None:
        terminal.sent.clear()
        await desk.press("ctrl+l")
        assert "\x1b]2;PAPER seraphim\x07" in "".join(terminal.sent)

    run_on_terminal(script)


def test_a_resized_terminal_is_drawn_whole_also_where_the_size_comes_back():
    async def script(desk: Desk, terminal: CapturedTerminal) -> None:
        for size in ((100, 30), (140, 45), (140, 45)):
            terminal.resize(*size)
            await desk.pilot.resize_terminal(*size)
            await desk.redraw()
            assert terminal.screen.display == meant(desk)

    run_on_terminal(script)


def test_a_fault_in_telling_what_changed_costs_bytes_and_not_the_picture(monkeypatch: pytest.MonkeyPatch):
    async def script(desk: Desk, terminal: CapturedTerminal) -> None:
        def fail(*_: object) -> str:
            raise IndexError("a fault")

        monkeypatch.setattr("tui.console.terminal_picture.TerminalPicture.difference", fail)
        await desk.press("2")
        await desk.press("1")
        assert terminal.screen.display == meant(desk)

    run_on_terminal(script)
