"""A price alert is set with its distance before the eyes, seen in a list, and removed."""

from decimal import Decimal
from pathlib import Path

import pytest

from core.control.commands import Kill, RemovePriceAlert, SetPriceAlert
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.fake_price_alerts import PriceAlertLink, price_alert
from tests.console.test_watchlist import BTC, ETH, kept
from tui.present.ink import text_of
from tui.present.price_alerts import alert_lines, typed_alert
from tui.present.watchlist import watch_table


def asked(link: object) -> list[SetPriceAlert]:
    assert isinstance(link, PriceAlertLink)
    return [command for command in link.commands if isinstance(command, SetPriceAlert)]


@pytest.mark.parametrize(
    ("text", "crossing", "distance"), [("110", "above", "10"), ("100.5", "above", "0.5"), ("90", "below", "-10")]
)
def test_a_typed_price_lies_above_or_below_the_market_at_a_distance(text: str, crossing: str, distance: str) -> None:
    typed = typed_alert(text, Decimal(100))
    assert (typed.crossing, typed.distance_pct, typed.problem) == (crossing, Decimal(distance), "")


@pytest.mark.parametrize("text", ["abc", "0", "-1", "nan", "inf", "100"])
def test_what_is_no_price_away_from_the_market_is_said(text: str) -> None:
    typed = typed_alert(text, Decimal(100))
    assert typed.price is None
    assert typed.problem


def test_without_a_market_nobody_can_say_how_far_it_is() -> None:
    assert "not known" in typed_alert("100", None).problem


def test_the_list_shows_the_marked_one_and_says_how_many_it_leaves_out() -> None:
    alerts = [price_alert(number, f"{65_000 + number}") for number in range(1, 21)]
    lines = [text_of(line) for line in alert_lines(alerts, "p-20", 6)]
    assert any("▸" in line and "65,020" in line for line in lines)
    assert lines[-1].strip() == "… and 14 more"


def test_the_watchlist_shows_the_nearest_alert_and_before_it_one_that_went_off() -> None:
    far, near = price_alert(1, "70000", distance_pct=Decimal("9.4")), price_alert(2, "65000")
    gone = price_alert(3, "60000", crossing="below", fired_ns=1, distance_pct=Decimal("-6.3"))
    for alerts, shown in (([far, near], "▲ 65,000 +1.6%"), ([near, gone, far], "▼ 60,000 WENT OFF")):
        table = watch_table([BTC, ETH], {}, 0.0, alerts)
        assert [row.cells[-1].text for row in table.rows] == [shown, ""]
    assert len(watch_table([ETH], {}, 0.0, [near]).columns) == len(watch_table([ETH], {}, 0.0).columns)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_the_distance_is_shown_before_an_alert_is_set(size: tuple[int, int], tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("W", "P")
        await desk.type("65000")
        assert "goes off once, above 65,000, +1.55 % from here" in desk.dialog()
        await desk.press("f2")
        assert "goes off each time, above 65,000" in desk.dialog()
        await desk.press("enter")
        assert desk.app.dialogs.top is None

    link, _ = run_console(script, PriceAlertLink(), size, files=kept(tmp_path, BTC))
    assert [(each.venue, each.symbol, each.price, each.crossing, each.is_repeated) for each in asked(link)] == [
        ("sim-a", "BTC/USDT", Decimal(65_000), "above", True)
    ]


def test_nothing_is_set_while_the_market_is_not_known(tmp_path: Path) -> None:
    link = PriceAlertLink()

    async def script(desk: Desk) -> None:
        await desk.press("W", "P")
        await desk.type("65000")
        link.is_silent = True
        await desk.frame(8)
        await desk.press("enter")
        assert desk.app.dialogs.top is not None
        assert "not known" in desk.dialog()

    run_console(script, link, files=kept(tmp_path, BTC))
    assert asked(link) == []


def test_the_marked_alert_is_removed_and_a_second_press_removes_no_other(tmp_path: Path) -> None:
    link = PriceAlertLink(price_alerts=[price_alert(1, "65000"), price_alert(2, "70000", fired_ns=1)])

    async def script(desk: Desk) -> None:
        await desk.press("W", "P")
        assert "WENT OFF" in desk.dialog()
        await desk.press("f4")
        await desk.press("down", "f4", "f4")
        assert [each.alert_id for each in link.price_alerts] == ["p-2"]

    run_console(script, link, files=kept(tmp_path, BTC))
    assert [each.alert_id for each in link.commands if isinstance(each, RemovePriceAlert)] == ["p-1"]


def test_without_a_watchlist_the_alert_is_for_the_ladders_instrument_at_its_cursor() -> None:
    async def script(desk: Desk) -> None:
        await desk.focus("ladder-1")
        await desk.press("down", "P")
        top = desk.app.dialogs.top
        assert top is not None
        assert str(top.border_title).startswith("Price alert  BTC/USDT:USDT  sim-a")
        assert top.fields()[0].value.startswith("640")

    run_console(script, PriceAlertLink())


def test_the_halt_key_works_while_a_price_is_typed(tmp_path: Path) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("W", "P")
        await desk.type("65")
        await desk.press("ctrl+k")

    link, _ = run_console(script, PriceAlertLink(), files=kept(tmp_path, BTC))
    assert any(isinstance(command, Kill) for command in link.commands)
