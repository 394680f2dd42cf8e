"""Follow an account: orders, fills and funding as they happen, and over REST what happened while nobody listened."""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from adapters.hyperliquid.account_reader import AccountReader
from adapters.hyperliquid.account_wire import decode_fill_news, decode_funding_news, decode_order_updates
from adapters.hyperliquid.instruments import Universe
from adapters.hyperliquid.order_names import OrderNames
from adapters.hyperliquid.stream import NS_PER_S, Subscription
from adapters.hyperliquid.translation import fill_of, funding_of, report_of
from adapters.hyperliquid.wire import GREETING, decode_envelope
from adapters.network.backoff import Backoff
from adapters.streams.market_data import UNREADABLE
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.venue import ExecutionSink

ORDERS: Final = "orderUpdates"
FILLS: Final = "userFills"
FUNDINGS: Final = "userFundings"
CHANNELS: Final = (ORDERS, FILLS, FUNDINGS)
_OVERLAP_NS: Final = 300 * NS_PER_S  # asked for again, for clocks that differ; the engine books a fill once
_CONFIRM_WITHIN_NS: Final = 15 * NS_PER_S


class _Confirmed(msgspec.Struct, frozen=True):
    subscription: dict[str, object]


_decode_confirmation: Final = msgspec.json.Decoder(_Confirmed).decode


class PrivateStream:
    """Is `ready` once every channel was confirmed and the gap before it is closed; no order goes out before.

    Snapshots at the beginning of a channel are left alone: the gap is closed over REST, from the moment on that
    nothing is known of.
    """

    def __init__(
        self,
        address: str,
        sink: ExecutionSink,
        reader: AccountReader,
        universe: Universe,
        names: OrderNames,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self.malformed = 0
        self.trouble = "not connected yet"
        self._address = address
        self._sink = sink
        self._reader = reader
        self._universe = universe
        self._names = names
        self._clock = clock
        self._backoff = Backoff(randomness)
        self._known_until_ns = clock.utc_ns()
        self._confirmed: set[str] = set()
        self._opened_ns = 0
        self._ready = asyncio.Event()
        self._gaps = 0
        self._filling: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        return self._ready.is_set()

    async def until_ready(self) -> None:
        await self._ready.wait()

    # what the stream asks and tells -----------------------------------------------------------------

    def subscriptions(self) -> list[Subscription]:
        return [{"type": channel, "user": self._address} for channel in CHANNELS]

    def opened(self) -> None:
        self._confirmed.clear()
        self._opened_ns = self._clock.monotonic_ns()
        self._reader.forget_margin_mode()

    def handle(self, raw: bytes, received_ns: int) -> None:
        """Take one websocket message; never raises for what the venue sends."""
        if raw == GREETING:
            return
        try:
            envelope = decode_envelope(raw)
            self._take(envelope.channel, envelope.data, received_ns)
        except UNREADABLE as error:
            self.malformed += 1
            self.trouble = f"unreadable message: {error}"
            # something happened that could not be read: it is asked for over REST
            self._fill_up()

    def check(self, resubscribe: Callable[[Subscription], None]) -> str | None:
        del resubscribe
        if self.ready:
            self._known_until_ns = self._clock.utc_ns()
            return None
        missing = [channel for channel in CHANNELS if channel not in self._confirmed]
        if missing and self._clock.monotonic_ns() - self._opened_ns > _CONFIRM_WITHIN_NS:
            return f"{', '.join(missing)} was not confirmed"
        return None

    def lost(self, reason: str) -> None:
        self._confirmed.clear()
        self._ready.clear()
        self.trouble = reason
        if self._filling is not None:
            self._filling.cancel()
            self._filling = None

    # inside ------------------------------------------------------------------------------------------

    def _take(self, channel: str, data: msgspec.Raw, received_ns: int) -> None:
        if channel == ORDERS:
            for update in decode_order_updates(data):
                if self._universe.symbol_of(update.order.coin) is not None:
                    self._sink.order_report(report_of(update, self._names))
        elif channel == FILLS:
            news = decode_fill_news(data)
            for row in () if news.is_snapshot else news.fills:
                if self._universe.symbol_of(row.coin) is None:
                    continue
                if row.cloid is None and not self._names.knows(row.number):
                    self._fill_up()  # nobody can tell whose it is without asking
                    continue
                fill = fill_of(row, self._universe, self._names, received_ns)
                if fill is not None:
                    self._sink.fill(fill)
        elif channel == FUNDINGS:
            payments = decode_funding_news(data)
            for payment in () if payments.is_snapshot else payments.fundings:
                booked = funding_of(payment, payment.time_ms, self._universe)
                if booked is not None:
                    self._sink.funding_payment(booked)
        elif channel == "subscriptionResponse":
            self._confirm(str(_decode_confirmation(data).subscription.get("type")))

    def _confirm(self, channel: str) -> None:
        if channel in CHANNELS and channel not in self._confirmed:
            self._confirmed.add(channel)
            if len(self._confirmed) == len(CHANNELS):
                self._fill_up()

    def _fill_up(self) -> None:
        self._ready.clear()
        self._gaps += 1
        if self._filling is None or self._filling.done():
            self._filling = asyncio.get_running_loop().create_task(self._close_gap())

    async def _close_gap(self) -> None:
        closed = -1
        while closed != self._gaps:  # another gap may open while the answer to this one is on its way
            gaps = self._gaps
            try:
                executions = await self._reader.executions(max(0, self._known_until_ns - _OVERLAP_NS))
            except Exception as error:  # whatever a row holds: nothing else would ever let orders out again
                self.trouble = f"the gap cannot be closed: {error}"
                await asyncio.sleep(self._backoff.next_s())
                continue
            for fill in executions.fills:
                self._sink.fill(fill)
            for payment in executions.funding:
                self._sink.funding_payment(payment)
            closed = gaps
        self._backoff.reset()
        if len(self._confirmed) == len(CHANNELS):
            self._ready.set()
            self.trouble = ""
