"""The event pump: what venues report waits here until the engine works it off in short slices.

Execution events are never dropped and always go first. Changed books are remembered by name, so a burst on
one book counts once. Public trades are kept in order up to a bound; beyond it the oldest are dropped and
counted, because bars can be repaired from history and a trader's orders cannot.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from core.ports.clock import Clock
from core.ports.venue import OrderReport
from core.types.account import FundingPayment
from core.types.instrument import InstrumentId
from core.types.market import Trade
from core.types.order import Fill

SLICE_NS: Final = 3_000_000
EVENTS_PER_CLOCK_LOOK: Final = 16
MAX_WAITING_TRADES: Final = 50_000

ExecutionEvent = OrderReport | Fill | FundingPayment


class EventHandler(Protocol):
    """Works off events; it must not raise."""

    def on_execution(self, event: ExecutionEvent) -> None: ...

    def on_trade(self, trade: Trade) -> None: ...

    def on_book(self, instrument_id: InstrumentId) -> None: ...


class EventPump:
    """Queue events and drain them in slices of a few milliseconds, so that keys are always heard."""

    def __init__(self, clock: Clock, call_soon: Callable[[Callable[[], None]], object]) -> None:
        self._clock = clock
        self._call_soon = call_soon
        self._handler: EventHandler | None = None
        self._scheduled = False
        self._execution: deque[ExecutionEvent] = deque()
        self._trades: deque[Trade] = deque()
        self._dirty: dict[InstrumentId, None] = {}
        self._dropped: dict[str, int] = {}

    def connect(self, handler: EventHandler) -> None:
        self._handler = handler
        self._wake()

    def publish_execution(self, event: ExecutionEvent) -> None:
        self._execution.append(event)
        self._wake()

    def publish_trade(self, trade: Trade) -> None:
        if len(self._trades) >= MAX_WAITING_TRADES:
            venue = self._trades.popleft().instrument_id.venue
            self._dropped[venue] = self._dropped.get(venue, 0) + 1
        self._trades.append(trade)
        self._wake()

    def publish_book(self, instrument_id: InstrumentId) -> None:
        self._dirty[instrument_id] = None
        self._wake()

    def take_dropped(self) -> dict[str, int]:
        """Return how many trades of each venue were dropped since this was last asked."""
        dropped, self._dropped = self._dropped, {}
        return dropped

    @property
    def waiting(self) -> int:
        return len(self._execution) + len(self._trades) + len(self._dirty)

    def _wake(self) -> None:
        if not self._scheduled and self._handler is not None and self.waiting:
            self._scheduled = True
            self._call_soon(self._slice)

    def _slice(self) -> None:
        self._scheduled = False
        deadline_ns = self._clock.monotonic_ns() + SLICE_NS
        while self.waiting:
            for _ in range(EVENTS_PER_CLOCK_LOOK):
                if not self._work_off_one():
                    return
            if self._clock.monotonic_ns() >= deadline_ns:
                break
        self._wake()

    def _work_off_one(self) -> bool:
        handler = self._handler
        if handler is None:
            return False
        if self._execution:
            handler.on_execution(self._execution.popleft())
        elif self._trades:
            handler.on_trade(self._trades.popleft())
        elif self._dirty:
            instrument_id = next(iter(self._dirty))
            del self._dirty[instrument_id]
            handler.on_book(instrument_id)
        else:
            return False
        return True
