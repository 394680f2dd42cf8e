"""Every trading side when things go wrong: an order is known, refused or in doubt, and never sent twice."""

import pytest

from core.types.order import OrderStatus, Side, TimeInForce
from tests.conformance.contract import Fault, VenueUnderTest
from tests.conformance.points import Point
from tests.conformance.proving import proves
from tests.conformance.scene import Scene, play
from tests.conformance.test_orders import ACCEPTED, FIRST, IN_DOUBT, REJECTED, SECOND


@proves(Point.REJECTS)
@pytest.mark.parametrize("flaw", ["money", "price", "quantity", "symbol"])
def test_what_the_venue_does_not_take_is_a_known_reject(venue: VenueUnderTest, flaw: str) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        price, quantity, terms = scene.deep, scene.venue.quantity, {}
        if flaw == "money":
            quantity *= 10**6
        elif flaw == "price":
            price += scene.venue.rules.tick / 2
        elif flaw == "quantity":
            quantity += scene.venue.rules.lot / 2
        else:
            terms = {"symbol": "NOTHING/USD"}
        sent = await scene.submit(FIRST, price=price, quantity=quantity, **terms)
        if sent.outcome is ACCEPTED and flaw in {"price", "quantity"}:  # put on the grid, and never to our harm
            (order,) = scene.venue.orders(FIRST)
            assert order.price is not None
            assert order.price <= price
            assert order.quantity <= quantity
            return
        assert sent.outcome is REJECTED, sent
        assert sent.reason
        assert scene.venue.resting == 0
        assert (await scene.submit(SECOND, price=scene.deep)).outcome is ACCEPTED  # and the next one goes out

    play(venue, scenario)


@proves(Point.REJECTS)
def test_an_id_that_was_used_makes_no_second_order(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        first = await scene.submit(FIRST, price=scene.deep)
        again = await scene.submit(FIRST, price=scene.deep)
        assert scene.venue.resting == len(scene.venue.orders(FIRST)) == 1
        if again.outcome is ACCEPTED:
            assert again.venue_order_id == first.venue_order_id

    play(venue, scenario)


@proves(Point.DOUBT)
def test_a_fault_of_the_venue_is_doubt_and_the_account_shows_that_nothing_rests(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        scene.venue.fail(Fault.SERVER_ERROR)
        assert (await scene.submit(FIRST, price=scene.deep)).outcome is IN_DOUBT
        await scene.venue.ready()
        assert await scene.listed() == []
        assert scene.venue.orders(FIRST) == []

    play(venue, scenario)


@proves(Point.DOUBT)
def test_an_order_that_never_arrived_is_doubt_and_not_in_the_account(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        before = scene.venue.arrived
        scene.venue.fail(Fault.REQUEST_LOST)
        assert (await scene.submit_past_patience(FIRST)).outcome is IN_DOUBT
        await scene.venue.ready()
        assert await scene.listed() == []
        assert scene.venue.orders(FIRST) == []
        assert scene.venue.arrived == before + 1

    play(venue, scenario)


@proves(Point.ACK_LOST)
def test_an_order_whose_answer_is_lost_is_in_doubt_found_by_its_id_and_sent_once(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        before = scene.venue.arrived
        scene.venue.fail(Fault.ANSWER_LOST)
        assert (await scene.submit_past_patience(FIRST)).outcome is IN_DOUBT
        await scene.venue.ready()
        assert await scene.listed() == [FIRST]
        await scene.until_told(FIRST, OrderStatus.OPEN)
        assert scene.venue.arrived == before + 1
        assert len(scene.venue.orders(FIRST)) == 1
        assert (await scene.cancel(FIRST)).outcome is ACCEPTED
        assert scene.venue.resting == 0

    play(venue, scenario)


@proves(Point.MISSED_FILL)
def test_a_fill_while_the_private_stream_was_down_is_told_once(venue: VenueUnderTest) -> None:
    fill_while_away(venue)


@pytest.mark.parametrize("seconds", [100.0, -100.0])
@proves(Point.CLOCK_SKEW)
def test_a_fill_in_a_gap_is_found_whatever_the_clocks_say(venue: VenueUnderTest, seconds: float) -> None:
    fill_while_away(venue, skew_s=seconds)


def fill_while_away(venue: VenueUnderTest, **wishes: float) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        price, quantity = scene.inside, scene.venue.quantity
        await scene.submit(FIRST, price=price)
        async with scene.venue.away():
            scene.crowd(Side.SELL, price, quantity)
            assert scene.venue.orders(FIRST)[0].filled == quantity
            assert scene.told.fills == []
        await scene.venue.ready()
        await scene.until_filled(FIRST, quantity)  # from which the engine knows that the order has ended
        (fill,) = scene.told.fills_of(FIRST)
        assert (fill.price, fill.quantity, fill.side) == (price, quantity, Side.BUY)
        assert fill.fee >= 0

    play(venue, scenario, **wishes)


@proves(Point.RATE_LIMIT)
def test_after_a_venue_says_wait_nothing_goes_out_until_then(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        scene.venue.fail(Fault.TOO_MANY)
        refused = await scene.submit(FIRST, price=scene.deep)
        assert refused.outcome is REJECTED, refused
        arrived = scene.venue.arrived
        for number in range(10, 13):
            held = await scene.submit(f"sconf-0001-{number}", price=scene.deep)
            assert held.outcome is REJECTED, held
        assert scene.venue.arrived == arrived
        assert scene.venue.resting == 0
        scene.clock.jump(scene.venue.wait_s + 1)
        await scene.venue.ready()
        assert (await scene.submit(SECOND, price=scene.deep)).outcome is ACCEPTED

    play(venue, scenario)


@proves(Point.SLICE)
def test_where_an_allowance_is_used_up_by_orders_cancels_still_go_out(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        assert (await scene.submit(FIRST, price=scene.deep)).outcome is ACCEPTED
        number, arrived = 10, -1
        while scene.venue.arrived > arrived:
            assert number < 500, "there is no end to what is allowed"
            arrived = scene.venue.arrived
            sent = await scene.submit(f"sconf-0001-{number}", price=scene.deep, time_in_force=TimeInForce.IOC)
            number += 1
        assert sent.outcome is REJECTED, sent
        assert (await scene.cancel(FIRST)).outcome is ACCEPTED
        assert scene.venue.resting == 0

    play(venue, scenario, is_tight=True)


@pytest.mark.parametrize("seconds", [5.0, -5.0, 60.0, -60.0])
@proves(Point.CLOCK_SKEW)
def test_a_clock_that_was_off_from_the_start_does_not_matter(venue: VenueUnderTest, seconds: float) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        sent = await scene.submit(FIRST, price=scene.deep)
        assert sent.outcome is ACCEPTED, sent
        assert await scene.listed() == [FIRST]

    play(venue, scenario, skew_s=seconds)


@proves(Point.CLOCK_SKEW)
def test_a_venues_clock_that_jumps_costs_one_doubt_at_most_and_orders_go_out_again(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        scene.venue.skew(60.0)
        doubts = 0
        for number in range(10, 40):
            sent = await scene.submit(f"sconf-0001-{number}", price=scene.deep)
            doubts += sent.outcome is IN_DOUBT
            if sent.outcome is ACCEPTED:
                break
            await scene.listed()
        assert scene.venue.resting == 1
        assert sent.outcome is ACCEPTED
        assert doubts <= 1, "the account settles one, and shows the time for the next"

    play(venue, scenario)
