"""The checklist of a halt on a screen smaller than it: the verdict is in sight, and every line can be reached."""

from decimal import Decimal

import pytest

from core.state.monitoring import KillState, LeftPosition, VenueKill
from tests.console.driving import SMALL, Desk, run_console
from tests.console.fake_link import START_NS, FakeLink

VENUES = ("binance", "binance-perp", "bybit", "hyperliquid", "kraken", "okx", "paradex")


def stuck(*_: object) -> KillState:
    """Show a flattening that no venue has confirmed, that closed nothing, and that is in no journal."""
    left = LeftPosition(symbol="BTC/USDT:USDT", quantity=Decimal("0.25"), reason="its book is stale: no message")
    venue = VenueKill(
        asked_ns=START_NS, acknowledged_ns=None, acknowledged_ms=None, answer="in doubt: no answer within 5 s",
        orders_left=2, positions_left=[left], flat_verified_ns=None,
    )  # fmt: skip
    return KillState(
        level="flatten", cause="kill", since_ns=START_NS, who="console:test", reason="", is_journaled=False,
        is_finished=False, venues=dict.fromkeys(VENUES, venue),
    )  # fmt: skip


def in_sight(desk: Desk) -> str:
    """Return what of the dialog on top is on the screen now."""
    top = desk.app.dialogs.top
    assert top is not None
    first = top.scroll_offset.y
    return "\n".join(desk.dialog().splitlines()[first : first + top.scrollable_content_region.height])


@pytest.fixture
def many_venues(monkeypatch: pytest.MonkeyPatch) -> FakeLink:
    monkeypatch.setattr("tests.console.fake_link.kill_state", stuck)
    return FakeLink()


def test_the_verdict_of_a_halt_and_whether_it_is_journaled_are_in_sight_at_once(many_venues: FakeLink) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("ctrl+k")
        assert "NOT JOURNALED" in in_sight(desk)
        assert "14 orders are still open; not done: binance, binance-perp" in in_sight(desk)
        assert "send again" not in in_sight(desk)

    run_console(script, many_venues, size=SMALL)


def test_keys_scroll_the_checklist_of_a_halt_to_its_end_and_back(many_venues: FakeLink) -> None:
    async def script(desk: Desk) -> None:
        await desk.press("ctrl+k", "pagedown", "pagedown", "pagedown")
        assert "paradex" in in_sight(desk)
        assert "send again" in in_sight(desk)
        await desk.press("up")
        assert "send again" not in in_sight(desk)
        await desk.press("down")
        assert "send again" in in_sight(desk)
        await desk.press("pageup", "pageup", "pageup")
        assert "NOT JOURNALED" in in_sight(desk)

    run_console(script, many_venues, size=SMALL)
