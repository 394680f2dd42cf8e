"""Who comes back reads what was missed; no safety key is lost to that page."""

from decimal import Decimal
from typing import Any

import pytest

from core.control.commands import CancelOrders, Kill, Pause, SetRiskMode
from core.state.away import AwayEvent, AwaySymbol
from tests.away import MINUTE_NS, SINCE_NS, away_report
from tests.console.driving import MEDIUM, SMALL, Desk, run_console
from tests.console.fake_link import FakeLink
from tui.console.exit_choice import ExitChoice
from tui.present.away import away_lines
from tui.present.cells import line_width
from tui.present.ink import text_of

FILLS = [AwaySymbol(instrument="BTC/USDT@sim-a", fills=3, quantity=Decimal("0.25"), fees=Decimal("6.4"))]


def busy(**more: Any) -> FakeLink:
    events = [AwayEvent(at_ns=SINCE_NS, text="HALTED global, kill: smoke")]
    given: dict[str, Any] = {
        "symbols": FILLS,
        "jobs": {"completed": 2, "naked": 1},
        "blockers_raised": 1,
        "blockers_lifted": 0,
        "events": events,
        "alarms_raised": 2,
        "alarms_cleared": 1,
        "restarts": 1,
        "pnl_now_usd": Decimal("-2.50"),
        "orders_now": 5,
    }
    return FakeLink(is_hosted=False, away=away_report(**given | more))


def test_the_page_tells_everything_that_happened() -> None:
    async def script(desk: Desk) -> None:
        page = desk.dialog()
        for told in (
            "BTC/USDT@sim-a",
            "net +0.25",
            "fees 6.4 USDT",
            "completed 2 · naked 1",
            "+10.00 → -2.50",
            "-12.50",
            "2 → 5 open",
            "1 raised, 0 lifted",
            "HALTED global, kill: smoke",
            "2 raised, 1 cleared",
            "1 restart",
        ):
            assert told in page
        await desk.press("space")
        assert desk.dialog() == ""
        await desk.press("w")
        assert "completed 2" in desk.dialog()
        await desk.press("w")
        assert desk.dialog() == ""

    link, _ = run_console(script, busy())
    assert link.commands == []


@pytest.mark.parametrize(
    ("key", "command"),
    [("ctrl+k", Kill), ("f9", Pause), ("f8", CancelOrders), ("p", Pause), ("m", SetRiskMode), ("X", CancelOrders)],
)
def test_the_first_key_does_what_it_does_where_that_is_safe(key: str, command: type[Any]) -> None:
    async def script(desk: Desk) -> None:
        assert "completed 2" in desk.dialog()
        await desk.press(key)

    link, _ = run_console(script, busy())
    assert [type(each) for each in link.commands] == [command]


@pytest.mark.parametrize("key", ["b", "s", "enter", "a", "plus"])
def test_a_key_that_may_raise_risk_only_closes_the_page(key: str) -> None:
    async def script(desk: Desk) -> None:
        await desk.press(key)
        assert desk.dialog() == ""

    link, _ = run_console(script, busy())
    assert link.commands == []


def test_a_trader_who_leaves_at_once_leaves() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("ctrl+d")

    assert run_console(script, busy())[1] is ExitChoice.DETACH


def test_a_quiet_absence_is_a_line_and_no_page() -> None:
    async def script(desk: Desk) -> None:
        assert "nothing happened while you were away (12 min 00 s)" in desk.bar("message")
        assert desk.dialog() == ""
        await desk.press("w")
        assert "nothing happened while you were away" in desk.dialog()

    run_console(script, FakeLink(away=away_report()))


def test_a_moment_without_a_link_is_a_line_and_no_page() -> None:
    async def script(desk: Desk) -> None:
        assert "3 fills" in desk.bar("message")
        assert "w shows it" in desk.bar("message")
        assert desk.dialog() == ""

    run_console(script, busy(until_ns=SINCE_NS + 2_000_000_000))


def test_a_page_does_not_jump_into_an_open_ticket() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("b")
        ticket = desk.dialog()
        desk.link.away = busy().away
        await desk.frame()
        assert "completed 2" not in desk.dialog()
        assert ticket
        await desk.press("escape")
        assert desk.dialog() == ""

    run_console(script, FakeLink())


def test_a_return_of_another_console_of_the_same_person_is_not_told_here() -> None:
    async def script(desk: Desk) -> None:
        assert desk.dialog() == ""

    run_console(script, busy(console="other"))


def test_each_return_is_told_anew() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("space")
        desk.link.away = away_report(symbols=FILLS, until_ns=SINCE_NS + 30 * MINUTE_NS)
        await desk.frame()
        assert "30 min" in str(desk.app.dialogs.top.border_title if desk.app.dialogs.top else "")

    run_console(script, busy())


def test_who_starts_the_engine_is_not_told_that_it_started() -> None:
    async def script(desk: Desk) -> None:
        assert desk.dialog() == ""

    run_console(script, FakeLink(is_hosted=True, away=away_report(restarts=1)))


@pytest.mark.parametrize("size", [SMALL, MEDIUM])
def test_the_longest_page_fits_its_box(size: tuple[int, int]) -> None:
    many = [AwayEvent(at_ns=n, text="x" * 200) for n in range(100)]
    symbols = [AwaySymbol(instrument=f"S{n}", fills=n, quantity=Decimal(n), fees=Decimal(0)) for n in range(90)]
    report = away_report(events=many, alarms=many, symbols=symbols, blockers_raised=100, alarms_raised=300)
    columns = min(74, size[0] - 4)
    lines = away_lines(report, columns)
    assert max(map(line_width, lines)) <= columns
    text = "\n".join(map(text_of, lines))
    assert "the newest 4 of 300:" in text
    assert "in 85 more instruments" in text


def test_a_list_of_nothing_has_no_heading() -> None:
    lines = away_lines(away_report(alarms_raised=2, alarms_cleared=1), 70)
    assert "newest" not in "\n".join(map(text_of, lines))
