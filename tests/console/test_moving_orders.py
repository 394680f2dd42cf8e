"""A move towards the market says whether the order would trade at once, and looks again when it is confirmed."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from core.control.commands import AmendOrder
from core.state.desk import DeskSnapshot
from tests.console.driving import MEDIUM, SMALL, Desk, run_console
from tests.console.fake_link import FakeLink

D = Decimal


@dataclass
class TouchLink(FakeLink):
    """A market whose touch the test sets; the first own order buys at 64,004.0 with a tick of 0.5."""

    ask: str = "64010"
    validity: str = "valid"
    quote_usd: Decimal | None = Decimal(1)
    contract_size: Decimal = Decimal(1)
    changed: dict[str, Any] = field(default_factory=dict[str, Any])  # of the first own order, by another hand
    is_gone: bool = False

    def snapshot(self) -> DeskSnapshot:
        snapshot = super().snapshot()
        for markets in snapshot.monitoring.market.values():
            for market in markets.values():
                market.ask, market.validity = D(self.ask), self.validity
                market.point_value_usd = None if self.quote_usd is None else self.quote_usd * self.contract_size
        snapshot.instruments = [replace(each, contract_size=self.contract_size) for each in snapshot.instruments]
        first, *others = snapshot.orders
        snapshot.orders = others if self.is_gone else [replace(first, **self.changed), *others]
        return snapshot


def moved(link: FakeLink) -> list[Decimal | None]:
    return [command.limit_price for command in link.commands if isinstance(command, AmendOrder)]


async def ask_to_move(desk: Desk) -> str:
    await desk.press("6")
    await desk.focus("orders")
    await desk.press("shift+up")
    return " ".join(desk.dialog().split())


@pytest.mark.parametrize("size", [SMALL, MEDIUM], ids=str)
@pytest.mark.parametrize(
    ("ask", "validity", "told"),
    [
        ("64004.5", "valid", "! it meets the ask and trades at once"),
        ("64004.0", "valid", "! it meets the ask and trades at once"),
        ("64005.0", "valid", ""),
        ("64005.0", "stale", "! its market cannot be read"),
    ],
)
def test_the_question_says_whether_the_moved_order_would_trade_at_once(
    ask: str, validity: str, told: str, size: tuple[int, int]
) -> None:
    async def script(desk: Desk) -> None:
        text = await ask_to_move(desk)
        assert told in text
        assert ("!" in text) is bool(told)

    run_console(script, TouchLink(ask=ask, validity=validity), size)


def test_a_move_that_would_trade_at_once_only_by_now_is_asked_about_again() -> None:
    async def script(desk: Desk) -> None:
        assert isinstance(desk.link, TouchLink)
        assert "!" not in await ask_to_move(desk)
        await desk.type("16001")
        desk.link.ask = "64004.5"
        await desk.press("enter")
        assert moved(desk.link) == []
        assert "trades at once" in desk.dialog()
        await desk.type("16001")
        await desk.press("enter")

    link, _ = run_console(script, TouchLink())
    assert moved(link) == [D("64004.5")]


def test_a_move_whose_market_went_away_while_it_was_confirmed_is_sent() -> None:
    async def script(desk: Desk) -> None:
        assert isinstance(desk.link, TouchLink)
        desk.link.ask = "64004.5"
        assert "trades at once" in await ask_to_move(desk)
        await desk.type("16001")
        desk.link.ask = "64100"
        await desk.press("enter")

    link, _ = run_console(script, TouchLink())
    assert moved(link) == [D("64004.5")]


@pytest.mark.parametrize(
    ("changed", "told", "word"),
    [
        ({"quantity": D(25)}, ("BUY 25 BTC", "64,004 → 64,004.5", "value 1,600,112.50"), "1600112"),
        ({"limit_price": D(63_900)}, ("BUY 0.25 BTC", "63,900 → 64,004.5", "value 16,001.12"), "16001"),
        ({"limit_price": D(64_010)}, ("BUY 0.25 BTC", "64,010 → 64,004.5", "value 16,001.12"), "16001"),
        (
            {"status": "partially_filled", "filled_quantity": D("0.1")},
            ("BUY 0.15 BTC", "64,004 → 64,004.5", "value 9,600.68"),
            "9600",
        ),
    ],
    ids=["larger", "farther", "nearer", "filled in part"],
)
def test_a_move_of_an_order_that_is_another_by_now_is_asked_about_with_the_order_of_now(
    changed: dict[str, Any], told: tuple[str, ...], word: str
) -> None:
    async def script(desk: Desk) -> None:
        assert isinstance(desk.link, TouchLink)
        await ask_to_move(desk)
        await desk.type("16001")
        desk.link.changed = changed
        await desk.press("enter")
        assert moved(desk.link) == []
        text = " ".join(desk.dialog().split())
        assert [each for each in told if each not in text] == []
        await desk.type(word)
        await desk.press("enter")

    link, _ = run_console(script, TouchLink())
    assert moved(link) == [D("64004.5")]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"status": "filled", "filled_quantity": D("0.25")}, "not moved: o-1 is filled by now"),
        ({"status": "cancelled"}, "not moved: o-1 is cancelled by now"),
        ({"amend": "asked", "new_quantity": D(25)}, "not moved: o-1 is being amended already"),
        ({"limit_price": D("64004.5")}, "not moved: o-1 is at 64,004.5 already"),
        (None, "not moved: o-1 is not among the orders any more"),
    ],
    ids=["filled", "cancelled", "being amended", "there already", "gone"],
)
@pytest.mark.parametrize("is_seen", [True, False])
def test_an_order_that_cannot_be_moved_by_now_is_not_and_the_trader_is_told(
    changed: dict[str, Any] | None, told: str, *, is_seen: bool
) -> None:
    async def script(desk: Desk) -> None:
        assert isinstance(desk.link, TouchLink)
        await ask_to_move(desk)
        await desk.type("16001")
        desk.link.changed, desk.link.is_gone = changed or {}, changed is None
        if is_seen:
            await desk.frame()
        desk.clock.advance(0.3)
        await desk.pilot.press("enter")
        await desk.redraw()
        assert desk.app.dialogs.top is None
        assert told in desk.bar("message")

    link, _ = run_console(script, TouchLink())
    assert moved(link) == []


@pytest.mark.parametrize("quote_usd", [D(1), None], ids=["changed", "lost"])
def test_a_move_that_a_new_rate_of_its_currency_made_large_takes_a_typed_word(quote_usd: Decimal | None) -> None:
    async def script(desk: Desk) -> None:
        assert isinstance(desk.link, TouchLink)
        assert "type its value" not in await ask_to_move(desk)
        await desk.press("down")
        desk.link.quote_usd = quote_usd
        await desk.press("enter")
        assert moved(desk.link) == []
        await desk.type("16001")
        await desk.press("enter")

    link, _ = run_console(script, TouchLink(quote_usd=D("0.0001")))
    assert moved(link) == [D("64004.5")]


def test_a_move_of_an_order_whose_contracts_became_larger_is_asked_about_with_its_value_of_now() -> None:
    async def script(desk: Desk) -> None:
        assert isinstance(desk.link, TouchLink)
        await ask_to_move(desk)
        await desk.type("16001")
        desk.link.contract_size = D(10)
        await desk.press("enter")
        assert moved(desk.link) == []
        assert "value 160,011.25" in desk.dialog()

    run_console(script, TouchLink())


def test_a_move_begins_where_the_order_is_now_not_where_the_last_frame_showed_it() -> None:
    """Else a tick away from the market of an order that another hand moved far away would be a leap towards it."""

    async def script(desk: Desk) -> None:
        assert isinstance(desk.link, TouchLink)
        await desk.press("6")
        await desk.focus("orders")
        desk.link.changed = {"limit_price": D(63_900)}
        desk.clock.advance(0.3)
        await desk.pilot.press("shift+down")
        await desk.redraw()
        assert desk.app.dialogs.top is None

    link, _ = run_console(script, TouchLink())
    assert moved(link) == [D("63899.5")]


def test_an_order_that_the_engine_holds_is_not_asked_about_for_no_engine_moves_it() -> None:
    async def script(desk: Desk) -> None:
        await ask_to_move(desk)
        assert desk.app.dialogs.top is None
        assert "only own limit orders that rest can" in desk.bar("message")

    held = {"client_order_id": "held-1", "order_type": "stop_limit", "stop_price": D(65_000), "status": "held"}
    link, _ = run_console(script, TouchLink(changed=held))
    assert moved(link) == []
