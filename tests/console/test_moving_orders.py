"""A move towards the market says whether the order would trade at once, and looks again when it is confirmed."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

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

    def snapshot(self) -> DeskSnapshot:
        snapshot = super().snapshot()
        for markets in snapshot.monitoring.market.values():
            for market in markets.values():
                market.ask, market.validity = D(self.ask), self.validity
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
