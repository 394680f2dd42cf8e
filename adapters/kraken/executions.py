"""Turn what the executions channel says into reports and fills."""

import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from adapters.kraken.fees import fee_in_quote
from adapters.kraken.instruments import VENUE
from adapters.kraken.own_orders import OwnOrder, OwnOrders
from adapters.kraken.private_wire import Execution, ExecutionsMessage
from adapters.kraken.traded_pairs import TradedPairs
from adapters.streams.iso_time import iso_to_ns
from core.ports.clock import Clock
from core.ports.venue import ExecutionSink, OrderReport
from core.types.instrument import Instrument
from core.types.order import Fill, Liquidity, OrderStatus, Side

STATUS: Final = {
    "new": OrderStatus.OPEN,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELLED,
    "expired": OrderStatus.EXPIRED,
}
_PENDING: Final = "pending_new"  # taken in, not yet in the book: no state of its own
_FIRST_TYPES: Final = frozenset({"pending_new", "new"})  # these tell all of an order, a client id too if it has one
_TRADE: Final = "trade"
# changes of terms, and repetitions: what an order is, its answer and the other messages say
_SILENT_TYPES: Final = frozenset({"amended", "restated", "iceberg_refill", "status"})
_LIQUIDITY: Final = {"m": Liquidity.MAKER, "t": Liquidity.TAKER}
_log = logging.getLogger(__name__)


class ExecutionReader:
    """Reports to a sink; whatever cannot be told from the stream alone is asked for over REST.

    Parameters
    ----------
    ask_history
        Called with a text where the trade history has to say what the stream did not.
    """

    def __init__(
        self,
        pairs: TradedPairs,
        orders: OwnOrders,
        sink: ExecutionSink,
        clock: Clock,
        ask_history: Callable[[str], None],
    ) -> None:
        self._pairs = pairs
        self._orders = orders
        self._sink = sink
        self._clock = clock
        self._ask_history = ask_history

    def take(self, message: ExecutionsMessage, received_ns: int) -> None:
        """Report a message; raise ValueError or ArithmeticError for one that makes no sense."""
        for execution in message.data:
            order = self._order_of(execution)
            if order is None:
                continue
            status = STATUS.get(execution.order_status)
            self._note(order, status)
            if message.type == "snapshot":
                # orders of earlier runs and other programs are found by the account's comparison
                if order.is_ours:
                    self._report(order, execution, status)
                continue
            if execution.exec_type == _TRADE:
                self._fill(order, execution, received_ns)
            if execution.exec_type not in _SILENT_TYPES:
                self._report(order, execution, status)

    def _order_of(self, execution: Execution) -> OwnOrder | None:
        known = self._orders.by_venue_id(execution.order_id)
        if known is not None:
            return known
        is_whole = execution.cl_ord_id is not None or execution.exec_type in _FIRST_TYPES
        if execution.symbol is None or execution.side is None or not is_whole:
            # it may be ours: only the venue's own list of orders says whose it is
            self._ask_history(f"order {execution.order_id} is not known here")
            return None
        side, steady_ns = Side(execution.side), self._clock.monotonic_ns()
        return self._orders.named(execution.order_id, execution.cl_ord_id, execution.symbol, side, steady_ns)

    def _note(self, order: OwnOrder, status: OrderStatus | None) -> None:
        if status is not None:
            order.is_live = not status.is_final

    def _fill(self, order: OwnOrder, execution: Execution, received_ns: int) -> None:
        instrument = self._pairs.get(order.symbol)
        if instrument is None:
            return  # nothing is traded here in that pair
        fill = _fill_of(order, execution, instrument, received_ns)
        if fill is None:
            self._ask_history(f"trade {execution.exec_id} of {order.client_order_id} is not told in full")
            return
        self._sink.fill(fill)

    def _report(self, order: OwnOrder, execution: Execution, status: OrderStatus | None) -> None:
        if execution.order_status == _PENDING:
            return
        if status is None:
            _log.error("%s: order %s has status %r", VENUE, order.client_order_id, execution.order_status[:40])
            self._ask_history(f"order {order.client_order_id} has a status of no known meaning")
            return
        self._sink.order_report(
            OrderReport(
                client_order_id=order.client_order_id,
                venue=VENUE,
                status=status,
                venue_order_id=execution.order_id,
                reason=execution.reason,
                venue_ns=iso_to_ns(execution.timestamp),
            )
        )


def _fill_of(order: OwnOrder, execution: Execution, instrument: Instrument, received_ns: int) -> Fill | None:
    quantity, price = execution.last_qty, execution.last_price
    liquidity = _LIQUIDITY.get(execution.liquidity_ind or "")
    if not (execution.exec_id and liquidity and _is_positive(quantity) and _is_positive(price)):
        return None
    assert quantity is not None
    assert price is not None
    fee = fee_in_quote(execution.fees, instrument, price)
    if fee is None or not fee.is_finite():
        return None
    return Fill(
        fill_id=execution.exec_id,
        client_order_id=order.client_order_id,
        venue=VENUE,
        symbol=order.symbol,
        side=order.side,
        price=price,
        quantity=quantity,
        fee=fee,
        liquidity=liquidity,
        venue_ns=iso_to_ns(execution.timestamp),
        received_ns=received_ns,
    )


def _is_positive(value: Decimal | None) -> bool:
    return value is not None and value.is_finite() and value > 0
