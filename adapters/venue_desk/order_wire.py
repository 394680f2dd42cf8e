"""The wire between the engine and a simulated venue: latency each way, nothing overtakes, answers can be lost."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from numpy.random import Generator

from adapters.delay_line import DelayLine
from adapters.venue_desk.settings import Faults, Latency
from core.ports.clock import Clock
from core.ports.venue import ExecutionSink, OrderReport, SendOutcome, SendResult
from core.types.account import FundingPayment
from core.types.order import Fill

Report = OrderReport | Fill | FundingPayment
T = TypeVar("T")


class OrderWire:
    """Carry requests to a venue, and answers and reports back."""

    def __init__(self, venue: str, clock: Clock, latency: Latency, faults: Faults, random: Generator) -> None:
        self._venue = venue
        self._clock = clock
        self._latency = latency
        self._faults = faults
        self._random = random
        self._entries = DelayLine(clock)
        self._responses = DelayLine(clock)
        self._sink: ExecutionSink | None = None
        self._unanswered: dict[int, Callable[[], None]] = {}
        self._requests = 0

    @property
    def is_connected(self) -> bool:
        return self._sink is not None

    def connect(self, sink: ExecutionSink) -> None:
        self._sink = sink

    def disconnect(self) -> None:
        """Drop everything under way; whoever waits for an answer is left in doubt."""
        self._entries.close()
        self._responses.close()
        self._sink = None
        unanswered, self._unanswered = self._unanswered, {}
        for give_up in unanswered.values():
            give_up()

    async def send(self, arrive: Callable[[int], tuple[SendResult, list[Report]]]) -> SendResult:
        """Carry a request that changes something; what it caused is reported behind its answer."""
        if self._sink is None:
            return SendResult(SendOutcome.REJECTED, f"{self._venue} is not started")
        answer: asyncio.Future[SendResult] = asyncio.get_running_loop().create_future()
        lost = SendResult(SendOutcome.IN_DOUBT, f"{self._venue}: connection closed before the answer")
        key = self._expect(lambda: _settle(answer, lost))

        def at_venue() -> None:
            result, reports = arrive(self._clock.utc_ns())
            if self._happens(self._faults.response_lost):
                self._lose(key, answer)
            else:
                self._respond(lambda: self._settle(key, answer, result))
            self.report(reports)

        self._entries.push(self._entry_ns(), at_venue)
        return await answer

    async def ask(self, read: Callable[[int], T]) -> T:
        """Carry a question; raise what `read` raises, and ConnectionError where the wire is down."""
        if self._sink is None:
            raise ConnectionError(f"{self._venue} is not started")
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        key = self._expect(lambda: _fail(answer, ConnectionError(f"{self._venue}: connection closed")))

        def at_venue() -> None:
            try:
                value = read(self._clock.utc_ns())
            except Exception as error:  # whatever it is belongs to the one who asked
                failure = error
                self._respond(lambda: self._fail(key, answer, failure))
                return
            self._respond(lambda: self._settle(key, answer, value))

        self._entries.push(self._entry_ns(), at_venue)
        return await answer

    def report(self, reports: list[Report]) -> None:
        """Send reports to the engine, behind everything sent before."""
        if reports and self._sink is not None:
            self._respond(lambda: self._deliver(reports))

    def _deliver(self, reports: list[Report]) -> None:
        sink = self._sink
        if sink is None:
            return
        for report in reports:
            if isinstance(report, OrderReport):
                sink.order_report(report)
            elif isinstance(report, Fill):
                sink.fill(report)
                if self._happens(self._faults.fill_duplicated):
                    sink.fill(report)
            else:
                sink.funding_payment(report)

    def _respond(self, deliver: Callable[[], None]) -> None:
        jitter_ns = int(self._random.standard_exponential() * self._latency.response_jitter_ns)
        self._responses.push(self._latency.response_ns + jitter_ns, deliver)

    def _entry_ns(self) -> int:
        return self._latency.entry_ns + int(self._random.standard_exponential() * self._latency.entry_jitter_ns)

    def _happens(self, probability: float) -> bool:
        return bool(probability) and float(self._random.random()) < probability

    def _lose(self, key: int, answer: "asyncio.Future[SendResult]") -> None:
        doubt = SendResult(SendOutcome.IN_DOUBT, f"{self._venue}: no answer")
        delay_s = self._faults.in_doubt_after_ns / 1e9
        asyncio.get_running_loop().call_later(delay_s, self._settle, key, answer, doubt)

    def _expect(self, give_up: Callable[[], None]) -> int:
        self._requests += 1
        self._unanswered[self._requests] = give_up
        return self._requests

    def _settle(self, key: int, answer: "asyncio.Future[T]", value: T) -> None:
        self._unanswered.pop(key, None)
        _settle(answer, value)

    def _fail(self, key: int, answer: "asyncio.Future[T]", error: Exception) -> None:
        self._unanswered.pop(key, None)
        _fail(answer, error)


def _settle(answer: "asyncio.Future[T]", value: T) -> None:
    if not answer.done():
        answer.set_result(value)


def _fail(answer: "asyncio.Future[T]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
