"""Brings venues up, each at its own pace: a venue that cannot be reached must not keep the others from trading."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Final

from core.engine.engine_log import EngineLog
from core.engine.reconciler import Reconciler
from core.io.redaction import mask_known
from core.ports.venue import ExecutionSink, ExecutionVenue, Feed, MarketSink

PATIENCE_S: Final = 10.0


class VenueOpening:
    """Start feeds, then trading sides, then compare accounts. What takes longer goes on by itself."""

    def __init__(
        self, feeds: Sequence[Feed], executions: Sequence[ExecutionVenue], reconciler: Reconciler, log: EngineLog
    ) -> None:
        self._feeds = feeds
        self._executions = executions
        self._reconciler = reconciler
        self._log = log
        self._starting_feeds: dict[str, asyncio.Task[None]] = {}
        self._opening: dict[str, asyncio.Task[None]] = {}

    @property
    def is_under_way(self) -> bool:
        """Tell whether a venue may still come."""
        return any(not task.done() for task in (*self._starting_feeds.values(), *self._opening.values()))

    def is_opening(self, venue: str) -> bool:
        task = self._opening.get(venue)
        return task is not None and not task.done()

    async def start_feeds(self, sink: MarketSink) -> None:
        """Return once instruments are known, or after `PATIENCE_S`."""
        for feed in self._feeds:
            self._starting_feeds[feed.venue] = _task(self._guarded(feed.venue, "feed", feed.start(sink)))
        await self._wait(self._starting_feeds)

    async def open_trading(self, sink: ExecutionSink, when_late: Callable[[], None]) -> None:
        """Return once every account is compared, or after `PATIENCE_S`; call `when_late` for each venue after that."""
        for execution in self._executions:
            self._opening[execution.venue] = _task(self._open(execution, sink))
        await self._wait(self._opening)
        for task in self._opening.values():
            if not task.done():
                task.add_done_callback(lambda _: when_late())

    async def stop(self) -> None:
        """Give up on what is still under way."""
        pending = [task for task in (*self._starting_feeds.values(), *self._opening.values()) if not task.done()]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _open(self, execution: ExecutionVenue, sink: ExecutionSink) -> None:
        feed = self._starting_feeds.get(execution.venue)
        if feed is not None:
            await asyncio.wait((feed,))
        problem = await self._guarded(execution.venue, "engine", execution.start(sink))
        if problem is None:
            await self._reconciler.compare(execution)
        else:
            self._reconciler.close_venue(execution.venue, problem)

    async def _guarded(self, venue: str, topic: str, starting: Awaitable[None]) -> str | None:
        """Return why a side did not start, None where it did."""
        try:
            await starting
        except Exception as error:  # whatever a venue's library raises: the venue stays closed for trading
            problem = mask_known(f"{venue} did not start: {type(error).__name__}: {error}")
            self._log.error(topic, problem)
            return problem
        return None

    async def _wait(self, tasks: dict[str, "asyncio.Task[None]"]) -> None:
        if not tasks:
            return
        await asyncio.wait(tasks.values(), timeout=PATIENCE_S)
        late = [venue for venue, task in tasks.items() if not task.done()]
        if late:
            self._log.warning("engine", f"{', '.join(late)} did not answer within {PATIENCE_S:g} s; waiting goes on")


def _task(work: Coroutine[None, None, object]) -> "asyncio.Task[None]":
    async def run() -> None:
        await work

    return asyncio.ensure_future(run())
