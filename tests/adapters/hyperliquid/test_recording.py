"""What the feed receives is written to a file, and the file plays the same market again."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.hyperliquid.info import recorded_address
from adapters.replay.check import check_recording
from adapters.replay.hyperliquid_venue import PlayedHyperliquid, RecordedHyperliquid
from core.book.book import Book, BookState
from core.types.instrument import Instrument
from core.types.order import Side
from data.recordings.message import Channel, RecordedMessage, RecordingError, TornTail
from data.recordings.reader import read_recording
from data.recordings.recorder import Recorder
from tests.adapters.hyperliquid.rig import AGENT, BTC, NVDA, OWNER, Rig, run
from tests.adapters.hyperliquid.test_feed import equals, in_step, with_quotes
from tests.engine.daemon import PATIENCE_S, command, environment, until
from tests.recordings import needs_recordings, recording
from tests.venues.hyperliquid.server import LoopbackHyperliquid
from tests.venues.market_sink import RecordingSink, best

T0 = 1_700_000_000_000_000_000
S = 1_000_000_000
MARKET_MESSAGES = "tardis/json/map_hyperliquid_messages__messages.json"
BOOK_DATA = "hyperliquid/nautechsystems+nautilus_trader/hyperliquid__ws_book_data.json"
META = "hyperliquid/nautechsystems+nautilus_trader/hyperliquid__http_meta_perp_sample.json"
REAL_BOOK = "hyperliquid/nautechsystems+nautilus_trader/hyperliquid__http_l2_book_btc.json"


def levels(book: Book) -> list[list[int]]:
    return [column.tolist() for column in book.top(50)]


def play(path: Path, torn_tail: TornTail = TornTail.REFUSE) -> tuple[PlayedHyperliquid, RecordingSink]:
    """Play a recording to its last message, and leave the books as that one left them."""
    venue, sink = RecordedHyperliquid("hyperliquid"), RecordingSink()
    played = venue.market(sink, venue.survey(path, torn_tail=torn_tail).instruments)
    for message in read_recording(path, torn_tail=torn_tail):
        played.play(message)
    return played, sink


def write(path: Path, *lines: str | tuple[str, object]) -> Path:
    """Write a recording with a second between its messages; an address comes with what it answered."""
    texts = [line if isinstance(line, str) else f"{line[0]} {json.dumps(line[1])}" for line in lines]
    path.write_text("".join(f"{T0 + n * S} {text}\n" for n, text in enumerate(texts)))
    return path


def news(channel: str, data: object) -> str:
    return json.dumps({"channel": channel, "data": data})


def book_of(coin: str, bid: str, ask: str, time_ms: int = 1000) -> str:
    sides = [[{"px": price, "sz": "1.25", "n": 1}] for price in (bid, ask)]
    return news("l2Book", {"coin": coin, "time": time_ms, "levels": sides})


class Kept:
    """What the live feed had told and shown at the end of a recording."""

    def __init__(self) -> None:
        self.tops: dict[str, list[list[int]]] = {}
        self.instruments: dict[str, Instrument] = {}
        self.malformed = -1

    def keep(self, rig: Rig) -> None:
        assert rig.feed is not None
        self.tops = {coin: levels(book) for coin, book in rig.sink.books.items()}
        self.instruments = {coin: book.instrument for coin, book in rig.sink.books.items()}
        self.malformed = rig.feed.malformed


def record(path: Path, kept: Kept, *, says: tuple[str, ...] = ()) -> Rig:
    """Follow two dexs over a lost connection while both are traded on."""

    async def scenario(rig: Rig) -> None:
        state = rig.venue.state
        state.crowd(NVDA, Side.BUY, "190.6", "1")  # before anybody listens
        with Recorder(path) as rig.recorder:
            feed = await rig.start_feed()
            await rig.venue.subscribed(1, "activeAssetCtx")
            await in_step(rig)
            state.crowd(NVDA, Side.BUY, "190.6", "0.5")
            state.crowd("BTC", Side.SELL, "60000", "0.25")
            state.crowd("BTC", Side.BUY, "60000", "0.11")
            await rig.sink.until(lambda: len(rig.sink.trades) == 2)
            for message in says:
                rig.venue.say(message)
            await rig.venue.all_sent()
            await rig.venue.close_sockets()
            await rig.sink.until(lambda: rig.sink.books[NVDA].state is BookState.INVALID)
            state.crowd(NVDA, Side.SELL, "190.4", "0.25")  # while nobody listens
            await rig.venue.subscribed(2, "activeAssetCtx")
            await in_step(rig)
            state.crowd(NVDA, Side.SELL, "190.4", "0.5")
            await rig.sink.until(lambda: len(rig.sink.trades) >= 3 and len(rig.sink.marks) == 4)
            await in_step(rig)
            kept.keep(rig)
            await feed.stop()

    return run(scenario, prepare=with_quotes)


def test_a_recording_plays_the_books_trades_marks_and_funding_that_the_feed_told(tmp_path: Path) -> None:
    path, kept = tmp_path / "live.zst", Kept()
    rig = record(path, kept)
    played, sink = play(path)
    assert {coin: levels(book) for coin, book in sink.books.items()} == kept.tops
    assert all(kept.tops[NVDA])
    assert kept.tops["BTC"][2:] == [[600_000], [14_000]]
    assert (sink.trades, sink.marks, sink.funding) == (rig.sink.trades, rig.sink.marks, rig.sink.funding)
    assert {coin: book.instrument for coin, book in sink.books.items()} == kept.instruments
    assert (played.malformed, kept.malformed) == (0, 0)


def test_a_check_says_that_nothing_was_compared_and_what_the_recording_went_through(tmp_path: Path) -> None:
    path = tmp_path / "live.zst"
    rig = record(path, Kept())
    report = check_recording(path, "hyperliquid")
    assert (report.malformed, report.inferred, report.trades) == (0, False, len(rig.sink.trades))
    assert (report.checks.top_of_book.compared, report.checks.checksum.compared) == (0, 0)
    found = {name: (each.gaps, each.resyncs, each.state, each.tick_size) for name, each in report.symbols.items()}
    assert found == {NVDA: (0, 1, "valid", "0.001"), BTC: (0, 1, "valid", "0.1")}
    assert report.symbols[NVDA].updates == 4
    assert report.is_clean


def test_the_questions_are_written_as_addresses_and_the_connections_before_their_messages(tmp_path: Path) -> None:
    path = tmp_path / "live.zst"
    rig = record(path, Kept())
    messages = list(read_recording(path))
    asked = [each.url for each in messages if each.channel is Channel.REST]
    info, stream = rig.venue.endpoints.info, rig.venue.endpoints.stream_url
    assert asked == [f"{info}?type=perpDexs", f"{info}?type=meta&dex=", f"{info}?type=meta&dex=xyz"]
    opened = [n for n, each in enumerate(messages) if each.channel is Channel.CONNECTED]
    books = [n for n, each in enumerate(messages) if b'"channel": "l2Book"' in each.payload]
    assert [messages[n].url for n in opened] == [stream, stream]
    assert opened[0] < books[0] < opened[1] < books[-1]


def test_nothing_of_an_account_is_written_while_it_trades(tmp_path: Path) -> None:
    path = tmp_path / "live.zst"

    async def scenario(rig: Rig) -> None:
        with Recorder(path) as rig.recorder:
            feed = await rig.start_feed()
            await rig.start()
            await in_step(rig)
            await rig.submit("s0001-1", Side.BUY, "190.6", "0.5")
            await rig.sink.until(lambda: len(rig.sink.trades) == 1)
            await rig.records.until(lambda: len(rig.records.fills) == 1)
            await feed.stop()

    rig = run(scenario, prepare=with_quotes)
    assert any(question.get("user", "").lower() == OWNER for question in rig.venue.questions), "it was asked about"
    messages = list(read_recording(path))
    written = b"\n".join((each.url or "").encode() + each.payload for each in messages).lower()
    assert b"l2book" in written
    assert not [secret for secret in (OWNER, AGENT) if secret[2:].encode() in written]
    channels = {json.loads(each.payload)["channel"] for each in messages if each.payload[:1] == b"{" and not each.url}
    assert channels <= {"l2Book", "trades", "activeAssetCtx", "subscriptionResponse", "pong"}


def test_a_question_about_an_account_has_no_address_to_be_written_with() -> None:
    assert recorded_address("http://x/info", {"type": "meta", "dex": "a b&c"}) == "http://x/info?type=meta&dex=a+b%26c"
    assert parse_qs(urlsplit("http://x/info?type=meta&dex=a+b%26c").query)["dex"] == ["a b&c"]
    assert recorded_address("http://x/info", {"type": "clearinghouseState", "user": OWNER}) is None


def test_unreadable_messages_are_written_too_and_counted_as_they_were(tmp_path: Path) -> None:
    path, kept = tmp_path / "live.zst", Kept()
    says = ("not JSON at all", '{"channel":"l2Book","data":{"coin":"BTC"', 'two\nlines, a "quote" and é', "")
    crossed = book_of("BTC", "2", "1", time_ms=10**13)
    record(path, kept, says=(*says, crossed, '{"channel":"trades","data":[{}]}'))
    texts = [each.payload for each in read_recording(path) if each.channel is Channel.STREAM]
    assert [text for text in texts if text.decode() in says] == [text.encode() for text in says]
    played, sink = play(path)
    assert played.malformed == kept.malformed == 6
    assert not check_recording(path, "hyperliquid").is_clean
    assert {coin: levels(book) for coin, book in sink.books.items()} == kept.tops


def test_what_was_written_before_a_crash_plays_where_that_is_asked_for(tmp_path: Path) -> None:
    whole, torn = tmp_path / "live.zst", tmp_path / "torn.zst"
    flushed: list[int] = []
    top: list[list[list[int]]] = []

    async def scenario(rig: Rig) -> None:
        with Recorder(whole) as rig.recorder:
            feed = await rig.start_feed()
            await in_step(rig)
            flushed.append(rig.recorder.messages)
            top.append(levels(rig.sink.books[NVDA]))
            rig.recorder.flush()
            shutil.copy(whole, torn)
            rig.venue.state.crowd(NVDA, Side.BUY, "190.5", "3")
            await rig.sink.until(lambda: levels(rig.sink.books[NVDA]) != top[0])
            await feed.stop()

    run(scenario, prepare=with_quotes)
    with pytest.raises(RecordingError, match="truncated"):
        check_recording(torn, "hyperliquid")
    report = check_recording(torn, "hyperliquid", torn_tail=TornTail.ACCEPT)
    assert (report.messages, report.malformed, report.inferred) == (flushed[0], 0, False)
    assert levels(play(torn, TornTail.ACCEPT)[1].books[NVDA]) == top[0]
    assert levels(play(whole)[1].books[NVDA]) != top[0]


def test_without_the_venues_answers_the_rules_are_inferred_and_the_prices_stay(tmp_path: Path) -> None:
    path, kept = tmp_path / "live.zst", Kept()
    rig = record(path, kept)
    bare = tmp_path / "bare"
    with Recorder(bare) as recorder:
        for message in read_recording(path):
            again(recorder, message)
    report = check_recording(bare, "hyperliquid")
    assert (report.inferred, report.malformed, report.trades) == (True, 0, len(rig.sink.trades))
    assert set(report.symbols) == {NVDA, BTC}
    sink = play(bare)[1]
    assert all(equals(book, rig.venue, coin) for coin, book in sink.books.items())


def again(recorder: Recorder, message: RecordedMessage) -> None:
    if message.channel is Channel.STREAM:
        recorder.stream_message(message.received_ns, message.payload)
    elif message.channel is Channel.CONNECTED:
        recorder.connected(message.received_ns, message.url or "")


# recordings written by hand ------------------------------------------------------------------------------------


def test_a_book_from_before_the_one_that_is_there_fails_the_check(tmp_path: Path) -> None:
    books = [book_of("BTC", "100.1", "100.2", time_ms) for time_ms in (1000, 999, 1001)]
    report = check_recording(write(tmp_path / "r", *books), "hyperliquid")
    assert [(each.updates, each.gaps) for each in report.symbols.values()] == [(2, 1)]
    assert (report.malformed, report.is_clean) == (0, False)


def test_a_book_in_disorder_fails_the_check_and_is_mended_by_the_next(tmp_path: Path) -> None:
    books = [book_of("BTC", "100.1", "100.2"), book_of("BTC", "100.2", "100.1", 1001), book_of("BTC", "1", "2", 1002)]
    report = check_recording(write(tmp_path / "r", *books), "hyperliquid")
    assert [(each.updates, each.resyncs, each.state) for each in report.symbols.values()] == [(2, 1, "valid")]
    assert (report.malformed, report.is_clean) == (1, False)


def test_trades_from_before_a_connection_are_left_out_as_the_feed_does(tmp_path: Path) -> None:
    rows = [
        {"coin": "BTC", "side": "B", "px": "100.1", "sz": "1", "time": T0 // 10**6 + after, "tid": after}
        for after in (-60_000, 1)
    ]
    _, sink = play(write(tmp_path / "r", "wss://x/ws", book_of("BTC", "100.1", "100.2"), news("trades", rows)))
    assert [trade.trade_id for trade in sink.trades] == [1]


def test_rules_in_another_token_count_once_its_name_is_known(tmp_path: Path) -> None:
    rules = {"universe": [{"name": "abc:GOLD", "szDecimals": 2}], "collateralToken": 235}
    meta = ("https://x/info?type=meta&dex=abc", rules)
    tokens = ("https://x/info?type=spotMeta", {"tokens": [{"name": "USDE", "index": 235}]})
    book = book_of("abc:GOLD", "4000.1", "4000.2")
    venue = RecordedHyperliquid("hyperliquid")
    known = venue.survey(write(tmp_path / "known", meta, tokens, book))
    assert [(each.quote, str(each.tick_size), known.inferred) for each in known.instruments] == [
        ("USDE", "0.0001", False)
    ]
    guessed = venue.survey(write(tmp_path / "guessed", meta, book))
    assert [(each.symbol, each.quote, guessed.inferred) for each in guessed.instruments] == [("abc:GOLD", "USDC", True)]


@pytest.mark.parametrize("coin", ["@107", "PURR/USDC", "#5", ""])
def test_what_is_no_perpetual_is_not_played(tmp_path: Path, coin: str) -> None:
    other = book_of(coin, "0.1", "0.2")
    with pytest.raises(RecordingError, match="holds no market data of hyperliquid"):
        check_recording(write(tmp_path / "r", other), "hyperliquid")
    report = check_recording(write(tmp_path / "r", other, book_of("BTC", "1", "2")), "hyperliquid")
    assert list(report.symbols) == [BTC]


@needs_recordings
def test_messages_recorded_at_the_venue_play(tmp_path: Path) -> None:
    market = [json.loads(recording(BOOK_DATA).read_bytes())]
    lines = [news("l2Book", book) for book in market]
    for message in json.loads(recording(MARKET_MESSAGES).read_bytes()):
        if message["channel"] in ("trades", "l2Book", "activeAssetCtx"):
            lines.append(json.dumps(message))
    played, sink = play(write(tmp_path / "r", *lines))
    assert (played.malformed, played.trades) == (0, 6)
    assert set(sink.books) == {"BTC", "FXS", "SHIA", "BANANA"}
    (bid, bid_size), (ask, ask_size) = best(sink.books["BTC"])
    assert (float(bid), bid_size, float(ask), ask_size) == (98450.5, "2.500", 98451.0, "1.500")
    assert (sink.books["SHIA"].state, sink.books["SHIA"].best_bid()) == (BookState.VALID, None)


@needs_recordings
def test_a_book_recorded_at_the_venue_stands_on_the_grid_of_its_recorded_rules(tmp_path: Path) -> None:
    meta = ("https://api.hyperliquid.xyz/info?type=meta&dex=", json.loads(recording(META).read_bytes()))
    path = write(tmp_path / "r", meta, news("l2Book", json.loads(recording(REAL_BOOK).read_bytes())))
    report = check_recording(path, "hyperliquid")
    assert (report.inferred, report.is_clean, report.symbols[BTC].tick_size) == (False, True, "0.1")
    assert best(play(path)[1].books["BTC"]) == (("110427.0", "4.119"), ("110428.0", "3.726"))


# the command line ----------------------------------------------------------------------------------------------


def program(home: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tui.cli", *words], env=environment(home), stdout=subprocess.PIPE, text=True
    )


def test_the_program_records_over_a_lost_connection_and_checks_what_it_recorded(tmp_path: Path) -> None:
    out = tmp_path / "nvda.zst"
    answers: list[dict] = []

    async def scenario(venue: LoopbackHyperliquid) -> None:
        where = venue.endpoints
        (tmp_path / "config.toml").write_text(
            f'[venues.hyperliquid]\nkind = "hyperliquid"\nmode = "data"\n'
            f'rest_url = "{where.rest_url}"\nws_url = "{where.stream_url}"\n'
        )
        process = program(tmp_path, "record", "hyperliquid", NVDA, "--out", str(out), "--json")
        try:
            await asyncio.to_thread(until, "the first connection", lambda: venue.connections > 0)
            for connection in (1, 2):  # what came over the first was handled before its end was heard of
                await venue.subscribed(connection, "activeAssetCtx")
                venue.state.crowd(NVDA, Side.BUY, "190.6", "0.5")
                await venue.all_sent()
                await venue.close_sockets()
            await venue.subscribed(3, "activeAssetCtx")
            process.send_signal(signal.SIGINT)
            said, _ = await asyncio.to_thread(process.communicate, timeout=PATIENCE_S)
        finally:
            process.kill()
            process.communicate()
        answers.append(json.loads(said))
        played = await asyncio.to_thread(
            command, tmp_path, "replay", str(out), "--venue", "hyperliquid", "--check", "--json"
        )
        assert played.returncode == 0, played.stderr
        answers.append(json.loads(played.stdout))

    async def serve() -> None:
        venue = LoopbackHyperliquid()
        with_quotes(venue)
        async with venue.running(), asyncio.timeout(3 * PATIENCE_S):
            await scenario(venue)

    asyncio.run(serve())
    written, report = answers
    assert (written["venue"], written["symbols"], written["trades"]) == ("hyperliquid", [NVDA], 2)
    assert (report["messages"], report["trades"]) == (written["messages"], 2)
    assert (report["malformed"], report["inferred"], list(report["symbols"])) == (0, False, [NVDA])
    assert report["checks"]["top_of_book"]["compared"] == 0
