import logging
from collections.abc import Callable

import pytest
from textual import events
from textual.geometry import Size

from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_link import FakeLink
from tui.console.settings import ConsoleSettings
from tui.panes.pane import Pane
from tui.panes.view import View
from tui.present.picture import Picture

FRAMES_BY_HAND = ConsoleSettings(frame_period_s=3600)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_every_desk_fills_every_size(size: tuple[int, int], number: int) -> None:
    async def script(desk: Desk) -> None:
        await desk.press(str(number))
        area = desk.app.area
        assert sum(pane.size.width * pane.size.height for pane in area.shown()) == area.size.width * area.size.height
        for pane in area.shown():
            assert "could not be drawn" not in desk.pane(pane.id or "")
            assert desk.pane(pane.id or "").strip()

    run_console(script, size=size)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_the_header_has_the_same_facts_at_every_size(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        header = desk.bar("header")
        facts = (
            "PAPER",
            "RUNNING",
            "BALANCED",
            "100,412",
            "▲+412",
            "(+0.41 %)",
            "415",
            "3/3 up",
            "lag",
            "hosted",
            "UTC",
        )
        for fact in facts:
            assert fact in header

    run_console(script, size=size)


def test_live_is_said_by_word_shape_and_double_frames() -> None:
    async def script(desk: Desk) -> None:
        assert "◆ LIVE ◆" in desk.bar("header")
        assert "PAPER" not in desk.bar("header")
        assert desk.pane("positions").startswith("╔")
        assert desk.app.title == "◆ LIVE seraphim"

    run_console(script, FakeLink(trading_mode="live"))


def resized(desk: Desk, size: tuple[int, int]) -> None:
    desk.app.on_resize(events.Resize(Size(*size), Size(*size)))


def pressed(desk: Desk, number: int) -> None:
    desk.app.action_act(f"desk-{number}")


@pytest.mark.parametrize(
    ("change", "away", "back"), [(pressed, 2, 1), (resized, SMALL, LARGE)], ids=["a key", "a smaller terminal"]
)
def test_a_pane_that_was_put_away_in_the_middle_of_a_frame_draws_nothing_of_it_when_it_comes_back(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[Desk, object], None], away: object, back: object
) -> None:
    drawn: list[View] = []

    def noted(draw: Callable[[View, int, int], Picture]) -> Callable[[View, int, int], Picture]:
        def noting(view: View, width: int, height: int) -> Picture:
            drawn.append(view)
            return draw(view, width, height)

        return noting

    async def script(desk: Desk) -> None:
        before = desk.app.area.shown()
        frame = before[0].frame

        def interrupted(view: View) -> None:
            frame(view)
            change(desk, away)

        monkeypatch.setattr(before[0], "frame", interrupted)
        await desk.app.draw_frame()
        monkeypatch.setattr(before[0], "frame", frame)
        gone = [pane for pane in before if not pane.display]
        assert gone
        for _ in range(3):
            await desk.frame(10)
        for pane in gone:
            monkeypatch.setattr(pane, "draw", noted(pane.draw))
        change(desk, back)
        await desk.pilot.pause()
        await desk.redraw()
        assert len(drawn) >= len(gone)
        assert all(view.snapshot is not None and view.engine_ns == desk.app.view.engine_ns for view in drawn)

    run_console(script, size=LARGE, settings=FRAMES_BY_HAND)


def test_a_silent_engine_is_visibly_old_on_every_pane() -> None:
    async def script(desk: Desk) -> None:
        assert "NO DATA" not in desk.bar("header")
        desk.link.is_silent = True
        desk.clock.advance(3.2)
        await desk.redraw()
        assert "NO DATA for 3.2 s" in desk.bar("header")
        for pane in desk.app.area.shown():
            assert "no data for 3.2 s" in desk.pane(pane.id or "")

    run_console(script)


def test_stale_prices_are_struck_through() -> None:
    async def script(desk: Desk) -> None:
        ladder = desk.app.area.ladders[0]
        assert not any(segment.style and segment.style.strike for segment in ladder.render_line(8))
        desk.link.stale = {ladder.instrument or ""}
        await desk.frame()
        assert "STALE" in desk.pane("ladder-1")
        assert "no message for 2.4 s" in desk.pane("ladder-1")
        assert any(segment.style and segment.style.strike for segment in ladder.render_line(8))

    run_console(script)


def test_a_lost_link_is_named_in_the_header() -> None:
    async def script(desk: Desk) -> None:
        desk.link.lost_reason = "the daemon closed the connection"
        desk.link.is_silent = True
        desk.clock.advance(2)
        await desk.redraw()
        assert "LINK LOST for 2.0 s: the daemon closed the connection" in desk.bar("header")

    run_console(script, FakeLink(is_hosted=False), size=LARGE)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
