"""The feed of OKX against a small venue whose books are true."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from adapters.instrument_selection import UnknownSymbolError
from adapters.network.transport import NetworkTransport
from adapters.okx.venue import QUIET_AFTER_S, build_feed, feed_settings
from adapters.replay.check import check_recording
from adapters.streams.feed import StreamFeed
from core.book.book import BookState
from core.io.system_clock import SystemClock
from core.ports.randomness import NoRandomness
from core.types.market import FeedState
from core.types.order import Side
from data.recordings.reader import read_recording
from data.recordings.recorder import Recorder
from tests.venues.market_sink import RecordingSink
from tests.venues.news import LIMIT_S
from tests.venues.okx.rig import SPOT, SPOT_ID, SWAP, SWAP_ID
from tests.venues.okx.server import LoopbackOkx


@dataclass
class Rig:
    server: LoopbackOkx
    sink: RecordingSink
    feed: StreamFeed

    async def quote(self, inst_id: str, side: Side, price: str, size: str = "1") -> None:
        self.server.exchange.crowd(inst_id, side, price, size)
        await self.server.flush()

    def equal(self, inst_id: str) -> bool:
        """Tell whether the feed's book is the venue's, level by level."""
        book, truth = self.sink.books[inst_id], self.server.exchange.books[inst_id]
        if book.state is not BookState.VALID:
            return False
        sides = [levels.tolist() for levels in book.top(1000)]
        return sides == [side for ladder in (truth.bids, truth.asks) for side in ladder.depth(1000)]

    async def in_step(self) -> None:
        await self.sink.until(lambda: all(self.equal(name) for name in (SPOT_ID, SWAP_ID)))


def run(
    scenario: Callable[[Rig], Awaitable[None]],
    *,
    prepare: Callable[[LoopbackOkx], None] = lambda _: None,
    recorder: Recorder | None = None,
    symbols: tuple[str, ...] = (SPOT, SWAP),
    **changes: object,
) -> Rig:
    async def play() -> Rig:
        server, sink, transport = LoopbackOkx(), RecordingSink(), NetworkTransport()
        for inst_id in (SPOT_ID, SWAP_ID):
            for n in range(30):
                server.exchange.crowd(inst_id, Side.BUY, f"{49_999 - n}.5", "1.1")
                server.exchange.crowd(inst_id, Side.SELL, f"{50_001 + n}", "2")
        prepare(server)
        usual = msgspec.structs.replace(
            feed_settings(symbols), first_backoff_s=0.001, backoff_cap_s=0.01, check_interval_s=0.02, ping_every_s=0.05,
            reads_burst=1000,
        )  # fmt: skip
        async with server.running(), asyncio.timeout(2 * LIMIT_S):
            feed = build_feed(
                symbols, transport=transport, clock=SystemClock(), randomness=NoRandomness(),
                endpoints=server.endpoints, settings=msgspec.structs.replace(usual, **changes), recorder=recorder,
            )  # fmt: skip
            rig = Rig(server, sink, feed)
            try:
                await feed.start(sink)
                await scenario(rig)
            finally:
                await feed.stop()
                await transport.close()
        return rig

    return asyncio.run(play())


@pytest.mark.parametrize("with_checksums", [False, True])
def test_books_equal_the_venues_after_many_changes(with_checksums: bool) -> None:
    def prepare(server: LoopbackOkx) -> None:
        server.sockets.with_checksums = with_checksums

    async def scenario(rig: Rig) -> None:
        await rig.in_step()
        for n in range(100):
            await rig.quote(
                (SPOT_ID, SWAP_ID)[n % 2], (Side.BUY, Side.SELL)[n % 3 % 2], f"{50_000 - 5 + n % 11}", "0.3"
            )
        await rig.in_step()
        await rig.sink.until(lambda: len(rig.sink.trades) > 10)

    rig = run(scenario, prepare=prepare)
    assert rig.sink.statuses[-1].state is FeedState.DOWN
    assert all(book.state is BookState.INVALID for book in rig.sink.books.values())
    assert {args["channel"] for args in rig.server.sockets.subscribed if args["instId"] == SWAP_ID} == {
        "books", "trades", "mark-price", "funding-rate",
    }  # fmt: skip
    assert rig.server.sockets.public_connections == 1


def asked_again(rig: Rig) -> list[tuple[str, str]]:
    """Return what was asked for behind the first subscriptions."""
    return [(args["op"], args["instId"]) for args in rig.server.sockets.subscribed[6:]]


def test_a_lost_change_resynchronises_that_book_alone() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.in_step()
        rig.server.exchange.crowd(SPOT_ID, Side.BUY, "50000", "1")
        rig.server.sockets.lose_outbox()
        await rig.quote(SPOT_ID, Side.BUY, "50000.5")
        await rig.in_step()

    rig = run(scenario)
    assert asked_again(rig) == [("unsubscribe", SPOT_ID), ("subscribe", SPOT_ID)]
    assert [name for name, reason in rig.sink.invalidated if "does not continue" in reason] == [SPOT_ID]
    assert rig.server.sockets.public_connections == 1


def test_a_wrong_checksum_resynchronises_that_book_alone() -> None:
    def prepare(server: LoopbackOkx) -> None:
        server.sockets.with_checksums = True

    async def scenario(rig: Rig) -> None:
        await rig.in_step()
        rig.server.exchange.crowd(SWAP_ID, Side.BUY, "50000", "1.5")
        rig.server.sockets.lose_outbox()
        rig.server.sockets.skip_ids(SWAP_ID, -3)  # as if that change had never been numbered
        await rig.quote(SWAP_ID, Side.BUY, "50000.5")
        await rig.in_step()

    rig = run(scenario, prepare=prepare)
    assert asked_again(rig) == [("unsubscribe", SWAP_ID), ("subscribe", SWAP_ID)]
    assert [name for name, reason in rig.sink.invalidated if "checksum is" in reason] == [SWAP_ID]


def test_a_venue_that_counts_anew_or_has_nothing_to_say_breaks_no_book() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.in_step()
        await rig.server.sockets.say(rig.server.sockets.book_message(SPOT_ID, "update", unchanged=True))
        rig.server.sockets.restart_ids(SPOT_ID, 3)
        await rig.quote(SPOT_ID, Side.BUY, "50000")
        await rig.quote(SPOT_ID, Side.BUY, "50000.1")
        await rig.in_step()

    assert asked_again(run(scenario)) == []


def test_a_closed_connection_makes_all_books_unreadable_and_comes_back() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.in_step()
        rig.server.sockets.refuse = 2
        await rig.server.sockets.close()
        await rig.sink.until(lambda: all(book.state is BookState.INVALID for book in rig.sink.books.values()))
        rig.server.exchange.crowd(SPOT_ID, Side.BUY, "50000", "1")
        await rig.in_step()

    rig = run(scenario)
    assert any("503" in status.detail for status in rig.sink.statuses)
    assert rig.server.sockets.public_connections == 2


def test_a_connection_that_answers_no_ping_is_replaced() -> None:
    def prepare(server: LoopbackOkx) -> None:
        server.sockets.answers_pings = False

    async def scenario(rig: Rig) -> None:
        await rig.server.until(lambda: rig.server.sockets.public_connections == 2)
        rig.server.sockets.answers_pings = True
        await rig.in_step()

    rig = run(scenario, prepare=prepare, silence_limit_s=0.3)
    assert any("no data for 0.3 s" in status.detail for status in rig.sink.statuses)


def test_pings_keep_a_quiet_connection() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.server.until(lambda: rig.server.sockets.pings > 10)
        await rig.in_step()

    assert run(scenario, silence_limit_s=5.0).server.sockets.public_connections == 1
    assert QUIET_AFTER_S > 60  # the venue says once a minute that nothing has changed


def test_a_symbol_that_is_not_traded_is_refused_at_the_start() -> None:
    async def scenario(rig: Rig) -> None:
        raise AssertionError("not reached")

    with pytest.raises(UnknownSymbolError, match="okx: symbol 'XYZ/USDT' is not traded there"):
        run(scenario, symbols=("XYZ/USDT",))


def test_what_was_recorded_live_replays_with_the_same_rules(tmp_path: Path) -> None:
    def prepare(server: LoopbackOkx) -> None:
        server.sockets.with_checksums = True

    async def scenario(rig: Rig) -> None:
        await rig.in_step()
        await rig.server.until(lambda: rig.server.sockets.pings > 1)  # the first was answered: that is recorded too
        for n in range(20):
            await rig.quote(SPOT_ID, Side.BUY, f"{49_990 + n / 10}")
        await rig.in_step()

    with Recorder(tmp_path / "live.zst") as recorder:
        run(scenario, prepare=prepare, recorder=recorder)
    assert any(message.payload == b"pong" for message in read_recording(tmp_path / "live.zst"))
    report = check_recording(tmp_path / "live.zst", "okx")
    assert (report.inferred, report.is_clean) == (False, True)
    assert (report.checks.checksum.compared, report.checks.checksum.mismatched) == (22, 0)
    assert report.symbols[SPOT].updates == 21
