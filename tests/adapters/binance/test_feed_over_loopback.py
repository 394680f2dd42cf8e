"""The live feed against a server on the loopback: its books end equal to the server's, whatever goes wrong."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from adapters.binance.endpoints import CHANNELS, ENDPOINTS, FeedSettings
from adapters.binance.feed import BinanceFeed
from adapters.binance.market import BinanceMarket
from adapters.instrument_selection import UnknownSymbolError
from adapters.network.transport import NetworkTransport
from adapters.replay.binance_venue import is_rules, snapshot_symbol
from adapters.replay.check import check_recording
from core.book.book import Book, BookState
from core.io.system_clock import SystemClock
from core.ports.randomness import NoRandomness
from core.types.market import FeedState
from data.recordings.reader import read_recording
from data.recordings.recorder import Recorder
from tests.adapters.binance.venue_server import LoopbackBinance, RecordedBook, VenueBook
from tests.recordings import SPOT_SESSION, USDM_SESSION, needs_recordings, recording
from tests.venues.market_sink import RecordingSink
from tests.venues.news import LIMIT_S

USDM, SPOT = BinanceMarket.USDM, BinanceMarket.SPOT


@dataclass
class Rig:
    server: LoopbackBinance
    sink: RecordingSink
    feed: BinanceFeed

    def equal(self, symbol: str) -> bool:
        return equals(self.sink.books[symbol], self.server.books[symbol])

    async def in_step(self) -> None:
        await self.sink.until(lambda: all(self.equal(symbol) for symbol in self.server.books))


def equals(book: Book, truth: VenueBook) -> bool:
    if book.state is not BookState.VALID or book.sequence != truth.update_id:
        return False
    bid_ticks, bid_lots, ask_ticks, ask_lots = (levels.tolist() for levels in book.top(5000))
    to_price, to_quantity = book.instrument.ticks_to_price, book.instrument.lots_to_quantity
    bids = {to_price(ticks): to_quantity(lots) for ticks, lots in zip(bid_ticks, bid_lots, strict=True)}
    asks = {to_price(ticks): to_quantity(lots) for ticks, lots in zip(ask_ticks, ask_lots, strict=True)}
    return (bids, asks) == truth.levels()


def settings(server: LoopbackBinance, heartbeats: object = None, **changes: object) -> FeedSettings:
    endpoints = server.endpoints
    if heartbeats is not None:
        endpoints = msgspec.structs.replace(endpoints, heartbeats=heartbeats)
    usual = FeedSettings(
        market=server.market, symbols=tuple(server.books), endpoints=endpoints, channels=CHANNELS[server.market],
        first_backoff_s=0.001, backoff_cap_s=0.01, check_interval_s=0.02,
    )  # fmt: skip
    return msgspec.structs.replace(usual, **changes)


def run(
    scenario: Callable[[Rig], Awaitable[None]],
    market: BinanceMarket = USDM,
    *,
    venue: LoopbackBinance | None = None,
    recorder: Recorder | None = None,
    prepare: Callable[[LoopbackBinance], None] = lambda _: None,
    **changes: object,
) -> Rig:
    async def play() -> Rig:
        server = venue or LoopbackBinance.generated(market, ("BTC", "ETH"))
        sink, transport = RecordingSink(), NetworkTransport()
        prepare(server)
        async with server.running(), asyncio.timeout(2 * LIMIT_S):
            feed = BinanceFeed(settings(server, **changes), transport, SystemClock(), NoRandomness(), recorder=recorder)
            rig = Rig(server, sink, feed)
            try:
                await feed.start(sink)
                await scenario(rig)
            finally:
                await feed.stop()
                await transport.close()
        return rig

    return asyncio.run(play())


async def synchronised(rig: Rig) -> None:
    await rig.server.connected(1)
    for symbol in rig.server.books:
        await rig.server.publish(symbol)
    await rig.in_step()


@pytest.mark.parametrize("market", [SPOT, USDM])
def test_books_equal_the_servers_after_many_diffs(market: BinanceMarket) -> None:
    async def scenario(rig: Rig) -> None:
        await synchronised(rig)
        for _ in range(100):
            for symbol in rig.server.books:
                await rig.server.publish(symbol)
        await rig.in_step()

    rig = run(scenario, market)
    assert rig.sink.statuses[-1].state is FeedState.DOWN
    assert all(book.state is BookState.INVALID for book in rig.sink.books.values())


def test_where_streams_have_paths_of_their_own_the_end_of_one_websocket_replaces_all() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.server.connected(2)
        for symbol in rig.server.books:
            await rig.server.publish(symbol)
        await rig.in_step()
        await rig.server.close_one_socket()
        await rig.server.connected(4)
        await rig.in_step()

    server = LoopbackBinance.generated(USDM, ("BTC", "ETH"))
    rig = run(scenario, venue=server, heartbeats=ENDPOINTS[USDM].heartbeats)
    assert {name for name, reason in rig.sink.invalidated if "closed by the venue" in reason} == {"BTCUSDT", "ETHUSDT"}


def test_instruments_know_their_funding_interval() -> None:
    rig = run(synchronised)
    assert {name: book.instrument.funding_interval_s for name, book in rig.sink.books.items()} == {
        "BTCUSDT": 8 * 3600,
        "ETHUSDT": 4 * 3600,
    }


def test_a_lost_diff_resynchronises_that_symbol_alone() -> None:
    async def scenario(rig: Rig) -> None:
        await synchronised(rig)
        rig.server.snapshots_served.clear()
        rig.sink.invalidated.clear()
        rig.server.lose("BTCUSDT")
        await rig.server.publish("BTCUSDT")
        await rig.server.publish("ETHUSDT")
        await rig.in_step()

    rig = run(scenario)
    assert set(rig.server.snapshots_served) == {"BTCUSDT"}
    names = [name for name, reason in rig.sink.invalidated if "stopped" not in reason]
    assert names == ["BTCUSDT"]
    assert rig.server.connections == 1


def test_snapshots_older_than_the_stream_are_refetched_and_never_served() -> None:
    async def scenario(rig: Rig) -> None:
        await synchronised(rig)
        old = rig.server.books["BTCUSDT"].snapshot()
        rig.server.lose("BTCUSDT", 3)
        rig.server.snapshots_served.clear()
        rig.server.next_snapshots.extend([lambda _: web.Response(body=old)] * 2)
        await rig.server.publish("BTCUSDT")
        await rig.in_step()

    rig = run(scenario)
    assert rig.server.snapshots_served == ["BTCUSDT"] * 3


def test_a_closed_connection_makes_all_books_unreadable_and_comes_back_without_ghost_levels() -> None:
    async def scenario(rig: Rig) -> None:
        await synchronised(rig)
        rig.server.refuse_connections = 2
        await rig.server.close_sockets()
        await rig.sink.until(lambda: all(book.state is BookState.INVALID for book in rig.sink.books.values()))
        rig.server.lose("BTCUSDT", 20)
        await rig.server.connected(2)
        await rig.server.publish("BTCUSDT")
        await rig.server.publish("ETHUSDT")
        await rig.in_step()

    rig = run(scenario)
    assert [status.state for status in rig.sink.statuses if status.state is FeedState.DOWN][:3] == [FeedState.DOWN] * 3
    assert any("503" in status.detail for status in rig.sink.statuses)


def test_a_silent_connection_is_replaced() -> None:
    async def scenario(rig: Rig) -> None:
        await synchronised(rig)
        await rig.server.connected(2)
        for symbol in rig.server.books:
            await rig.server.publish(symbol)
        await rig.in_step()

    rig = run(scenario, least_silence_s=0.2, expected_interval_s=0.05)
    assert any("no data for 0.2 s" in status.detail for status in rig.sink.statuses)


def test_a_quiet_symbol_gets_its_book_without_a_diff() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.server.connected(1)
        await rig.in_step()

    rig = run(scenario)
    assert rig.server.connections == 1


def test_a_channel_that_dies_on_a_living_connection_is_noticed_and_the_connection_replaced() -> None:
    async def scenario(rig: Rig) -> None:
        await synchronised(rig)
        rig.server.lose("BTCUSDT", 3)
        while rig.server.connections < 2:
            await rig.server.publish("ETHUSDT")
            await rig.sink.news.next()
        await rig.server.publish("BTCUSDT")
        await rig.server.publish("ETHUSDT")
        await rig.in_step()

    rig = run(scenario, quiet_after_s=0.1)
    assert any("BTCUSDT: its diffs have stopped" in status.detail for status in rig.sink.statuses)


@pytest.mark.parametrize("channel", ["trade", "depth@100ms"])
def test_a_connection_of_unreadable_messages_is_replaced(channel: str) -> None:
    async def scenario(rig: Rig) -> None:
        await synchronised(rig)
        for _ in range(10):
            await rig.server.send(f'{{"stream":"btcusdt@{channel}","data":{{"e":"trade"}}}}')
        await rig.server.connected(2)
        for symbol in rig.server.books:
            await rig.server.publish(symbol)
        await rig.in_step()

    rig = run(scenario, malformed_limit=5)
    assert any("unreadable" in status.detail for status in rig.sink.statuses)


def test_rate_limits_server_faults_and_nonsense_delay_the_snapshot_and_nothing_else() -> None:
    async def scenario(rig: Rig) -> None:
        await synchronised(rig)
        rig.server.next_snapshots.extend(
            [
                lambda _: web.Response(status=503),
                lambda _: web.Response(status=429, headers={"Retry-After": "1"}),
                lambda _: web.Response(body=b"<html>"),
                lambda _: web.Response(status=400, body=b'{"code":-1121,"msg":"Invalid symbol."}'),
            ]
        )
        rig.server.lose("BTCUSDT")
        await rig.server.publish("BTCUSDT")
        await rig.server.publish("ETHUSDT")
        await rig.sink.until(lambda: rig.equal("ETHUSDT"))
        await rig.in_step()

    rig = run(scenario)
    assert rig.server.connections == 1
    assert not rig.server.next_snapshots


def test_a_symbol_the_venue_does_not_trade_is_refused_at_the_start() -> None:
    with pytest.raises(UnknownSymbolError, match="binanceusdm: symbol 'XYZ/USDT:USDT' is not traded there"):
        run(synchronised, symbols=("XYZ/USDT:USDT",))


def test_levels_from_before_the_tick_was_coarsened_are_held() -> None:
    def prepare(server: LoopbackBinance) -> None:
        old = b'{"lastUpdateId":1000,"bids":[["99.95","1"]],"asks":[["100.10","1"]]}'
        server.next_snapshots.append(lambda _: web.Response(body=old))

    async def scenario(rig: Rig) -> None:
        await rig.sink.until(lambda: rig.sink.books["BTCUSDT"].state is BookState.VALID)

    rig = run(scenario, prepare=prepare)
    instrument = rig.sink.books["BTCUSDT"].instrument
    assert (str(instrument.tick_size), str(instrument.order_tick)) == ("0.01", "0.1")


def test_what_was_recorded_live_replays_with_the_same_rules(tmp_path: Path) -> None:
    async def scenario(rig: Rig) -> None:
        await synchronised(rig)
        for _ in range(20):
            await rig.server.publish("BTCUSDT")
        await rig.in_step()

    with Recorder(tmp_path / "live.zst") as recorder:
        rig = run(scenario, recorder=recorder)
    report = check_recording(tmp_path / "live.zst", USDM.value)
    assert not report.inferred
    assert {name: (s.gaps, s.state) for name, s in report.symbols.items()} == {
        "BTC/USDT:USDT": (0, "valid"),
        "ETH/USDT:USDT": (0, "valid"),
    }
    assert report.symbols["BTC/USDT:USDT"].updates == 21
    assert report.messages == recorder.messages
    assert rig.server.connections == 1


def recorded_venue(market: BinanceMarket, name: str) -> LoopbackBinance:
    rules, snapshots, diffs = b"", dict[str, bytes](), dict[str, list[str]]()
    for message in read_recording(recording(name)):
        if is_rules(message):
            rules = message.payload
        elif (symbol := snapshot_symbol(message)) is not None:
            snapshots[symbol] = message.payload
        elif b'"depthUpdate"' in message.payload:
            text = message.payload.decode()
            diffs.setdefault(json.loads(text)["data"]["s"], []).append(text)
    books = {symbol: RecordedBook(snapshot, diffs[symbol]) for symbol, snapshot in snapshots.items()}
    return LoopbackBinance(market, books, rules)


@needs_recordings
@pytest.mark.parametrize(
    ("market", "name", "busy"), [(SPOT, SPOT_SESSION, "NKNUSDT"), (USDM, USDM_SESSION, "SUSHIUSDT")]
)
def test_a_recorded_session_with_a_diff_lost_on_the_way_ends_in_the_venues_books(
    market: BinanceMarket, name: str, busy: str
) -> None:
    venue = recorded_venue(market, name)

    async def scenario(rig: Rig) -> None:
        await synchronised(rig)
        for symbol, book in venue.books.items():
            assert isinstance(book, RecordedBook)
            while book.remaining:
                if symbol == busy and book.remaining == 60:
                    rig.server.lose(symbol)
                await rig.server.publish(symbol)
        await rig.in_step()

    rig = run(scenario, market, venue=venue)
    gaps = [symbol for symbol, reason in rig.sink.invalidated if "does not continue" in reason]
    assert gaps == [busy]
    assert rig.server.connections == 1


def test_a_burst_of_diffs_is_worked_off_without_losing_one() -> None:
    async def scenario(rig: Rig) -> None:
        await synchronised(rig)
        rig.server.snapshots_served.clear()
        await rig.server.publish("BTCUSDT", 5000)
        await rig.in_step()

    rig = run(scenario)
    assert rig.server.snapshots_served == []