@pytest.mark.parametrize("mode", ["paper", "live"])
def test_a_long_reason_of_a_lost_link_hides_neither_live_nor_paper(size: tuple[int, int], mode: str) -> None:
    async def script(desk: Desk) -> None:
        desk.link.lost_reason = "no engine answers on /run/user/1000/seraphim/control.sock (Connection refused)"
        desk.link.is_silent = True
        desk.clock.advance(2)
        await desk.redraw()
        header = desk.bar("header")
        assert {"live": "◆ LIVE ◆", "paper": " PAPER "}[mode] in header
        assert "LINK LOST for 2.0 s" in header

    run_console(script, FakeLink(is_hosted=False, trading_mode=mode), size=size)


def test_a_pane_that_cannot_draw_says_so_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: object) -> Picture:
        raise ZeroDivisionError("mark is zero")

    async def script(desk: Desk) -> None:
        desk.app.area.panes["risk"].draw = broken
        with caplog.at_level(logging.ERROR):
            await desk.frame()
            await desk.frame()
        assert "could not be drawn: ZeroDivisionError" in desk.pane("risk")
        assert "sim-a" in desk.pane("positions")
        await desk.press("ctrl+k")
        assert len(desk.link.commands) == 1

    run_console(script)
    assert len([record for record in caplog.records if "pane risk" in record.message]) == 1


def test_ladder_rows_stand_still_while_the_market_moves() -> None:
    async def script(desk: Desk) -> None:
        ladder = desk.app.area.ladders[0]
        before = ladder.window
        for _ in range(5):
            await desk.frame()
        assert ladder.window == before

    run_console(script)


def test_a_ladder_with_a_cursor_never_moves_by_itself() -> None:
    async def script(desk: Desk) -> None:
        ladder = desk.app.area.ladders[0]
        await desk.press("up")
        before = ladder.window
        desk.link.step += 60
        for _ in range(3):
            await desk.frame()
        assert ladder.window == before
        await desk.press("c")
        assert ladder.window != before
        assert before is not None
        assert ladder.window is not None
        assert ladder.window.cursor == before.cursor

    run_console(script, size=SMALL)


def test_zoom_shows_one_pane_alone_and_back() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("log")
        await desk.press("z")
        assert [pane.id for pane in desk.app.area.shown()] == ["log"]
        await desk.press("z")
        assert len(desk.app.area.shown()) > 3

    run_console(script)


def test_jump_letters_lead_to_their_pane() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("ctrl+o")
        assert " r " in desk.pane("orders").splitlines()[0]
        await desk.press("r")
        assert desk.app.focused is desk.app.area.panes["orders"]
        assert " r " not in desk.pane("orders").splitlines()[0]

    run_console(script)


def test_a_table_keeps_its_rows_in_place_while_it_has_the_focus() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("orders")
        await desk.press("down")
        before = desk.pane("orders").splitlines()[2:7]
        desk.link.reversed_orders = True
        await desk.frame()
        assert desk.pane("orders").splitlines()[2:7] == before

    run_console(script)


def test_explain_says_why_an_order_was_rejected() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("orders")
        await desk.press("down", "down", "down", "down", "e")
        assert "order value: 16,225 USD, allowed 2,000" in desk.dialog()

    run_console(script)


def test_a_first_run_teaches_in_every_empty_pane() -> None:
    async def script(desk: Desk) -> None:
        assert "No open positions." in desk.pane("positions")
        assert "No orders yet." in desk.pane("orders")
        assert "No hedge jobs." in desk.pane("jobs")
        assert "No fills yet." in desk.pane("fills")

    run_console(script, FakeLink(is_empty=True), size=LARGE)


def test_before_the_first_snapshot_the_console_says_what_it_waits_for() -> None:
    class Waiting(FakeLink):
        def latest(self) -> None:
            return None

    async def script(desk: Desk) -> None:
        assert "waiting for the engine" in desk.bar("header")
        await desk.press("ctrl+k")
        assert "NOT VERIFIED" in desk.dialog()

    link, _ = run_console(script, Waiting())
    assert len(link.commands) == 1


def test_the_console_asks_for_the_books_it_shows_and_no_others() -> None:
    async def script(desk: Desk) -> None:
        assert desk.link.request.books == ("BTC/USDT:USDT@sim-a", "BTC/USDT:USDT@sim-b")
        await desk.press("right_square_bracket")
        assert desk.link.request.books[0] == "ETH/USDT:USDT@sim-a"
        assert desk.link.request.chart == "ETH/USDT:USDT@sim-a"
        await desk.press("t")
        assert desk.link.request.timeframe == "5m"

    run_console(script)


def test_an_unchanged_snapshot_repaints_no_row() -> None:
    async def script(desk: Desk) -> None:
        painted: list[object] = []
        for pane in desk.app.area.shown():
            assert isinstance(pane, Pane)
            pane.refresh = lambda *regions, **_: painted.append(regions)
        await desk.redraw()
        assert painted == []

    run_console(script)


def test_a_gap_in_what_was_shown_is_said() -> None:
    async def script(desk: Desk) -> None:
        desk.link.notices = ["no frames for 60 s: fresh snapshot"]
        await desk.frame()
        assert "no frames for 60 s: fresh snapshot" in desk.bar("message")

    run_console(script)
