"""A replay is the live handler on recorded time."""

import asyncio
from pathlib import Path

import pytest

from adapters.replay.clock import ReplayClock
from adapters.replay.feed import Pace, ReplayFeed, ReplaySettings
from core.book.book import BookState
from core.io.virtual_loop import VirtualLoop
from core.types.market import FeedState, Trade
from data.recordings.message import RecordingError, TornTail
from tests.venues.market_sink import RecordingSink

T0 = 1_700_000_000_000_000_000
S = 1_000_000_000


def line(seconds: float, payload: str) -> str:
    return f"{T0 + int(seconds * S)} {payload}\n"


def trade(number: int) -> str:
    return (
        '{"stream":"btcusdt@trade","data":{"e":"trade","E":1,"T":1,"s":"BTCUSDT",'
        f'"t":{number},"p":"100.1","q":"0.5","m":false}}}}'
    )


SNAPSHOT = '{"lastUpdateId":5,"bids":[["100.0","1"]],"asks":[["100.1","2"]]}'
LINES = [line(0, trade(1)), line(1, SNAPSHOT), line(4, trade(2)), line(10, trade(3))]


class ClockedSink(RecordingSink):
    """Notes recorded and loop time at each trade."""

    def __init__(self, clock: ReplayClock) -> None:
        super().__init__()
        self.clock = clock
        self.times: list[tuple[float, float]] = []

    def trade(self, trade: Trade) -> None:
        super().trade(trade)
        now_s = round(asyncio.get_running_loop().time(), 6)
        self.times.append(((self.clock.utc_ns() - T0) / S, now_s))


def play(path: Path, **changes: object) -> ClockedSink:
    clock = ReplayClock()
    sink = ClockedSink(clock)

    async def scenario() -> None:
        feed = ReplayFeed(ReplaySettings(path=path, venue="binance", **changes), clock)
        await feed.start(sink)
        await feed.finished()

    loop = VirtualLoop()
    try:
        loop.run_until_complete(scenario())
    finally:
        loop.close()
    return sink


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "recording"
    path.write_text("".join(LINES))
    return path


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_recorded_time_passes_at_the_speed_asked_for(path: Path, speed: float) -> None:
    sink = play(path, speed=speed)
    started_s = sink.times[0][1]
    assert [(recorded, round(now_s - started_s, 3)) for recorded, now_s in sink.times] == [
        (0.0, 0.0), (4.0, 4.0 / speed), (10.0, 10.0 / speed),
    ]  # fmt: skip


def test_flat_out_takes_no_time_and_the_clock_is_the_recorded_one(path: Path) -> None:
    sink = play(path, pace=Pace.FLAT_OUT)
    assert [recorded for recorded, _ in sink.times] == [0.0, 4.0, 10.0]
    assert sink.times[-1][1] == sink.times[0][1]
    assert [t.received_ns for t in sink.trades] == [T0, T0 + 4 * S, T0 + 10 * S]


def test_the_end_closes_the_feed_and_no_book_is_readable_after_it(path: Path) -> None:
    sink = play(path, pace=Pace.FLAT_OUT)
    assert [status.state for status in sink.statuses] == [FeedState.UP, FeedState.CLOSED]
    assert "inferred" in sink.statuses[0].detail
    assert "ended after 4 messages" in sink.statuses[1].detail
    assert sink.books["BTCUSDT"].state is BookState.INVALID


def test_a_torn_recording_is_refused_at_the_start_unless_its_whole_lines_are_asked_for(path: Path) -> None:
    path.write_text(path.read_text()[:-20])
    with pytest.raises(RecordingError, match="line 4: the message is cut off"):
        play(path)
    sink = play(path, torn_tail=TornTail.ACCEPT, pace=Pace.FLAT_OUT)
    assert [t.trade_id for t in sink.trades] == [1, 2]


def test_a_recording_that_cannot_be_played_leaves_the_feed_down_with_the_reason(path: Path) -> None:
    path.write_text("no recording\n")
    clock = ReplayClock()
    sink = ClockedSink(clock)

    async def scenario() -> None:
        with pytest.raises(RecordingError):
            await ReplayFeed(ReplaySettings(path=path, venue="binance"), clock).start(sink)

    loop = VirtualLoop()
    loop.run_until_complete(scenario())
    loop.close()
    assert [status.state for status in sink.statuses] == [FeedState.DOWN]
    assert f"{path}, line 1" in sink.statuses[0].detail


@pytest.mark.parametrize(("field", "value"), [("speed", 0.0), ("speed", -1.0), ("messages_per_slice", 0)])
def test_settings_that_make_no_sense_are_refused(path: Path, field: str, value: float) -> None:
    with pytest.raises(ValueError, match="allowed is"):
        ReplaySettings(path=path, venue="binance", **{field: value})


@pytest.mark.parametrize("fault", [ZeroDivisionError("a bar"), ValueError("a bar"), RecursionError("a bar")], ids=repr)
def test_a_fault_while_playing_leaves_no_book_readable_and_the_feed_down(path: Path, fault: Exception) -> None:
    clock = ReplayClock()
    sink = ClockedSink(clock)

    def broken(_: Trade) -> None:
        raise fault

    async def scenario() -> None:
        feed = ReplayFeed(ReplaySettings(path=path, venue="binance", pace=Pace.FLAT_OUT), clock)
        sink.trade = broken
        await feed.start(sink)
        with pytest.raises(type(fault)):
            await feed.finished()

    loop = VirtualLoop()
    loop.run_until_complete(scenario())
    loop.close()
    assert sink.statuses[-1].state is FeedState.DOWN
    assert repr(fault) in sink.statuses[-1].detail
