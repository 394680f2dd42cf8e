"""Only live quotes are shown, and a closed market is no fault."""

import asyncio

import pytest

from adapters.interactive_brokers.instruments import UnknownStockError
from core.book.book import BookState
from core.types.instrument import AssetType
from core.types.market import FeedState
from tests.venues.interactive_brokers.fake_tws import FakeTws
from tests.venues.interactive_brokers.rig import HandClock, Rig, at_ns, trading


async def test_instruments_have_ibs_rules_and_the_exchanges_hours():
    async with trading() as rig:
        instrument = rig.book.instrument
        assert (instrument.asset_type, str(instrument.id)) == (AssetType.STOCK, "NVDA@interactive_brokers")
        assert (str(instrument.tick_size), str(instrument.lot_size), instrument.quote) == ("0.01", "1", "USD")
        assert instrument.market_hours.calendar == "XNAS"


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23T14:29:59", False),
        ("2026-11-23T14:30:00", True),
        ("2026-11-23T21:00:00", False),
        ("2026-11-26T15:30:00", False),  # Thanksgiving
        ("2026-11-27T17:59:59", True),
        ("2026-11-27T18:00:00", False),  # the early close of the day after
        ("2026-11-28T15:30:00", False),  # Saturday
        ("2026-07-06T13:30:00", False),  # the calendar begins with the days before the start
    ],
)
async def test_holidays_and_early_closes_are_known(moment: str, is_open: bool):
    async with trading() as rig:
        assert rig.book.instrument.market_hours.is_open(at_ns(moment)) is is_open


async def test_a_closed_market_is_closed_and_not_down_and_opens_by_itself():
    clock = HandClock("2026-11-26T15:30:00")
    async with trading(clock) as rig:
        await rig.market.until(lambda: rig.state is FeedState.CLOSED)
        clock.now_ns = at_ns("2026-11-27T15:30:00")
        await rig.market.until(lambda: rig.state is FeedState.UP)
        clock.now_ns = at_ns("2026-11-27T18:00:01")
        await rig.market.until(lambda: rig.state is FeedState.CLOSED)


async def test_ib_announces_a_closure_that_no_calendar_foresaw():
    async with FakeTws() as tws:
        tws.hours = "20261123:CLOSED;20261124:0930-20261124:1200"
        rig = Rig(tws, HandClock())
        await rig.start()
        hours = rig.book.instrument.market_hours
        opened = [hours.is_open(at_ns(f"2026-11-{moment}")) for moment in ("23T15:30:00", "24T15:30:00", "24T17:30:00")]
        assert opened == [False, True, False]
        assert hours.is_open(at_ns("2026-11-25T15:30:00"))
        await rig.market.until(lambda: rig.state is FeedState.CLOSED)
        await rig.stop()


@pytest.mark.parametrize(("kind", "word"), [(2, "frozen"), (3, "delayed"), (4, "delayed and frozen")])
async def test_quotes_that_are_not_live_are_never_shown(kind: int, word: str):
    async with FakeTws() as tws:
        tws.exchange.quote("NVDA", "150.10", 300, "150.12", 200)
        tws.market_data_type = kind
        rig = Rig(tws, HandClock())
        await rig.start()
        await rig.market.until(lambda: rig.book.reason == f"{word} data, not live")
        assert (rig.book.state, rig.book.best_bid()) == (BookState.INVALID, None)
        assert rig.state is FeedState.DOWN
        tws.market_data_type = 1
        await rig.until_quoted()  # it was asked again
        await rig.stop()


async def test_delayed_ticks_without_a_word_are_not_shown_either():
    async with trading() as rig:
        await rig.until_quoted()
        (number,) = rig.tws.clients[0].quotes
        rig.tws.delayed_tick(number)
        await rig.market.until(lambda: rig.book.reason == "delayed data only")
        assert rig.book.best_bid() is None


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (10197, "No market data during competing live session"),
        (354, "Requested market data is not subscribed."),
        (10167, "Requested market data is not subscribed. Displaying delayed market data."),
    ],
)
async def test_a_refused_subscription_makes_the_book_unreadable_until_it_works(code: int, text: str):
    async with trading() as rig:
        await rig.until_quoted()
        rig.tws.quote_error = (code, text)
        rig.tws.say(code, text, next(iter(rig.tws.clients[0].quotes)))
        await rig.market.until(lambda: rig.book.state is BookState.INVALID)
        assert rig.book.reason == f"IB {code}: {text}"
        rig.tws.quote_error = None
        await rig.until_quoted()


async def test_a_broken_farm_makes_books_unreadable_until_it_works():
    async with trading() as rig:
        await rig.until_quoted()
        rig.tws.say(2103, "Market data farm connection is broken:usfarm")
        await rig.market.until(lambda: rig.book.reason == "market data farm usfarm is broken")
        rig.tws.say(2104, "Market data farm connection is OK:usfarm")
        await rig.until_quoted()


