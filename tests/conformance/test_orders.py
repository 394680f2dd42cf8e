"""Every trading side: what an order of each kind becomes, told as it is at the venue."""

from decimal import Decimal

import pytest

from core.ports.venue import AmendSupport, SendOutcome
from core.types.order import Liquidity, OrderStatus, Side, TimeInForce
from tests.conformance.contract import VenueUnderTest
from tests.conformance.patience import until
from tests.conformance.points import Point
from tests.conformance.program import kill
from tests.conformance.proving import proves
from tests.conformance.scene import Scene, play

FIRST, SECOND, THIRD = (f"sconf-0001-{number}" for number in (1, 2, 3))
ACCEPTED, REJECTED, IN_DOUBT = SendOutcome.ACCEPTED, SendOutcome.REJECTED, SendOutcome.IN_DOUBT
IOC = TimeInForce.IOC


@proves(Point.LIMIT)
def test_a_limit_order_rests_under_our_id_is_listed_and_cancelled(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        price = scene.deep
        sent = await scene.submit(FIRST, price=price)
        assert (sent.outcome, sent.venue_order_id is None) == (ACCEPTED, False), sent
        (order,) = scene.venue.orders(FIRST)
        assert order == (True, Decimal(0), price, scene.venue.quantity)
        await scene.until_told(FIRST, OrderStatus.OPEN)
        assert await scene.listed() == [FIRST]
        assert (await scene.cancel(FIRST)).outcome is ACCEPTED
        await scene.until_told(FIRST, OrderStatus.CANCELLED)
        (order,) = scene.venue.orders(FIRST)
        assert not order.is_open
        assert await scene.listed() == []
        assert scene.told.fills == []

    play(venue, scenario)


@proves(Point.MARKET)
def test_a_market_order_is_filled_with_price_and_fee(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        ask = scene.touch[1]
        assert (await scene.submit(FIRST)).outcome is ACCEPTED
        await scene.until_told(FIRST, OrderStatus.FILLED)
        await scene.until_filled(FIRST, scene.venue.quantity)
        fills = scene.told.fills_of(FIRST)
        assert fills[0].price == ask
        assert all((f.side, f.symbol, f.liquidity) == (Side.BUY, scene.venue.symbol, Liquidity.TAKER) for f in fills)
        assert all(f.fee > 0 for f in fills)
        since_ns = min(f.venue_ns for f in fills) - 10**9
        report = await scene.execution.account(since_ns)
        assert {f.fill_id for f in report.fills} == {f.fill_id for f in fills}
        assert sum(p.quantity for p in report.positions if p.instrument_id.symbol == scene.venue.symbol) > 0

    play(venue, scenario)


@proves(Point.IOC)
def test_what_an_immediate_order_does_not_get_at_once_is_gone(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        half = scene.venue.quantity / 2
        price = scene.inside
        scene.crowd(Side.SELL, price, half)
        assert (await scene.submit(FIRST, price=price, time_in_force=IOC)).outcome is ACCEPTED
        await scene.until_filled(FIRST, half)
        await scene.told.news.until(lambda: any(status.is_final for status in scene.told.statuses(FIRST)))
        assert OrderStatus.FILLED not in scene.told.statuses(FIRST)
        (order,) = scene.venue.orders(FIRST)
        assert (order.is_open, order.filled) == (False, half)
        assert await scene.listed() == []

    play(venue, scenario)


@proves(Point.POST_ONLY)
def test_a_post_only_order_rests_or_is_refused_and_never_takes(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        crossing = scene.touch[1]
        sent = await scene.submit(FIRST, price=crossing, post_only=True)
        if sent.outcome is ACCEPTED:  # a venue may take it and end it in the same moment
            await scene.told.news.until(lambda: any(status.is_final for status in scene.told.statuses(FIRST)))
        else:
            assert sent.outcome is REJECTED
        assert all((not order.is_open, order.filled) == (True, 0) for order in scene.venue.orders(FIRST))
        assert (await scene.submit(SECOND, price=scene.deep, post_only=True)).outcome is ACCEPTED
        (order,) = scene.venue.orders(SECOND)
        assert order.is_open
        assert scene.told.fills == []

    play(venue, scenario)


@proves(Point.REDUCE_ONLY)
def test_a_reduce_only_order_closes_what_is_held_and_opens_nothing(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        nothing_held = await scene.submit(FIRST, Side.SELL, scene.touch[0], reduce_only=True)
        assert nothing_held.outcome is REJECTED
        assert (await scene.submit(SECOND)).outcome is ACCEPTED
        await scene.until_filled(SECOND, scene.venue.quantity)
        await scene.execution.account(scene.clock.utc_ns())
        closing = await scene.submit(THIRD, Side.SELL, scene.touch[0], reduce_only=True)
        assert closing.outcome is ACCEPTED, closing
        await scene.until_filled(THIRD, scene.venue.quantity)
        report = await scene.execution.account(scene.clock.utc_ns())
        assert all(position.quantity == 0 for position in report.positions)

    play(venue, scenario)


@proves(Point.AMEND)
def test_other_terms_keep_the_order_and_its_id(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        assert scene.execution.amend_support is AmendSupport.NATIVE
        await scene.submit(FIRST, price=scene.deep)
        price, quantity = scene.deep - scene.venue.step, scene.venue.quantity * 2
        amended = await scene.amend(FIRST, price, quantity)
        assert amended.outcome is ACCEPTED
        open_orders = [order for order in scene.venue.orders(FIRST) if order.is_open]
        assert [(order.price, order.quantity) for order in open_orders] == [(price, quantity)]
        assert await scene.listed() == [FIRST]
        assert (await scene.cancel(FIRST)).outcome is ACCEPTED
        assert scene.venue.resting == 0

    play(venue, scenario)


@pytest.mark.parametrize("is_repeated", [False, True], ids=["told once", "told twice"])
@proves(Point.PARTIAL_FILL)
def test_a_resting_order_is_filled_in_parts_and_each_part_counts_once(venue: VenueUnderTest, is_repeated: bool) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        half, price = scene.venue.quantity / 2, scene.inside
        assert (await scene.submit(FIRST, price=price)).outcome is ACCEPTED
        if is_repeated:
            scene.venue.repeat_events()
        await scene.part(Side.SELL, price, half)
        await scene.until_filled(FIRST, half)
        assert OrderStatus.FILLED not in scene.told.statuses(FIRST)
        if is_repeated:
            scene.venue.repeat_events()
        await scene.part(Side.SELL, price, half)
        await scene.until_told(FIRST, OrderStatus.FILLED)
        await scene.until_filled(FIRST, scene.venue.quantity)
        fills = scene.told.fills_of(FIRST)
        assert [(f.price, f.quantity, f.liquidity) for f in fills] == [(price, half, Liquidity.MAKER)] * 2
        assert await scene.listed() == []

    play(venue, scenario)


@proves(Point.CANCEL_RACE)
def test_a_cancel_that_meets_a_fill_is_refused_and_the_fill_counts(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        price = scene.inside
        await scene.submit(FIRST, price=price)
        scene.venue.before_cancel(lambda: scene.crowd(Side.SELL, price, scene.venue.quantity))
        assert (await scene.cancel(FIRST)).outcome is not ACCEPTED
        await scene.until_filled(FIRST, scene.venue.quantity)
        await scene.until_told(FIRST, OrderStatus.FILLED)
        assert OrderStatus.CANCELLED not in scene.told.statuses(FIRST)

    play(venue, scenario)


@proves(Point.KILL)
def test_everything_is_cancelled_from_outside_and_nothing_is_left(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        await scene.submit(FIRST, price=scene.deep)
        await scene.submit(SECOND, price=scene.deep)
        assert scene.venue.resting == 2
        outcome = await kill(scene.venue, scene.clock, scene.folder)
        assert outcome.is_clear, outcome.detail
        assert scene.venue.resting == 0
        await scene.until_told(FIRST, OrderStatus.CANCELLED)
        await scene.until_told(SECOND, OrderStatus.CANCELLED)

    play(venue, scenario)


@proves(Point.DEAD_MAN)
def test_the_venue_is_told_to_cancel_what_a_dead_engine_leaves(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        await scene.submit(FIRST, price=scene.deep)
        await until(lambda: scene.venue.is_armed)
        await scene.execution.stop()  # a clean end leaves resting orders where they are
        assert not scene.venue.is_armed
        assert scene.venue.resting == 1

    play(venue, scenario, has_dead_man=True)
