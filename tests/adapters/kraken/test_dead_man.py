"""Kraken's dead man's switch: armed before anything rests, kept up, and off after a clean stop."""

import asyncio
from pathlib import Path

import pytest

from adapters.kraken.dead_man import DeadManSwitch
from adapters.network.venue_rest import NoAnswerError, NotSentError
from core.io.virtual_loop import VirtualLoop
from core.matching.events import MatchKind
from core.ports.venue import SendOutcome
from core.types.order import OrderStatus, Side
from tests.adapters.kraken.rig import D, TradeRig, play
from tests.venues.kraken.exchange import Request
from tests.venues.kraken.venue import LoopbackKraken


def test_it_is_armed_before_the_first_order_that_may_rest_and_told_again(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        assert rig.asked("CancelAllOrdersAfter") == []
        await rig.submit(rig.intent())
        await rig.submit(rig.intent())
        assert [fields["timeout"] for fields in rig.asked("CancelAllOrdersAfter")] == ["3"]
        await rig.venue.until(lambda: len(rig.asked("CancelAllOrdersAfter")) >= 3)
        assert len(rig.open_at_venue) == 2

    play(scenario, tmp_path, dead_man_s=3)


def test_a_clean_stop_switches_it_off_and_leaves_the_orders(tmp_path: Path) -> None:
    venue = LoopbackKraken()

    async def scenario(rig: TradeRig) -> None:
        await rig.submit(rig.intent())
        assert rig.venue.ours.dead_man_at_ns is not None

    rig = play(scenario, tmp_path, venue=venue)
    assert rig.asked("CancelAllOrdersAfter")[-1]["timeout"] == "0"
    assert venue.ours.dead_man_at_ns is None
    assert len(rig.open_at_venue) == 1


def test_the_venue_cancels_when_we_are_not_heard_of_and_that_is_told(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent()
        await rig.submit(order)
        rig.venue.ours.dead_man_at_ns = 1  # long ago
        await rig.told.until_said(order.client_order_id, OrderStatus.CANCELLED)
        assert rig.told.reports[-1].reason == "Cancel all orders after timeout"

    play(scenario, tmp_path)


def test_where_it_cannot_be_armed_nothing_that_may_rest_is_sent(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        rig.venue.faults.rest_replies.append((503, ""))
        refused = await rig.submit(rig.intent())
        assert refused.outcome is SendOutcome.REJECTED
        assert "dead man's switch could not be armed" in refused.reason
        assert (await rig.submit(rig.intent(price=None))).outcome is SendOutcome.ACCEPTED
        assert (await rig.submit(rig.intent())).outcome is SendOutcome.ACCEPTED

    play(scenario, tmp_path)


class Venue:
    """Takes note, or does not answer."""

    answers = True

    async def ask(self, *_: object) -> None:
        if not self.answers:
            raise NoAnswerError("gone")


def test_once_it_has_run_out_unheard_nothing_may_rest_until_the_venue_hears_again() -> None:
    async def scenario() -> None:
        venue = Venue()
        switch = DeadManSwitch(venue, 60)
        await switch.arm()
        await asyncio.sleep(41)  # told three times, at 40 s last
        venue.answers = False
        await asyncio.sleep(58)
        await switch.arm()
        await asyncio.sleep(2)
        with pytest.raises(NotSentError, match="run out: gone"):
            await switch.arm()
        venue.answers = True
        await asyncio.sleep(3)
        await switch.arm()
        await switch.stop()

    loop = VirtualLoop()
    try:
        loop.run_until_complete(scenario())
    finally:
        loop.close()


def test_it_can_be_left_off(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        assert (await rig.submit(rig.intent())).outcome is SendOutcome.ACCEPTED

    assert play(scenario, tmp_path, dead_man_s=0).asked("CancelAllOrdersAfter") == []


def test_orders_of_an_engine_that_died_outlive_the_countdown_that_it_left(tmp_path: Path) -> None:
    venue = LoopbackKraken()

    async def died(rig: TradeRig) -> None:
        await rig.submit(rig.intent())
        left = rig.venue.ours.dead_man_at_ns
        await rig.execution.stop()
        rig.venue.ours.dead_man_at_ns = left  # as it is without a clean end

    async def goes_on(rig: TradeRig) -> None:
        await rig.venue.until(lambda: rig.asked("CancelAllOrdersAfter")[-1]["timeout"] == "60")

    play(died, tmp_path, venue=venue)
    before = len(venue.rest.asked)
    play(goes_on, tmp_path, venue=venue)
    told = [fields["timeout"] for name, fields in venue.rest.asked[before:] if name == "CancelAllOrdersAfter"]
    assert told == ["60", "0"]


def test_orders_of_other_programs_alone_do_not_arm_it(tmp_path: Path) -> None:
    venue = LoopbackKraken()
    request = Request(venue.exchange.pairs["BTC/USD"], Side.BUY, MatchKind.LIMIT, D("0.1"), D(29000), "by-hand")
    venue.exchange.add(venue.ours, request)

    async def scenario(rig: TradeRig) -> None:
        assert len(rig.open_at_venue) == 1

    assert play(scenario, tmp_path, venue=venue).asked("CancelAllOrdersAfter") == []
