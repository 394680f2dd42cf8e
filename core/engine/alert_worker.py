"""One sink's worker: takes the worst message, tries until it is taken, waits longer each time. Nobody waits for it."""

import asyncio
from contextlib import suppress
from typing import Final

from core.engine.alert_queue import AlertQueue
from core.engine.engine_log import EngineLog
from core.ports.alert_sink import AlertEvent, AlertMessage, AlertRoute, AlertSinkError
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.state.monitoring import AlertSinkState

FIRST_BACKOFF_S: Final = 1.0
LONGEST_BACKOFF_S: Final = 60.0


class AlertWorker:
    """At least once: a message whose delivery was given up may have arrived all the same."""

    def __init__(self, route: AlertRoute, clock: Clock, randomness: Randomness, log: EngineLog) -> None:
        self.route = route
        self._clock = clock
        self._randomness = randomness
        self._log = log
        self._queue = AlertQueue()
        self._task: asyncio.Future[None] | None = None
        self._delivery: asyncio.Future[None] | None = None  # one at a time, also of those that were given up
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._is_stopped = False
        self._delivered = 0
        self._told_dropped = 0
        self._delivered_ns: int | None = None
        self._failing_since_ns: int | None = None
        self._failures = 0
        self._last_error = ""
        self.delivered_ns: dict[str, int] = {}  # by alert that stands: when this sink took its newest message

    def put(self, message: AlertMessage) -> None:
        """Let a message wait for its delivery; never blocks."""
        if self._is_stopped:
            return
        self._queue.put(message)
        self._idle.clear()
        self._wake.set()
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._work())
            self._task.add_done_callback(self._ended)

    def forget(self, name: str) -> None:
        """Forget when an alert was delivered: it has ended."""
        self.delivered_ns.pop(name, None)

    async def stop(self, patience_s: float) -> None:
        """Let waiting messages leave, for `patience_s` at most, then end."""
        if self._task is None:
            return
        if len(self._queue):
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self._idle.wait()
        self._is_stopped = True
        self._task.cancel()
        await asyncio.wait((self._task,), timeout=patience_s)

    async def _work(self) -> None:
        while True:
            message = self._queue.next()
            if message is None:
                self._idle.set()
                self._wake.clear()
                await self._wake.wait()
                continue
            error = await self.attempt(message)
            if error is None:
                self._queue.done(message)
                self._took(message)
                continue
            self._failed(error)
            await self._pause()

    def _ended(self, task: "asyncio.Future[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._log.error("alert", f"sink {self.route.name}: unexpected {type(error).__name__}: {error}")

    async def attempt(self, message: AlertMessage) -> str | None:
        """Try once; return None or why it failed, in words that hold no address."""
        if self._delivery is not None and not self._delivery.done():
            return "the delivery before has not ended yet"
        delivery = self._delivery = asyncio.ensure_future(self.route.sink.deliver(message))
        delivery.add_done_callback(_look_at_its_error)
        try:
            # Not awaited itself: a sink that swallows its cancellation must not hold the worker.
            await asyncio.wait((delivery,), timeout=self.route.timeout_s)
        finally:
            delivery.cancel()
        if not delivery.done():
            return f"no answer within {self.route.timeout_s:g} s"
        if delivery.cancelled():
            return "the delivery was cancelled"
        error = delivery.exception()
        if error is None:
            return None
        return str(error) if isinstance(error, AlertSinkError) else f"unexpected {type(error).__name__}"

    def _took(self, message: AlertMessage) -> None:
        now_ns = self._clock.utc_ns()
        if self._failing_since_ns is not None:
            self._log.info("alert", f"sink {self.route.name} takes alerts again after {self._failures} failures")
        if self._queue.dropped > self._told_dropped:
            dropped, self._told_dropped = self._queue.dropped - self._told_dropped, self._queue.dropped
            self._log.warning("alert", f"sink {self.route.name}: {dropped} alerts were dropped, too many waited")
        self._failing_since_ns, self._failures, self._last_error = None, 0, ""
        self._delivered += 1
        self._delivered_ns = now_ns
        if message.event is AlertEvent.ENDED:
            self.forget(message.name)
        else:
            self.delivered_ns[message.name] = now_ns

    def _failed(self, error: str) -> None:
        self._failures += 1
        self._last_error = error
        if self._failing_since_ns is None:
            self._failing_since_ns = self._clock.utc_ns()
            self._log.warning("alert", f"sink {self.route.name} does not take alerts: {error}")

    async def _pause(self) -> None:
        """Wait longer after each failure, spread so that many sinks of one service do not come back together."""
        longest_s = min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** min(self._failures - 1, 16))
        never = asyncio.get_running_loop().create_future()
        await asyncio.wait((never,), timeout=longest_s * (0.5 + self._randomness.uniform() / 2))

    # seeing ----------------------------------------------------------------------------------------

    @property
    def state(self) -> AlertSinkState:
        return AlertSinkState(
            name=self.route.name,
            min_severity=self.route.min_severity.value,
            delivered=self._delivered,
            delivered_ns=self._delivered_ns,
            waiting=len(self._queue),
            dropped=self._queue.dropped,
            conflated=self._queue.conflated,
            failing_since_ns=self._failing_since_ns,
            failures=self._failures,
            last_error=self._last_error,
        )


def _look_at_its_error(delivery: "asyncio.Future[None]") -> None:
    """Take the error of a delivery that nobody waits for any more, so that no loop complains of it."""
    if not delivery.cancelled():
        delivery.exception()
