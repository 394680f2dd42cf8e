"""Brings venues up, each at its own pace: a venue that cannot be reached must not keep the others from trading."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Final

from core.engine.engine_log import EngineLog
from core.engine.reconciler import Reconciler
from core.io.redaction import mask_known
from core.ports.venue import ExecutionSink, ExecutionVenue, Feed, MarketSink

PATIENCE_S: Final = 10.0
FIRST_PAUSE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 60.0


class VenueOpening:
    """Start feeds, then trading sides, then compare accounts. What takes longer or fails goes on by itself.

    A side that does not start (network down, key refused, account mode wrong) is stopped and started again, after
    `FIRST_PAUSE_S` and then ever longer ones up to `LONGEST_PAUSE_S`, for as long as the engine runs.
    """

    def __init__(
        self, feeds: Sequence[Feed], executions: Sequence[ExecutionVenue], reconciler: Reconciler, log: EngineLog
    ) -> None:
        self._feeds = feeds
        self._executions = executions
        self._reconciler = reconciler
        self._log = log
        self._starting_feeds: dict[str, _Start] = {}
        self._opening: dict[str, _Start] = {}

    @property
    def is_under_way(self) -> bool:
        """Tell whether a venue may still come."""
        return any(not start.task.done() for start in (*self._starting_feeds.values(), *self._opening.values()))

    def is_opening(self, venue: str) -> bool:
        start = self._opening.get(venue)
        return start is not None and not start.task.done()

    async def start_feeds(self, sink: MarketSink) -> None:
        """Return once every feed was tried, so that instruments are known, or after `PATIENCE_S`."""
        for feed in self._feeds:
            start = _Start()
            start.run(self._start_feed(feed, sink, start))
            self._starting_feeds[feed.venue] = start
        await self._wait(self._starting_feeds)

    async def open_trading(self, sink: ExecutionSink, when_late: Callable[[], None]) -> None:
        """Return once every account is compared or could not be opened at the first try, or after `PATIENCE_S`.

        `when_late` is called for each venue that opens after that.
        """
        for execution in self._executions:
            start = _Start()
            start.run(self._open(execution, sink, start))
            self._opening[execution.venue] = start
        await self._wait(self._opening)
        for start in (*self._starting_feeds.values(), *self._opening.values()):
            if not start.task.done():
                start.task.add_done_callback(lambda _: when_late())

    async def stop(self) -> None:
        """Give up on what is still under way."""
        starts = (*self._starting_feeds.values(), *self._opening.values())
        pending = [start.task for start in starts if not start.task.done()]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _start_feed(self, feed: Feed, sink: MarketSink, start: "_Start") -> None:
        while (problem := await self._problem(feed.venue, feed.start(sink))) is not None:
            await self._pause(feed, "feed", problem, start)
        if start.problem:
            self._log.info("feed", f"{feed.venue} has started")

    async def _open(self, execution: ExecutionVenue, sink: ExecutionSink, start: "_Start") -> None:
        feed = self._starting_feeds.get(execution.venue)
        if feed is not None:
            await feed.tried.wait()
        while (problem := await self._problem(execution.venue, execution.start(sink))) is not None:
            self._reconciler.close_venue(execution.venue, f"{problem} (tried again and again)")
            await self._pause(execution, "engine", problem, start)
        if start.problem:
            self._log.info("engine", f"{execution.venue} has started")
        await self._reconciler.compare(execution)

    async def _problem(self, venue: str, starting: Coroutine[None, None, None]) -> str | None:
        """Return why a side did not start, None where it did."""
        try:
            await starting
        except Exception as error:  # whatever a venue's library raises: the venue stays closed for trading
            return f"{venue} did not start: {_told(error)}"
        return None

    async def _pause(self, side: Feed | ExecutionVenue, topic: str, problem: str, start: "_Start") -> None:
        """Say a problem once, clear up what the attempt began, and wait until the next one."""
        if problem != start.problem:
            start.problem = problem
            self._log.error(topic, f"{problem}; it is tried again and again")
        try:
            await side.stop()
        except Exception as error:  # what is left of an attempt must not keep the next one from being made
            self._log.warning(topic, f"{side.venue} while clearing up for the next try: {_told(error)}")
        start.tried.set()
        await asyncio.wait((asyncio.get_running_loop().create_future(),), timeout=start.next_pause_s())

    async def _wait(self, starts: dict[str, "_Start"]) -> None:
        if not starts:
            return
        waits = [asyncio.ensure_future(start.tried.wait()) for start in starts.values()]
        await asyncio.wait(waits, timeout=PATIENCE_S)
        for wait in waits:
            wait.cancel()
        late = [venue for venue, start in starts.items() if not start.tried.is_set()]
        if late:
            self._log.warning("engine", f"{', '.join(late)} did not answer within {PATIENCE_S:g} s; waiting goes on")


class _Start:
    """How far the start of one side has come."""

    task: "asyncio.Task[None]"

    def __init__(self) -> None:
        self.tried = asyncio.Event()  # it is up, or did not start at the first try
        self.problem = ""  # said last
        self._pause_s = FIRST_PAUSE_S

    def run(self, work: Coroutine[None, None, None]) -> None:
        self.task = asyncio.get_running_loop().create_task(self._until_done(work))

    def next_pause_s(self) -> float:
        pause_s = self._pause_s
        self._pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        return pause_s

    async def _until_done(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        finally:
            self.tried.set()


def _told(error: Exception) -> str:
    return mask_known(f"{type(error).__name__}: {error}")
