"""A feed that plays a recording through the handler the live feed uses."""

import asyncio
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from adapters.replay.clock import ReplayClock
from adapters.replay.recorded_venue import PlayedMarket, Survey
from adapters.replay.venues import recorded_venue
from core.ports.venue import MarketSink
from core.types.market import FeedState, FeedStatus
from data.recordings.message import RecordingError, TornTail
from data.recordings.reader import read_recording

# the clock moves in steps no longer than this while nothing is received, so that timers and ages go on
_CLOCK_STEP_NS: Final = 50_000_000
_NS_PER_S: Final = 1_000_000_000


class Pace(StrEnum):
    TIMED = "timed"  # recorded time passes `speed` times as fast as real time
    FLAT_OUT = "flat_out"  # as fast as the machine can


class ReplaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a recording is played.

    `messages_per_slice` are handled before the loop is given a turn: 1 lets the engine see every single message.
    """

    path: Path
    venue: str
    pace: Pace = Pace.TIMED
    speed: float = 1.0
    messages_per_slice: int = 64
    torn_tail: TornTail = TornTail.REFUSE

    def __post_init__(self) -> None:
        if not self.speed > 0:
            raise ValueError(f"replay speed is {self.speed}, allowed is a number above 0")
        if self.messages_per_slice < 1:
            raise ValueError(f"messages_per_slice is {self.messages_per_slice}, allowed is 1 or more")


class ReplayFeed:
    """Implements the `Feed` port over a recording; `clock` stands at the receive time of the message played last.

    A book that breaks is mended by the next snapshot in the recording; none can be fetched.
    """

    def __init__(self, settings: ReplaySettings, clock: ReplayClock) -> None:
        self._settings = settings
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._sink: MarketSink | None = None
        self.survey: Survey | None = None
        self.messages = 0

    @property
    def venue(self) -> str:
        return self._settings.venue

    async def start(self, sink: MarketSink) -> None:
        """Read through the recording for its instruments, then begin; raise RecordingError for a broken one."""
        settings = self._settings
        self._sink = sink
        recorded = recorded_venue(settings.venue)
        try:
            self.survey = survey = await asyncio.to_thread(recorded.survey, settings.path, torn_tail=settings.torn_tail)
        except RecordingError as error:
            self._report(FeedState.DOWN, str(error))
            raise
        self._clock.advance_to(survey.first_ns)
        market = recorded.market(sink, survey.instruments)
        rules = "tick and lot inferred from the recorded numbers" if survey.inferred else "rules as recorded"
        self._report(FeedState.UP, f"replaying {settings.path.name}, {rules}")
        self._task = asyncio.get_running_loop().create_task(self._run(market))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def finished(self) -> None:
        """Wait until the recording has been played to its end; raise RecordingError where it broke."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def _run(self, market: PlayedMarket) -> None:
        try:
            await self._play_all(market)
        except Exception as error:  # with the clock at rest a book that nobody closes would look fresh for ever
            reason = str(error) if isinstance(error, RecordingError) else f"fault in the feed: {error!r}"
            market.connection_lost(reason, self._clock.utc_ns())
            self._report(FeedState.DOWN, reason)
            raise
        # what the market did after the recording is not known
        market.connection_lost("the recording has ended", self._clock.utc_ns())
        self._report(FeedState.CLOSED, f"the recording has ended after {self.messages} messages")

    async def _play_all(self, market: PlayedMarket) -> None:
        settings = self._settings
        pacer = _Pacer(self._clock, settings.speed) if settings.pace is Pace.TIMED else None
        for message in read_recording(settings.path, torn_tail=settings.torn_tail):
            if pacer is not None:
                await pacer.until(message.received_ns)
            self._clock.advance_to(message.received_ns)
            market.play(message)
            self.messages += 1
            if self.messages % settings.messages_per_slice == 0:
                await asyncio.sleep(0)

    def _report(self, state: FeedState, detail: str) -> None:
        if self._sink is not None:
            self._sink.feed_status(FeedStatus(self.venue, state, detail, None, self._clock.utc_ns()))


class _Pacer:
    """Lets recorded time pass at a multiple of the loop's time."""

    def __init__(self, clock: ReplayClock, speed: float) -> None:
        self._clock = clock
        self._speed = speed
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self._began_ns = clock.utc_ns()

    async def until(self, recorded_ns: int) -> None:
        """Wait until it is `recorded_ns`, moving the clock along; return at once where that has passed."""
        while (next_ns := min(recorded_ns, self._clock.utc_ns() + _CLOCK_STEP_NS)) > self._clock.utc_ns():
            due_s = self._began_s + (next_ns - self._began_ns) / _NS_PER_S / self._speed
            delay_s = due_s - self._loop.time()
            if delay_s > 0:
                await asyncio.sleep(delay_s)
            self._clock.advance_to(next_ns)
