"""Tells the engine what became of orders: the private channel says how much is filled, REST says by which fills."""

import asyncio
from decimal import Decimal
from typing import Final

from adapters.coinbase.account_reading import AccountReading
from adapters.coinbase.answers import FillAnswer, OrderAnswer, UserOrder, number
from adapters.coinbase.endpoints import TradingSettings
from adapters.coinbase.instruments import VENUE
from adapters.coinbase.order_terms import status_of
from adapters.coinbase.own_orders import OwnOrders
from adapters.coinbase.signed_rest import NOT_FOUND, VenueReadError
from adapters.network.venue_time import VenueTime
from adapters.streams.market_data import UNREADABLE
from core.ports.venue import ExecutionSink, OrderReport
from core.types.order import OrderStatus

_OVERLAP_NS: Final = 60_000_000_000


class _Target:
    """What an order's fills have to add up to, and the end that waits until they do."""

    def __init__(self) -> None:
        self.filled = Decimal(0)
        self.end: OrderReport | None = None


class OrderFollowing:
    """Reports states at once, and ends after the fills that belong to them as far as the venue has them."""

    def __init__(
        self, reading: AccountReading, own: OwnOrders, settings: TradingSettings, time: VenueTime, sink: ExecutionSink
    ) -> None:
        self._reading = reading
        self._own = own
        self._settings = settings
        self._time = time
        self._sink = sink
        self._targets: dict[str, _Target] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._since_ns = time.now_ns - _OVERLAP_NS
        self._booking = asyncio.Lock()  # one fill is read by several readers and booked by one

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def told(self, order: UserOrder, venue_ns: int) -> None:
        """Take what the private channel says of an order; raise as decoding does."""
        filled = number(order.cumulative_quantity)
        reason = order.reject_reason or order.cancel_reason
        self._take(order.order_id, order.client_order_id, order.status, filled, reason, venue_ns)

    def read(self, order: OrderAnswer) -> None:
        """Take what the venue's list says of an order; raise as decoding does."""
        filled = number(order.filled_size)
        reason = order.reject_message or order.cancel_message
        venue_ns = self._time.now_ns
        self._take(order.order_id, order.client_order_id, order.status, filled, reason, venue_ns)

    async def look_up(self, order_id: str) -> None:
        """Read one order and report it; raise VenueReadError where the venue does not tell."""
        order = await self._reading.order(order_id)
        try:
            self.read(order)
        except UNREADABLE as error:
            raise VenueReadError(f"order {order_id}: {error}") from None

    async def catch_up(self) -> None:
        """Read what the private channel did not tell; raise VenueReadError where the venue does not tell."""
        began_ns = self._time.now_ns
        known = list(self._own.live)
        open_orders = await self._reading.open_orders()
        await self._book(await self._reading.fills(since_ns=self._since_ns))
        for order in open_orders:
            try:
                self.read(order)
            except UNREADABLE as error:
                raise VenueReadError(f"order {order.order_id}: {error}") from None
        still_open = {order.order_id for order in open_orders}
        for order_id in [order_id for order_id in known if order_id not in still_open]:
            try:
                await self.look_up(order_id)
            except VenueReadError as error:
                if error.status != NOT_FOUND:
                    raise
                del self._own.live[order_id]  # of an order the venue has forgotten, reconciliation knows what to think
        self._since_ns = began_ns - _OVERLAP_NS

    def _take(
        self, order_id: str, client_order_id: str, word: str, filled: Decimal, reason: str, venue_ns: int
    ) -> None:
        status = status_of(word, filled)
        # F12: a word that is not known is no state; the order may live, and nobody may guess
        is_over = status is not None and status.is_final
        name = self._own.note(client_order_id, order_id, is_live=not is_over)
        report = OrderReport(
            client_order_id=name,
            venue=VENUE,
            status=OrderStatus.IN_DOUBT if status is None else status,
            venue_order_id=order_id,
            reason=f"the venue says {word!r}" if status is None else reason or None,
            venue_ns=venue_ns,
        )
        if filled <= self._own.filled(order_id):
            self._sink.order_report(report)
            return
        target = self._targets.setdefault(order_id, _Target())
        target.filled = max(target.filled, filled)
        if is_over:
            target.end = report
        else:
            self._sink.order_report(report)
        if order_id not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._follow(order_id))
            self._tasks[order_id] = task
            task.add_done_callback(lambda _: self._tasks.pop(order_id, None))

    async def _follow(self, order_id: str) -> None:
        """Read an order's fills until they add up; what does not come in time is found by reconciliation."""
        target = self._targets[order_id]
        for attempt in range(self._settings.fills_tries):
            if attempt:
                await asyncio.sleep(self._settings.fills_retry_s)
            try:
                await self._book(await self._reading.fills(order_id=order_id))
            except VenueReadError:
                continue
            if self._own.filled(order_id) >= target.filled:
                break
        del self._targets[order_id]
        if target.end is not None:
            self._sink.order_report(target.end)

    async def _book(self, fills: list[FillAnswer]) -> None:
        async with self._booking:
            for answer in fills:
                if self._own.is_new_fill(answer.trade_id):
                    fill = await self._reading.to_fill(answer)
                    if fill is not None:
                        self._own.note_fill(answer.trade_id, answer.order_id, fill.quantity)
                        self._sink.fill(fill)
