"""Kraken's feed against a venue on the loopback: its books end equal to the venue's, whatever goes wrong."""

from pathlib import Path

import pytest

from adapters.instrument_selection import UnknownSymbolError
from adapters.replay.check import check_recording
from core.book.book import BookState
from core.types.market import FeedState
from core.types.order import Side
from data.recordings.recorder import Recorder
from tests.adapters.kraken.rig import D, FeedRig, play_feed


def stir(rig: FeedRig, count: int = 20, symbol: str = "BTC/USD", middle: int = 30_000) -> None:
    """Move the crowd: levels come, grow, trade and go."""
    for n in range(count):
        rig.venue.exchange.crowd(symbol, Side.BUY, f"{middle - 1 - n % 7}.5", f"0.{n + 1}")
        rig.venue.exchange.crowd(symbol, Side.SELL, f"{middle - 1 - n % 3}", "0.2")
        rig.venue.exchange.crowd_leaves(symbol, Side.BUY, f"{middle - 2 - n % 5}")


def test_books_and_trades_equal_the_venues() -> None:
    async def scenario(rig: FeedRig) -> None:
        await rig.in_step()
        stir(rig)
        stir(rig, symbol="ETH/USD", middle=2_000)
        await rig.in_step()

    rig = play_feed(scenario)
    assert rig.venue.stream.connections == 1
    assert rig.sink.invalidated[-1][1] == "the feed was stopped"
    assert {trade.instrument_id.symbol for trade in rig.sink.trades} == {"BTC/USD", "ETH/USD"}
    first = rig.sink.trades[0]
    assert (first.price_ticks, first.quantity_lots, first.buyer_is_maker) == (299995, 10_000_000, True)


def test_a_wrong_checksum_makes_that_book_unreadable_at_that_message_and_it_comes_back_alone() -> None:
    async def scenario(rig: FeedRig) -> None:
        await rig.in_step()
        rig.venue.faults.wrong_checksums = 1
        rig.venue.exchange.crowd("BTC/USD", Side.BUY, "29999.5", "1")
        await rig.sink.until(lambda: rig.sink.books["BTC/USD"].state is BookState.INVALID)
        assert rig.equal("ETH/USD")
        await rig.in_step()

    rig = play_feed(scenario)
    assert [name for name, reason in rig.sink.invalidated if "checksum" in reason] == ["BTC/USD"]
    assert rig.asked("unsubscribe", "book") == [["BTC/USD"]]
    assert rig.venue.stream.connections == 1


def test_a_lost_book_message_is_found_at_the_next_one() -> None:
    async def scenario(rig: FeedRig) -> None:
        await rig.in_step()
        rig.venue.faults.lost_book_messages = 1
        rig.venue.exchange.crowd("BTC/USD", Side.BUY, "29999.5", "1")
        rig.venue.exchange.crowd("BTC/USD", Side.BUY, "29990", "1")
        await rig.sink.until(lambda: rig.sink.books["BTC/USD"].state is BookState.INVALID)
        await rig.in_step()

    rig = play_feed(scenario)
    assert rig.asked("unsubscribe", "book") == [["BTC/USD"]]


def test_a_venue_that_keeps_sending_broken_books_is_asked_less_and_less_often() -> None:
    async def scenario(rig: FeedRig) -> None:
        await rig.in_step()
        rig.venue.faults.wrong_checksums = 10**6
        rig.venue.exchange.crowd("BTC/USD", Side.BUY, "29999.5", "1")
        await rig.venue.until(lambda: len(rig.asked("unsubscribe", "book")) >= 4)
        rig.venue.faults.wrong_checksums = 0
        await rig.sink.until(lambda: rig.equal("BTC/USD"))

    rig = play_feed(scenario, first_backoff_s=0.04, backoff_cap_s=10.0)
    assert set(map(tuple, rig.asked("unsubscribe", "book"))) == {("BTC/USD",)}
    assert rig.venue.stream.connections == 1


def test_a_silent_connection_is_replaced_and_everything_is_asked_for_again() -> None:
    async def scenario(rig: FeedRig) -> None:
        await rig.in_step()
        rig.venue.faults.is_silent = True
        await rig.sink.until(lambda: rig.sink.books["BTC/USD"].state is BookState.INVALID)
        stir(rig)
        rig.venue.faults.is_silent = False
        await rig.in_step()

    rig = play_feed(scenario, silence_limit_s=0.2)
    assert any("no data for 0.2 s" in status.detail for status in rig.sink.statuses)
    assert rig.asked("subscribe", "book")[-1] == ["BTC/USD", "ETH/USD"]


def test_a_lost_connection_comes_back_without_ghost_levels() -> None:
    async def scenario(rig: FeedRig) -> None:
        await rig.in_step()
        rig.venue.faults.refused_connections = 2
        await rig.venue.stream.close()
        await rig.sink.until(lambda: all(book.state is BookState.INVALID for book in rig.sink.books.values()))
        rig.venue.exchange.crowd_leaves("BTC/USD", Side.BUY, "29999")
        await rig.in_step()

    rig = play_feed(scenario)
    assert rig.venue.stream.connections == 2
    assert len([status for status in rig.sink.statuses if status.state is FeedState.DOWN]) >= 3
    assert rig.asked("subscribe", "trade") == [["BTC/USD", "ETH/USD"]] * 2


def test_a_quiet_book_is_asked_for_again() -> None:
    async def scenario(rig: FeedRig) -> None:
        await rig.in_step()
        await rig.venue.until(lambda: any("ETH/USD" in each for each in rig.asked("unsubscribe", "book")))
        await rig.in_step()

    rig = play_feed(scenario, quiet_after_s=0.05)
    assert rig.venue.stream.connections == 1


def test_what_was_recorded_live_replays_with_every_checksum_right(tmp_path: Path) -> None:
    async def scenario(rig: FeedRig) -> None:
        await rig.in_step()
        stir(rig)
        await rig.in_step()

    with Recorder(tmp_path / "live.zst") as recorder:
        rig = play_feed(scenario, recorder=recorder)
    report = check_recording(tmp_path / "live.zst", "kraken")
    assert report.is_clean
    assert not report.inferred
    assert report.checks.checksum.compared > 40
    assert report.trades == len(rig.sink.trades)
    assert {name: symbol.state for name, symbol in report.symbols.items()} == {"BTC/USD": "valid", "ETH/USD": "valid"}


def test_a_symbol_that_is_not_traded_is_refused_at_the_start() -> None:
    async def scenario(rig: FeedRig) -> None:
        raise AssertionError("it must not start")

    with pytest.raises(UnknownSymbolError, match="kraken: symbol 'XYZ/USD' is not traded there"):
        play_feed(scenario, symbols=("XYZ/USD",))


def test_instruments_have_the_venues_rules_under_the_usual_names() -> None:
    async def scenario(rig: FeedRig) -> None:
        await rig.in_step()

    instrument = play_feed(scenario).sink.books["BTC/USD"].instrument
    assert (instrument.base, instrument.quote, instrument.venue_symbol) == ("BTC", "USD", "BTC/USD")
    assert (instrument.tick_size, instrument.lot_size) == (D("0.1"), D("1e-8"))
    assert (instrument.maker_fee_rate, instrument.taker_fee_rate) == (D("0.0025"), D("0.004"))
    assert (instrument.min_quantity, instrument.min_notional) == (D("0.0001"), D("0.5"))
