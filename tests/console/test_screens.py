"""What every part of the console looks like on a small, a usual and a large terminal, as text to be read.

`./run pytest -n0 tests/console/test_screens.py --snapshot-update` writes the pictures in `snapshots/` anew.
"""

from decimal import Decimal
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from core.state.away import AwayEvent
from core.state.desk import ArmingView
from core.types.control import Blocker, HaltLevel
from tests.away import SINCE_NS, away_report
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk
from tests.console.fake_alarms import lost_link
from tests.console.fake_jobs import START_NS, S
from tests.console.flights import record
from tests.console.scenes import SceneLink, Size, drawn, picture
from tests.console.screen_text import marked
from tests.console.test_coming_back import FILLS
from tests.console.test_flight_replay import QUIET
from tests.console.test_flight_viewer import Seat, a_short_session, look_at
from tests.console.test_layouts import files

each_size = pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE], ids=["80x24", "120x40", "200x60"])


class ScreenFile(SingleFileSnapshotExtension):
    """A picture is a text file, so that its changes can be read."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture
def screen(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(ScreenFile)


@each_size
def test_01_ladder_with_own_orders_and_the_position(size: Size, screen: SnapshotAssertion) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("down", "down")

    assert picture(script, size) == screen


@each_size
def test_01_ladders_side_by_side_with_time_and_sales(size: Size, screen: SnapshotAssertion) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("2")

    assert picture(script, size) == screen


@each_size
def test_02_ticket_with_fees_slippage_margin_and_the_room_after(size: Size, screen: SnapshotAssertion) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("down", "enter")
        await desk.type("0.01")
        for _ in range(6):
            await desk.frame()

    assert picture(script, size) == screen


@each_size
def test_03_safety_the_checklist_of_a_halt(size: Size, screen: SnapshotAssertion) -> None:
    link = SceneLink(unconfirmed={"sim-b"})

    async def script(desk: Desk) -> None:
        await desk.press("ctrl+k")

    assert picture(script, size, link) == screen


@each_size
def test_03_safety_resuming_after_a_halt_costs_a_word(size: Size, screen: SnapshotAssertion) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("ctrl+k", "escape", "p")

    assert picture(script, size) == screen


@each_size
def test_04_truth_live_with_a_stale_book(size: Size, screen: SnapshotAssertion) -> None:
    link = SceneLink(trading_mode="live", stale={"BTC/USDT:USDT@sim-a"})

    async def script(desk: Desk) -> None:
        await desk.frame()

    assert picture(script, size, link) == screen


@each_size
def test_04_truth_an_engine_that_fell_silent(size: Size, screen: SnapshotAssertion) -> None:
    async def script(desk: Desk) -> None:
        desk.link.is_silent = True
        for _ in range(30):
            await desk.frame()

    assert picture(script, size) == screen


@each_size
def test_05_jobs_over_time(size: Size, screen: SnapshotAssertion) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3")

    assert picture(script, size) == screen


@each_size
def test_05_jobs_one_explained(size: Size, screen: SnapshotAssertion) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("3")
        await desk.focus("jobs")
        await desk.press("down", "e")

    assert picture(script, size) == screen


@each_size
def test_06_risk_as_the_room_that_is_left(size: Size, screen: SnapshotAssertion) -> None:
    link = SceneLink(
        nears_its_loss=True,
        scoped_blockers=[
            Blocker(
                scope="venue:sim-b", cause="manual", level=HaltLevel.HALTED, since_ns=START_NS - 90 * S,
                who="console:trader", reason="withdrawals are stopped",
            )
        ],
    )  # fmt: skip

    async def script(desk: Desk) -> None:
        await desk.press("4")

    assert picture(script, size, link) == screen


@each_size
def test_07_alarms_grouped_by_their_cause(size: Size, screen: SnapshotAssertion) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("4")
        await desk.focus("alerts")
        await desk.press("down", "enter")

    assert picture(script, size, SceneLink(alarms=lost_link())) == screen


@each_size
def test_08_attach_what_happened_while_away(size: Size, screen: SnapshotAssertion) -> None:
    async def script(desk: Desk) -> None:
        await desk.frame()

    alarms = [AwayEvent(at_ns=SINCE_NS + n * 90 * S, text=text) for n, text in enumerate(("feed sim-b: down", "gone"))]
    report = away_report(
        symbols=FILLS, jobs={"completed": 2, "unwound": 1}, pnl_now_usd=Decimal("-2.50"), orders_now=5,
        blockers_raised=1, events=[AwayEvent(at_ns=SINCE_NS + 40 * S, text="HALTED venue sim-b, manual: odd prices")],
        alarms_raised=1, alarms_cleared=1, alarms=alarms,
    )  # fmt: skip
    assert picture(script, size, SceneLink(is_hosted=False, away=report)) == screen


@each_size
def test_08_attach_read_only_while_another_console_is_armed(size: Size, screen: SnapshotAssertion) -> None:
    lease = ArmingView(console="other", who="console:bob", since_ns=START_NS, until_ns=START_NS + 600 * S)

    async def script(desk: Desk) -> None:
        await desk.press("a")

    assert picture(script, size, SceneLink(is_hosted=False, arming=lease)) == screen


@each_size
def test_09_charts_with_indicators_own_trades_spread_and_depth(size: Size, screen: SnapshotAssertion) -> None:
    async def script(desk: Desk) -> None:
        desk.app.area.chart.show_studies(("ema 20", "rsi 14"))
        await desk.press("5")
        for _ in range(60):
            await desk.frame()

    assert picture(script, size) == screen


@each_size
def test_10_layout_log_and_audit(size: Size, screen: SnapshotAssertion) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("6")

    assert picture(script, size) == screen


@each_size
def test_10_layout_help_of_the_focused_pane(size: Size, screen: SnapshotAssertion) -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("positions")
        await desk.press("question_mark")

    assert picture(script, size) == screen


@each_size
def test_10_layout_settings(size: Size, screen: SnapshotAssertion) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("comma")

    assert picture(script, size) == screen


@each_size
def test_10_layout_money_masked_and_letters_to_jump_by(size: Size, screen: SnapshotAssertion) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("ctrl+y", "ctrl+o")

    assert picture(script, size) == screen


@each_size
def test_10_layout_the_page_of_a_first_start(size: Size, tmp_path: Path, screen: SnapshotAssertion) -> None:
    async def script(desk: Desk) -> None:
        await desk.frame()

    assert picture(script, size, SceneLink(is_empty=True), files=files(tmp_path)) == screen


@each_size
def test_11_flight_recorder_at_the_halt(size: Size, tmp_path: Path, screen: SnapshotAssertion) -> None:
    record(a_short_session, tmp_path, SceneLink(), size=size, settings=QUIET)
    shown: list[str] = []

    async def script(seat: Seat) -> None:
        seat.viewer.looks = marked()
        await seat.press("n", "n", "n", "n", "full_stop", "full_stop", "full_stop", "full_stop")
        shown.append(drawn(seat.viewer.screen._compositor.render_strips(), size))

    look_at(tmp_path, script, size)
    assert shown[0] == screen
