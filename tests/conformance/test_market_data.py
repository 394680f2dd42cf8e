"""Every feed: the venue's book or none, whatever happens on the way."""

from adapters.network.transport import NetworkTransport
from core.book.book import BookState
from core.types.market import FeedState
from data.recordings.reader import read_recording
from data.recordings.recorder import Recorder
from tests.conformance.contract import VenueUnderTest
from tests.conformance.patience import until
from tests.conformance.points import Point
from tests.conformance.program import recorded_feed
from tests.conformance.proving import proves
from tests.conformance.scene import LONG_S, Scene, play


@proves(Point.CONNECT)
def test_a_feed_tells_the_venues_rules_and_that_it_is_up(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.follow()
        await scene.market.news.until(lambda: scene.market.state is FeedState.UP)
        rules = scene.venue.rules
        assert (scene.instrument.order_tick, scene.instrument.order_lot) == (rules.tick, rules.lot)
        assert scene.instrument.min_quantity == rules.least if rules.least else scene.instrument.min_notional > 0
        assert scene.instrument.venue == scene.venue.feed.venue == scene.execution.venue

    play(venue, scenario)


@proves(Point.CONNECT)
def test_an_account_has_the_venues_cash(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.trade()
        report = await scene.execution.account(scene.clock.utc_ns())
        assert scene.venue.cash in {balance.total for balance in report.balances}
        assert (report.venue, report.open_orders, report.fills) == (scene.execution.venue, (), ())

    play(venue, scenario)


@proves(Point.BOOK)
def test_a_book_is_the_venues_after_many_changes_and_never_another(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.follow()
        for _ in range(8):
            scene.stir()
            await scene.venue.publish()
        await scene.in_step()
        assert scene.market.trades
        assert scene.market.wrong == []
        connections = scene.venue.connections
        await scene.venue.feed.stop()
        assert scene.book.state is not BookState.VALID, "nobody looks after it any more"
        assert connections <= scene.venue.streams

    play(venue, scenario)


@proves(Point.GAP)
def test_a_lost_change_makes_the_book_unreadable_and_it_is_read_anew(venue: VenueUnderTest) -> None:
    unreadable_after(venue, Point.GAP)


@proves(Point.CHECKSUM)
def test_a_wrong_checksum_makes_the_book_unreadable_and_it_is_read_anew(venue: VenueUnderTest) -> None:
    unreadable_after(venue, Point.CHECKSUM)


def unreadable_after(venue: VenueUnderTest, point: Point) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.follow()
        scene.market.unreadable = 0
        scene.venue.spoil(point, scene.stir)
        await scene.venue.publish()
        await scene.market.news.until(lambda: scene.market.unreadable > 0)
        await scene.in_step()
        assert scene.market.wrong == []

    play(venue, scenario)


@proves(Point.DISORDER)
def test_changes_told_twice_or_in_another_order_show_no_wrong_number(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.follow()
        for _ in range(3):
            scene.venue.spoil(Point.DISORDER, scene.stir)
            await scene.venue.publish()
            await scene.in_step()
        assert scene.market.wrong == []

    play(venue, scenario)


@proves(Point.SILENCE)
def test_a_connection_that_says_nothing_is_left_and_found_again(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.follow()
        connections = scene.venue.connections
        scene.venue.hush(is_silent=True)
        await scene.while_time_passes(lambda: scene.book.state is not BookState.VALID)
        await until(lambda: scene.venue.connections > connections)
        scene.stir()
        scene.venue.hush(is_silent=False)
        scene.clock.jump(LONG_S)  # what was asked for in vain is given up
        await scene.in_step()
        assert any(status.state is FeedState.DOWN for status in scene.market.statuses)
        assert scene.market.wrong == []

    play(venue, scenario)


@proves(Point.RECONNECT)
def test_a_lost_connection_makes_the_book_unreadable_and_it_comes_back_by_itself(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.follow()
        connections = scene.venue.connections
        scene.market.unreadable = 0
        await scene.venue.cut()
        await scene.market.news.until(lambda: scene.market.unreadable > 0)
        scene.stir(2)
        await scene.in_step()
        assert scene.venue.connections > connections
        assert scene.market.wrong == []
        scene.stir()
        await scene.venue.publish()
        await scene.in_step()  # it is subscribed again, too

    play(venue, scenario)


@proves(Point.RECORDER)
def test_what_a_configured_feed_receives_is_recorded(venue: VenueUnderTest) -> None:
    async def scenario(scene: Scene) -> None:
        path, transport = scene.folder / "received.zst", NetworkTransport()
        with Recorder(path) as recorder:
            scene.venue.feed = recorded_feed(scene.venue, transport, scene.clock, recorder)
            await scene.follow()
            await scene.venue.feed.stop()
            await transport.close()
        assert any(message.payload for message in read_recording(path))

    play(venue, scenario)