async def test_a_side_that_is_overtaken_is_gone_until_it_is_told_anew():
    async with trading() as rig:
        await rig.until_quoted()
        (number,) = rig.tws.clients[0].quotes
        rig.feed.tick(number, 1, 150.13, 100.0)
        assert (rig.book.state, rig.book.best_bid(), rig.book.best_ask()) == (BookState.VALID, (15013, 100), None)
        rig.feed.tick(number, 2, 150.14, 50.0)
        assert rig.book.best_ask() == (15014, 50)
        rig.feed.tick(number, 3, None, 70.0)
        assert rig.book.best_ask() == (15014, 70)
        rig.feed.tick(number, 2, -1.0, 0.0)
        assert rig.book.best_ask() is None


async def test_a_price_between_two_ticks_makes_the_book_unreadable():
    async with trading() as rig:
        await rig.until_quoted()
        rig.feed.tick(next(iter(rig.tws.clients[0].quotes)), 1, 150.125, 100.0)
        assert rig.book.state is BookState.INVALID


async def test_trades_are_told_once_with_their_time_and_the_side_that_took():
    async with trading() as rig:
        await rig.until_quoted()
        for text in (
            "150.12;30;1795447800123;1000;150.1;true",
            "150.12;30;1795447800123;1000;150.1;true",  # TWS says the last one again
            "150.10;5;1795447800124;1005;150.1;false",
            ";;1795447800125;1005;150.1;false",
            "150.11;1;1795447800126;1006;150.1;false",  # the middle, after a sale
        ):
            rig.tws.last("NVDA", text)
        await rig.market.until(lambda: len(rig.market.trades) == 3)
        first, second, third = rig.market.trades
        assert (first.price_ticks, first.quantity_lots, first.venue_ns) == (15012, 30, 1795447800123000000)
        assert [trade.buyer_is_maker for trade in rig.market.trades] == [False, True, False]
        assert first.trade_id < second.trade_id < third.trade_id


async def test_a_lost_line_makes_the_book_unreadable_and_comes_back():
    async with trading() as rig:
        await rig.until_quoted()
        rig.tws.cut()
        await rig.market.until(lambda: rig.state is FeedState.DOWN)
        assert rig.book.best_bid() is None
        await rig.until_quoted()
        assert rig.tws.connections == 2


async def test_an_unknown_symbol_ends_the_start_with_its_name():
    async with FakeTws() as tws:
        rig = Rig(tws, HandClock(), symbols=("NVDA", "XYZQ"))
        with pytest.raises(UnknownStockError, match="symbol 'XYZQ' is not traded there in USD"):
            await rig.feed.start(rig.market)
        await tws.until(lambda: not tws.clients)


async def test_a_stock_that_is_priced_in_pence_is_not_taken_for_one_in_pounds():
    async with FakeTws() as tws:
        tws.magnifier = 100
        rig = Rig(tws, HandClock())
        with pytest.raises(UnknownStockError, match="prices are in 1/100 of USD"):
            await rig.feed.start(rig.market)


async def test_price_steps_follow_the_market_rule():
    async with FakeTws() as tws:
        tws.rule = 32  # finer below a dollar
        rig = Rig(tws, HandClock())
        await rig.start()
        assert (str(rig.book.instrument.tick_size), str(rig.book.instrument.order_tick)) == ("0.0001", "0.01")
        await rig.stop()


async def test_both_sides_share_one_connection_until_the_last_one_leaves():
    async with trading() as rig:
        assert rig.tws.connections == 1
        await rig.execution.stop()
        assert len(rig.tws.clients) == 1
        await rig.feed.stop()
        await rig.tws.until(lambda: not rig.tws.clients)
        await rig.start()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_quote_that_does_not_change_is_proven_by_asking_anew():
    clock = HandClock()
    async with trading(clock) as rig:
        await rig.until_quoted()
        clock.now_ns += 1_500_000_000
        await rig.market.until(lambda: rig.book.received_ns == clock.now_ns)
        assert rig.book.best_bid() == (15010, 300)
        assert rig.book.venue_ns == rig.book.received_ns  # IB names no time: an answer says nothing of clocks
        assert len(rig.tws.clients[0].quotes) == 1  # the request before was given up


async def test_a_quiet_quote_that_ib_no_longer_answers_grows_old():
    clock = HandClock()
    async with trading(clock) as rig:
        await rig.until_quoted()
        heard_ns, asked = rig.book.received_ns, len(rig.tws.asked("1"))
        rig.tws.mutes_quotes = True
        clock.now_ns += 1_500_000_000
        await rig.tws.until(lambda: len(rig.tws.asked("1")) > asked)
        assert rig.book.received_ns == heard_ns


async def test_subscriptions_do_not_pile_up_while_ib_comes_and_goes():
    async with trading() as rig:
        for _ in range(3):
            rig.tws.say(1100, "lost")
            await rig.market.until(lambda: rig.state is FeedState.DOWN)
            rig.tws.say(1102, "restored - data maintained")
            await rig.market.until(lambda: rig.state is FeedState.UP)
        assert len(rig.tws.clients[0].quotes) == 1


async def test_rules_from_before_stay_where_ib_does_not_tell_them_again():
    async with trading() as rig:
        rig.tws.unlisted.add("NVDA")
        rig.tws.cut()
        await rig.market.until(lambda: rig.state is FeedState.DOWN)
        await rig.until_quoted()
        assert rig.tws.connections == 2
