"""Books and trades of an exchange that only ccxt talks to: the rehearsal venue, and what it does wrong on purpose."""

import pytest

from core.book.book import BookState
from core.types.market import FeedState
from tests.adapters.ccxt_exchange.rig import Rig, run

BOTH = pytest.mark.parametrize("kind", ["spot", "usdm"])


@BOTH
def test_the_book_becomes_the_venues_and_trades_arrive_once(kind: str):
    async def scenario(rig: Rig) -> None:
        await rig.start_feed()
        book = rig.sink.books["BTCUSDT"]
        await rig.sink.until(lambda: book.state is BookState.VALID and len(rig.sink.trades) > 3)
        rig.stop_market()
        depth = rig.market.books["BTCUSDT"].depth
        _, bids, asks = depth.snapshot(20)
        wanted = [[[int(price), lots] for price, lots in side] for side in (bids, asks)]

        def shown() -> list[list[list[int]]]:
            bid_ticks, bid_lots, ask_ticks, ask_lots = (each.tolist() for each in book.top(20))
            sides = zip(bid_ticks, bid_lots, strict=True), zip(ask_ticks, ask_lots, strict=True)
            return [[list(level) for level in side] for side in sides]

        await rig.sink.until(lambda: shown() == wanted)
        ids = [trade.trade_id for trade in rig.sink.trades]
        assert len(set(ids)) == len(ids)
        instrument = book.instrument
        assert (instrument.venue, instrument.symbol, instrument.venue_symbol) == ("here", rig.symbol, "BTCUSDT")

    run(kind, scenario)


def test_a_contract_has_a_mark_price():
    async def scenario(rig: Rig) -> None:
        await rig.start_feed()
        await rig.sink.until(lambda: bool(rig.sink.marks))
        bid, ask = rig.best()
        assert float(bid) * 0.98 < rig.sink.marks[0].mark < float(ask) * 1.02

    run("usdm", scenario)


@BOTH
def test_a_gap_makes_the_book_unreadable_and_a_new_one_comes(kind: str):
    async def scenario(rig: Rig) -> None:
        await rig.start_feed()
        book = rig.sink.books["BTCUSDT"]
        await rig.sink.until(lambda: book.state is BookState.VALID)
        rig.fault(kind="depth_gap", symbol="BTCUSDT", times=3)
        await rig.sink.until(lambda: bool(rig.sink.invalidated))
        assert "ChecksumError" in rig.sink.invalidated[0][1]
        await rig.sink.until(lambda: book.state is BookState.VALID)

    run(kind, scenario)


@BOTH
def test_a_lost_connection_makes_books_unreadable_and_comes_back(kind: str):
    async def scenario(rig: Rig) -> None:
        await rig.start_feed()
        book = rig.sink.books["BTCUSDT"]
        await rig.sink.until(lambda: book.state is BookState.VALID)
        await rig.server.drop_sockets()
        await rig.sink.until(lambda: bool(rig.sink.invalidated))
        await rig.sink.until(lambda: book.state is BookState.VALID)
        await rig.sink.until(lambda: rig.sink.statuses[-1].state is FeedState.UP)

    run(kind, scenario)


def test_a_socket_that_lives_and_says_nothing_is_replaced():
    async def scenario(rig: Rig) -> None:
        await rig.start_feed(book_silence_s=0.7)
        book = rig.sink.books["BTCUSDT"]
        await rig.sink.until(lambda: book.state is BookState.VALID)
        rig.fault(kind="silence", stream="btcusdt@depth*")
        await rig.sink.until(lambda: any("nothing for 0.7 s" in reason for _, reason in rig.sink.invalidated))
        await rig.sink.until(lambda: rig.sink.statuses[-1].state is FeedState.DOWN)
        rig.server.exchange.faults.clear()
        await rig.sink.until(lambda: book.state is BookState.VALID)

    run("spot", scenario)


def test_a_stopped_feed_leaves_no_readable_book():
    async def scenario(rig: Rig) -> None:
        feed = await rig.start_feed()
        book = rig.sink.books["BTCUSDT"]
        await rig.sink.until(lambda: book.state is BookState.VALID)
        await feed.stop()
        assert book.state is BookState.INVALID
        assert rig.sink.statuses[-1].state is FeedState.DOWN

    run("spot", scenario)
