"""What the console gives a trader, one test each, on a small, a usual and a large terminal.

The details of each are proven beside its own part; here they are seen together, on the desks as they are shipped.
"""

from pathlib import Path

import pytest

from core.control.commands import AcknowledgeAlarms, Arm, Kill, Pause
from core.state.desk import ArmingView
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_jobs import START_NS
from tests.console.flights import record
from tests.console.test_flight_replay import QUIET
from tests.console.test_flight_viewer import Seat, a_short_session, look_at
from tests.console.test_layouts import files, seen
from tests.console.whole_link import WATCHED, WholeLink, watch_some
from tui.console.desks import DESKS
from tui.console.tour import TOUR_TITLE

Size = tuple[int, int]
each_size = pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE], ids=["80x24", "120x40", "200x60"])


def title(desk: Desk) -> str:
    top = desk.app.dialogs.top
    return "" if top is None else str(top.border_title)


@each_size
def test_a_ladder_that_stands_still_with_own_orders_and_their_queue(size: Size) -> None:
    async def script(desk: Desk) -> None:
        ladder = desk.app.area.ladders[0]
        await desk.focus("ladder-1")
        await desk.press("down")
        before = ladder.cursor_price_ticks()
        desk.link.moved_ticks += 1
        await desk.frame(1)
        assert ladder.cursor_price_ticks() == before is not None
        assert "◂" in desk.pane("ladder-1") or "▸" in desk.pane("ladder-1")

    run_console(script, WholeLink(), size)


@each_size
def test_a_ticket_at_the_cursor_that_sends_nothing_before_it_is_confirmed(size: Size) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("down", "enter")
        assert title(desk).startswith(("BUY", "SELL"))
        await desk.type("0.1")
        await desk.press("escape")

    link, _ = run_console(script, WholeLink(), size)
    assert link.commands == []


@each_size
def test_safety_keys_from_every_desk_every_dialog_and_every_field(size: Size) -> None:
    async def script(desk: Desk) -> None:
        for number in DESKS:
            await desk.press(str(number), "f9")
        await desk.press("1", "P")
        await desk.type("6")
        await desk.press("ctrl+k")
        assert title(desk) == "HALT"
        assert "sim-a" in desk.dialog()

    link, _ = run_console(script, WholeLink(), size)
    assert sum(isinstance(command, Pause) for command in link.commands) == len(DESKS)
    assert isinstance(link.commands[-1], Kill)


@each_size
def test_truth_about_the_age_of_every_number_and_about_paper_and_live(size: Size) -> None:
    link = WholeLink(trading_mode="live")

    async def script(desk: Desk) -> None:
        assert "LIVE" in desk.bar("header").split("\n")[0]
        assert "PAPER" not in desk.bar("header")
        link.is_silent = True
        await desk.frame(6)
        await desk.frame(1)
        for pane in desk.app.area.shown():
            assert "no data for" in desk.pane(pane.id or ""), pane.id

    run_console(script, link, size)


@each_size
def test_hedge_jobs_over_time_and_an_explanation_of_each(size: Size) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3")
        assert desk.link.request.timelines > 0
        await desk.focus("jobs")
        await desk.press("down", "e")
        assert desk.dialog().strip()

    run_console(script, WholeLink(), size)


@each_size
def test_every_limit_as_the_room_that_is_left(size: Size) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("4")
        assert "left of" in desk.pane("risk")
        assert "loss room" in desk.bar("header")

    run_console(script, WholeLink(), size)


@each_size
def test_alarms_that_are_acknowledged_by_a_key(size: Size) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("4")
        await desk.focus("alerts")
        await desk.press("k")

    link, _ = run_console(script, WholeLink(), size)
    assert any(isinstance(command, AcknowledgeAlarms) for command in link.commands)


@each_size
def test_several_consoles_of_which_one_is_armed(size: Size) -> None:
    lease = ArmingView(console="other", who="console:bob", since_ns=START_NS, until_ns=START_NS + 600_000_000_000)

    async def script(desk: Desk) -> None:
        await desk.press("4", "a")
        assert "bob is armed" in desk.dialog()
        await desk.press("enter")

    link, _ = run_console(script, WholeLink(arming=lease), size)
    assert not any(isinstance(command, Arm) for command in link.commands)  # without the typed word


@each_size
def test_charts_with_own_trades_and_the_profit_of_the_day(size: Size) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("5")
        assert desk.link.request.chart == "BTC/USDT:USDT@sim-a"
        assert "BTC/USDT:USDT" in desk.pane("chart")
        assert any(mark in desk.pane("chart") for mark in "▲▼")

    run_console(script, WholeLink(), size)


@each_size
def test_desks_that_are_zoomed_changed_masked_and_coloured(size: Size, tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("z")
        assert len(desk.app.area.shown()) == 1
        await desk.press("z", "ctrl+w", "ctrl+y", "ctrl+t", "ctrl+s")
        assert "100,4" not in desk.bar("header")
        assert "saved" in desk.bar("message")

    run_console(script, WholeLink(), size, files=seen(tmp_path))


@each_size
def test_one_page_for_who_comes_for_the_first_time(size: Size, tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        assert title(desk) == TOUR_TITLE

    run_console(script, WholeLink(), size, files=files(tmp_path))


@each_size
def test_an_account_a_watchlist_price_alerts_and_settings_a_key_away(size: Size) -> None:
    async def script(desk: Desk) -> None:
        watch_some(desk.app)
        await desk.press("$")
        assert "39,900" in desk.pane("account")
        await desk.press("W")
        assert all(name.partition("/")[0] in desk.pane("watchlist") for name in WATCHED)
        await desk.press("P")
        assert title(desk).startswith("Price alert")
        assert "WENT OFF" in desk.dialog()
        await desk.press("escape", ",")
        assert title(desk) == "Settings"

    run_console(script, WholeLink(), size)


@each_size
def test_a_flight_recorder_that_shows_again_what_was_seen_and_pressed(size: Size, tmp_path: Path) -> None:
    record(a_short_session, tmp_path, WholeLink(), size=size, settings=QUIET)

    async def script(seat: Seat) -> None:
        assert "nothing is sent" in seat.banner()
        await seat.press("n", "n")
        assert "key 3" in seat.bar()
        assert "Jobs" in seat.picture()
        await seat.press("n", "n", "full_stop", "full_stop")
        assert "═ HALT ═" in seat.picture()
        await seat.press("home")
        assert "═ HALT ═" not in seat.picture()

    look_at(tmp_path, script, size)
